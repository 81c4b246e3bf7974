// `@everwire/protocol/compact`: the wire as a page reads and writes it, where each byte of code is downloaded. The client's browser
// build takes it in the place of the full one, which every other environment uses; both answer the same to the same vectors.
export { Encoder } from "./encoder.js";
export { decodeEnginePacket, decodeEnginePayload, encodeEnginePacket } from "./engine-packet.js";
export { parseHandshake } from "./handshake.js";
export { PacketReader } from "./packet-reader.js";
