// Public surface of @everwire/protocol.
export * from "./engine-parser.js";
export { byteLengthOf, isBase64Data, isBinary, isBlob } from "./binary.js";
export type { Base64Data, BinaryData, BlobLike, RawData } from "./binary.js";
export { MAX_DATA_DEPTH } from "./data-depth.js";
export { Decoder } from "./decoder.js";
export type { DecoderEvents } from "./decoder.js";
export { Encoder } from "./encoder.js";
export type { EncodedPacket, Replacer } from "./encoder.js";
export {
  MAX_PAYLOAD_PACKETS,
  PAYLOAD_SEPARATOR,
  decodeEnginePacket,
  decodeEnginePayload,
  encodeEnginePacket,
  encodeEnginePayload,
} from "./engine-packet.js";
export type {
  BinaryType,
  EnginePacket,
  EnginePacketType,
  EnginePayload,
  EnginePayloadOptions,
} from "./engine-packet.js";
export { ENGINE_PROTOCOL } from "./engine-protocol.js";
export { CALLER_ERROR_CODES, EverwireError, PROTOCOL_ERROR_CODES, ProtocolError } from "./errors.js";
export type { CallerErrorCode, ProtocolErrorCode } from "./errors.js";
export type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DecorateServerAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithError,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FallbackToUntypedListener,
  FirstNonErrorArg,
  FirstNonErrorTuple,
  Last,
  RemoveAcknowledgements,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from "./events.js";
export { formatHandshake, parseHandshake } from "./handshake.js";
export type { HandshakeData, ResumeTerms } from "./handshake.js";
export {
  LEGACY_MESSAGE_BYTE,
  decodeLegacyBinary,
  decodeLegacyBinaryPayload,
  decodeLegacyPacket,
  decodeLegacyPayload,
  encodeLegacyBinaryPayload,
  encodeLegacyPayload,
} from "./legacy-payload.js";
export type { LegacyPart, LegacyPayloadOptions } from "./legacy-payload.js";
export { MAX_ATTACHMENTS, PacketReader } from "./packet-reader.js";
export type { PacketReaderOptions, Reviver } from "./packet-reader.js";
export { createReader, defaultParser } from "./parser.js";
export type { PacketDecoder, PacketEncoder, Parser, Reader } from "./parser.js";
export { ACKNOWLEDGE_AFTER_MS, ReceiveCount, readCount, readNoop } from "./receive-count.js";
export { CLIENT_DISCONNECT_REASONS, CLOSE_REASONS, SERVER_DISCONNECT_REASONS, findReason } from "./reasons.js";
export type { ClientDisconnectReason, CloseReason, Reason, ServerDisconnectReason } from "./reasons.js";
export { SendWindow } from "./send-window.js";
export type { Replayed, WindowMessage } from "./send-window.js";
export { PacketType, RESERVED_EVENTS, isPacketValid, protocol } from "./socket-packet.js";
export type { Packet } from "./socket-packet.js";
export {
  MANAGER_STATES,
  SESSION_STATES,
  SOCKET_STATES,
  TRANSPORT_STATES,
  UPGRADE_STATES,
  canMove,
  transition,
} from "./states.js";
export { StreamFrameReader, streamHeaderBytes, writeStreamHeader } from "./stream-frame.js";
export type {
  ManagerState,
  SessionState,
  SocketState,
  TransitionTable,
  TransportState,
  UpgradeState,
} from "./states.js";
