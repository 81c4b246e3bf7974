// A user's page that begins with polling and moves up to WebSocket.
import { Polling, WebSocketTransport, io, useUpgrade } from "@everwire/client/core";

useUpgrade();
globalThis.connect = (url, options) => io(url, { ...options, transports: [Polling, WebSocketTransport] });
