// How browsers and workers read and write the wire: the compact form, since a page pays for each byte of code. Imported as
// `#codec`; codec.node.ts is its twin, with the same exports.
export {
  Encoder,
  PacketReader,
  decodeEnginePacket,
  decodeEnginePayload,
  encodeEnginePacket,
  parseHandshake,
} from "@everwire/protocol/compact";
