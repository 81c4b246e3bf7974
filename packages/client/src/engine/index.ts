// `@everwire/client/engine`: the Engine.IO client by itself, a session with text and binary messages and nothing above.
import { nextTick as platformTick } from "#platform";
import "./register-every.js";

export { ENGINE_PROTOCOL as protocol } from "@everwire/protocol";
export { TransportError } from "../errors.js";
export type { NodeOptions } from "./node-options.js";
export type { ResumeOptions, SessionOptions as SocketOptions, TransportClass } from "./options.js";
export { Session as Socket } from "./session.js";
export type { ResumeSummary, SendOptions, SessionEvents, SessionHandler } from "./session-events.js";
export { installTimerFunctions } from "./timers.js";
export { Fetch, Polling as NodeXHR, XHR } from "./transports/polling.js";
export { transports } from "./transports/index.js";
export { Transport, type CloseDetails, type TransportHandler, type TransportOptions } from "./transports/transport.js";
export { GlobalWebSocket as WebSocket, WebSocketTransport as NodeWebSocket } from "./transports/websocket.js";
export { WebTransportTransport as WebTransport } from "./transports/webtransport.js";
export { parse } from "./url.js";

/** Runs a function after the code that runs now. Typed here, since old module resolution can't follow `#platform` in a declaration. */
export const nextTick: (callback: () => void, setTimeoutFn?: unknown) => void = platformTick;
