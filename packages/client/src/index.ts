// Public surface of @everwire/client: io() and what it is made of. The engine below has its own entry, `@everwire/client/engine`.
import "./engine/register-every.js";
import { io } from "./lookup.js";

export default io;
export { io, io as connect };
export { EverwireError, protocol } from "@everwire/protocol";
export type { ClientDisconnectReason, DefaultEventsMap, EventsMap, Packet, Parser } from "@everwire/protocol";
export type { AnyListener } from "./catch-all.js";
export type { ResumeOptions } from "./engine/options.js";
export type { ResumeSummary } from "./engine/session-events.js";
export { Fetch, Polling as NodeXHR, XHR } from "./engine/transports/polling.js";
export { GlobalWebSocket as WebSocket, WebSocketTransport as NodeWebSocket } from "./engine/transports/websocket.js";
export { WebTransportTransport as WebTransport } from "./engine/transports/webtransport.js";
export type { DisconnectDetails } from "./engine/session-events.js";
export { ConnectError, TransportError } from "./errors.js";
export type { IoOptions } from "./lookup.js";
export { Manager } from "./manager.js";
export type { ManagerEvents } from "./manager.js";
export type { Auth, ManagerOptions, SocketOptions } from "./options.js";
export { Socket } from "./socket.js";
export type { SocketReservedEvents } from "./socket-events.js";
export { setTrace } from "./trace.js";
export type { TraceHook } from "./trace.js";
