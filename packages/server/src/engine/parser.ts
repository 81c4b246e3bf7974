// The functions of the Engine.IO parser, as the engine offers them under the name `parser`.
export {
  ENGINE_PROTOCOL as protocol,
  createPacketDecoderStream,
  createPacketEncoderStream,
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
} from "@everwire/protocol";
