// `@everwire/client/core`: the names of @everwire/client for who counts bytes. It knows no transport by itself and takes classes, so that
// a user's bundler keeps the transports that are imported, and nothing of the others: `io(url, { transports: [WebSocketTransport] })`.
export { io, io as connect } from "./lookup.js";
export { EverwireError, protocol } from "@everwire/protocol";
export type { ClientDisconnectReason, DefaultEventsMap, EventsMap, Packet, Parser } from "@everwire/protocol";
export type { AnyListener } from "./catch-all.js";
export type { ResumeOptions, TransportClass } from "./engine/options.js";
export type { DisconnectDetails, ResumeSummary } from "./engine/session-events.js";
export { Fetch, Polling, XHR } from "./engine/transports/polling.js";
export { WebSocketTransport } from "./engine/transports/websocket.js";
export { WebTransportTransport } from "./engine/transports/webtransport.js";
export { useUpgrade } from "./engine/use-upgrade.js";
export { ConnectError, TransportError } from "./errors.js";
export type { IoOptions } from "./lookup.js";
export { Manager } from "./manager.js";
export type { ManagerEvents } from "./manager.js";
export type { Auth, ManagerOptions, SocketOptions } from "./options.js";
export { Socket } from "./socket.js";
export type { SocketReservedEvents } from "./socket-events.js";
export { setTrace } from "./trace.js";
export type { TraceHook } from "./trace.js";
