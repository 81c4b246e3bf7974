// The registry of the WebSocket bundle: one transport, for who asks for it by name and for who asks for none, and no upgrade.
import { WebSocketTransport } from "../engine/transports/websocket.js";

export const transports = { websocket: WebSocketTransport };
export const defaultNames = (): string[] => ["websocket"];
export const Upgrade = undefined;
