// The engine alone, without namespaces and rooms: `@everwire/server/engine`.
export { EngineServer as Server } from "./engine-server.js";
export { Session as Socket } from "./session.js";
export type { SessionHandler } from "./session.js";
export { OutgoingPacket } from "./outgoing-packet.js";
export type { PacketOptions } from "./outgoing-packet.js";
export type { SendCallback } from "./send-callbacks.js";
export { Transport } from "./transports/transport.js";
export { transports } from "./transports/index.js";
export type { WebTransportSession } from "./transports/webtransport-session.js";
export { attach, listen } from "./listen.js";
export { TransportError } from "./errors.js";
export type { EngineErrorCode, RefusalCode } from "./errors.js";
export type { CookieOptions } from "./cookie.js";
export type { Middleware } from "./middleware.js";
export type { EngineRequest, RequestQuery } from "./request-query.js";
export type {
  AllowRequest,
  AttachOptions,
  CorsSetting,
  HttpCompressionOptions,
  OverflowPolicy,
  ServerOptions,
  TransportName,
  WebSocketEngine,
} from "./options.js";
export { ENGINE_PROTOCOL as protocol } from "@everwire/protocol";
export * as parser from "./parser.js";
