// The transports by the names that users and servers know; the session looks names up here, and users may add their own.
import type { TransportClass } from "../options.js";
import { Polling } from "./polling.js";
import { WebSocketTransport } from "./websocket.js";
import { WebTransportTransport } from "./webtransport.js";

export const transports: Record<string, TransportClass> = {
  polling: Polling,
  websocket: WebSocketTransport,
  webtransport: WebTransportTransport,
};
