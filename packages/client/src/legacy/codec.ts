// How old engines read and write the wire: the compact form, with the encoder of this folder. Stands for `#codec` in the legacy bundle,
// whose build also puts binary.ts and binary-form.ts in the place of their namesakes. It brings along what its syntax is made of.
import "./es5-helpers.js";

export {
  PacketReader,
  decodeEnginePacket,
  decodeEnginePayload,
  encodeEnginePacket,
  parseHandshake,
} from "@everwire/protocol/compact";
export { Encoder } from "./encoder.js";
