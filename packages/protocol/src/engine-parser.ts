// The names of engine.io-parser that are the package's own too: in a file of their own, for bundlers take that package for one with
// side effects and keep it wherever a file that they keep names it.
export {
  createPacketDecoderStream,
  createPacketEncoderStream,
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
} from "engine.io-parser";
