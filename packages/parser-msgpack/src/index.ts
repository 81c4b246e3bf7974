// Public surface of @everwire/parser-msgpack: the module itself is a `parser`, for server and client alike.
import { Decoder } from "./decoder.js";
import { Encoder } from "./encoder.js";

export { Decoder } from "./decoder.js";
export type { DecoderEvents } from "./decoder.js";
export { Encoder } from "./encoder.js";
export { PacketReader } from "./packet-reader.js";
export { PacketType, protocol } from "@everwire/protocol";
export default { Encoder, Decoder };
