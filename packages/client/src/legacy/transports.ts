// The transports of the legacy bundle: the first two, and JSONP for who asks for it. An engine that has WebTransport needs no such bundle.
import type { TransportClass } from "../engine/options.js";
import { Polling } from "../engine/transports/polling.js";
import type { TransportOptions } from "../engine/transports/transport.js";
import { WebSocketTransport } from "../engine/transports/websocket.js";
import { hasBytes } from "./binary.js";
import { Jsonp } from "./jsonp.js";

/** Without typed arrays its frames are all text. */
class LegacyWebSocket extends WebSocketTransport {
  constructor(options: TransportOptions) {
    super(hasBytes ? options : { ...options, forceBase64: true });
  }
}

export const transports: Record<string, TransportClass> = {
  polling: Polling,
  websocket: LegacyWebSocket,
  jsonp: Jsonp,
};
