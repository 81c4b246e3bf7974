// Completes WebSocket handshakes (RFC 6455 section 4.2) with `ws`, and makes a transport of each connection. Called by the engine
// server once a request has passed every check.
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { ServerOptions as WebSocketServerOptions } from "ws";
import { cutUnlessSent } from "../refuse.js";
import { protocolOf, queryOf } from "../request-query.js";
import type { TransportContext } from "./transport.js";
import { stopAtFault } from "./inflating.js";
import { LegacyWebSocketTransport } from "./legacy-websocket.js";
import { EngineWebSocket } from "./engine-websocket.js";
import { WebSocketTransport } from "./websocket.js";

// `closeTimeout` is documented by `ws` and not yet in its types.
type AcceptorOptions = WebSocketServerOptions & { closeTimeout?: number };

/** What a graceful close may take before the connection is cut. */
const CLOSE_TIMEOUT_MS = 10_000;

export class WebSocketAcceptor {
  /** Completes the handshakes. */
  readonly server: WebSocketServer;
  readonly #context: TransportContext;
  /** True if the connections are those of `ws` on the socket that we know, so that frames may be written to it. */
  readonly #writesFrames: boolean;
  /** Headers for the 101 response of the handshake that is being completed. */
  #headers: OutgoingHttpHeaders = {};

  constructor(context: TransportContext) {
    const { maxHttpBufferSize, perMessageDeflate, wsEngine } = context.opts;
    this.#context = context;
    this.#writesFrames = wsEngine === WebSocketServer;
    const options: AcceptorOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate,
      maxPayload: maxHttpBufferSize,
      autoPong: !this.#writesFrames,
      closeTimeout: CLOSE_TIMEOUT_MS,
      WebSocket: EngineWebSocket,
    };
    this.server = new wsEngine(options);
    this.server.on("headers", (lines, request) => this.#onHeaders(lines, request));
  }

  /**
   * Answers 101 and gives the transport, in the same turn; or answers 400 where the WebSocket headers are not valid. What is sent
   * within `onOpen` leaves in one write with the 101 response.
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: OutgoingHttpHeaders,
    onOpen: (transport: WebSocketTransport) => void,
  ): void {
    this.#headers = headers;
    const opened: WebSocketTransport[] = [];
    socket.cork();
    try {
      this.server.handleUpgrade(request, socket, head, (webSocket) => {
        if (webSocket.extensions !== "") stopAtFault(webSocket);
        if (webSocket instanceof EngineWebSocket) webSocket.leavesPings = this.#writesFrames;
        const query = queryOf(request);
        const supportsBinary = query.b64 === undefined;
        // With permessage-deflate the frames are made by `ws`, which compresses.
        const target = this.#writesFrames && webSocket.extensions === "" ? socket : undefined;
        const WebSocketTransportOf = protocolOf(query) === 3 ? LegacyWebSocketTransport : WebSocketTransport;
        const transport = new WebSocketTransportOf(this.#context, webSocket, target, supportsBinary);
        opened.push(transport);
        onOpen(transport);
      });
    } finally {
      this.#headers = {};
      socket.uncork();
    }
    if (opened.length === 0) cutUnlessSent(socket, this.#context.deadlines, this.#context.opts.upgradeTimeout);
  }

  close(): void {
    this.server.close();
  }

  #onHeaders(lines: string[], request: IncomingMessage): void {
    const headers = { ...this.#headers };
    this.#context.decorateHeaders(headers, request);
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined) continue;
      for (const each of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${each}`);
    }
  }
}
