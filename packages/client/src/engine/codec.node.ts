// How Node reads and writes the wire: as servers do. Imported as `#codec`; codec.ts is its twin, with the same exports.
export {
  Encoder,
  PacketReader,
  decodeEnginePacket,
  decodeEnginePayload,
  encodeEnginePacket,
  parseHandshake,
} from "@everwire/protocol";
