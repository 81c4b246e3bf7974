// A user's page that makes its manager and socket by hand, with one transport.
import { Manager, WebSocketTransport } from "@everwire/client/core";

globalThis.connect = (url, options) =>
  new Manager(url, { ...options, transports: [WebSocketTransport] }).socket("/", options);
