// A user's page with one transport.
import { WebSocketTransport, io } from "@everwire/client/core";

globalThis.connect = (url, options) => io(url, { ...options, transports: [WebSocketTransport] });
