// The transports by name, as users of the engine find them.
import { PollingTransport } from "./polling.js";
import { WebSocketTransport } from "./websocket.js";

export const transports = { polling: PollingTransport, websocket: WebSocketTransport } as const;
