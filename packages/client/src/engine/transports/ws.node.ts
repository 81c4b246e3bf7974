// The WebSocket of the `ws` package, for Node: headers, cookies, TLS, agent, compression, unref'ed sockets.
import type { Agent, IncomingMessage } from "node:http";
import WebSocket, { type ClientOptions } from "ws";
import type { WebSocketPort } from "../ports.js";
import { connectionOptions, pick } from "./connection-options.node.js";
import type { TransportOptions } from "./transport.js";

/** How long a closed session waits for the server's close frame before it cuts the connection. */
const CLOSE_TIMEOUT_MS = 3_000;
const DEFAULT_DEFLATE = { threshold: 1024 };

const port: WebSocketPort<WebSocket> = {
  create(uri, opts) {
    const socket = new WebSocket(uri, opts.protocols ?? [], clientOptions(opts));
    socket.on("upgrade", (response: IncomingMessage) => opts.cookies?.store(response.headers["set-cookie"]));
    // `ws` has no "fragments" of ours; a Blob is made by the packet decoder.
    socket.binaryType = opts.binaryType === "arraybuffer" ? "arraybuffer" : "nodebuffer";
    return socket;
  },
  send(socket, frame, compress, { perMessageDeflate = DEFAULT_DEFLATE }) {
    const threshold = typeof perMessageDeflate === "object" ? (perMessageDeflate.threshold ?? 0) : 0;
    // What goes wrong here is told by the close event.
    socket.send(
      frame as string,
      { compress: compress && byteLength(frame as string | ArrayBufferView) >= threshold },
      () => undefined,
    );
  },
};

/** Without the types of `ws`, which users of this package need not have. */
export const wsPort: WebSocketPort = port;

function byteLength(frame: string | ArrayBufferView | ArrayBuffer): number {
  return typeof frame === "string" ? Buffer.byteLength(frame) : frame.byteLength;
}

function clientOptions(opts: TransportOptions): ClientOptions {
  const headers = { ...opts.extraHeaders };
  const options: ClientOptions & { closeTimeout: number } = {
    ...connectionOptions(opts),
    ...pick(opts, ["protocolVersion", "origin", "maxPayload"]),
    headers: opts.cookies?.apply(headers) ?? headers,
    perMessageDeflate: opts.perMessageDeflate ?? DEFAULT_DEFLATE,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  if (typeof opts.agent === "object") options.agent = opts.agent as Agent;
  if (opts.autoUnref) {
    options.finishRequest = (request) => {
      request.on("socket", (socket) => socket.unref());
      request.end();
    };
  }
  return options;
}
