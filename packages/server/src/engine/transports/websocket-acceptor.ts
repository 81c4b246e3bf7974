// Completes WebSocket handshakes (RFC 6455 section 4.2), the usual one by itself and the others with `ws`, and makes a transport of each
// connection. Called by the engine server once a request has passed every check.
import { hash } from "node:crypto";
import { validateHeaderName, validateHeaderValue } from "node:http";
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
import { CLOSE_TIMEOUT_MS, PlainWebSocket } from "./plain-websocket.js";
import { WebSocketTransport } from "./websocket.js";

// `closeTimeout` is documented by `ws` and not yet in its types.
type AcceptorOptions = WebSocketServerOptions & { closeTimeout?: number };

/** RFC 6455 section 4.2.1: 16 bytes in base64. */
const KEY = /^[+/\dA-Za-z]{22}==$/;
/** RFC 6455 section 1.3 */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export class WebSocketAcceptor {
  /** Completes the handshakes that are not the usual one; of all of them it tells in its event `headers`. */
  readonly server: WebSocketServer;
  readonly #context: TransportContext;
  /** True if the connections are our own, or those of `ws`, on the socket that we know, so that frames may be written to it. */
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
    if (!socket.readable || !socket.writable) {
      // It broke while the request was looked at, and its error may still be told.
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    if (this.#isUsual(request)) {
      this.#acceptPlain(request, socket, head, headers, onOpen);
      return;
    }
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

  /** Nothing is to be negotiated: what is not, or not right, is left to `ws`. */
  #isUsual({ method, headers }: IncomingMessage): boolean {
    return (
      this.#writesFrames &&
      this.#context.opts.perMessageDeflate === false &&
      method === "GET" &&
      headers["sec-websocket-version"] === "13" &&
      headers["sec-websocket-protocol"] === undefined &&
      headers.upgrade?.toLowerCase() === "websocket" &&
      KEY.test(headers["sec-websocket-key"] ?? "")
    );
  }

  #acceptPlain(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: OutgoingHttpHeaders,
    onOpen: (transport: WebSocketTransport) => void,
  ): void {
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${hash("sha1", `${request.headers["sec-websocket-key"]}${GUID}`, "base64")}`,
    ];
    this.#headers = headers;
    this.server.emit("headers", lines, request);
    const response = `${lines.join("\r\n")}\r\n\r\n`;
    const { deadlines, opts } = this.#context;
    const webSocket = new PlainWebSocket(socket, response, head, deadlines, opts.maxHttpBufferSize);
    const query = queryOf(request);
    const WebSocketTransportOf = protocolOf(query) === 3 ? LegacyWebSocketTransport : WebSocketTransport;
    // What listeners send meanwhile leaves with it too.
    socket.cork();
    try {
      onOpen(new WebSocketTransportOf(this.#context, webSocket, socket, query.b64 === undefined));
      webSocket.respond();
    } finally {
      socket.uncork();
    }
  }

  close(): void {
    this.server.close();
  }

  /** As Node.js does it for other answers: a line break in a value would begin another header. One that can't be is reported, and left out. */
  #addHeader(lines: string[], request: IncomingMessage, name: string, value: string): void {
    const add = (): void => {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      lines.push(`${name}: ${value}`);
    };
    this.#context.userCode.call({ kind: "engine-listener", event: "headers", request }, undefined, add, []);
  }

  #onHeaders(lines: string[], request: IncomingMessage): void {
    const headers = { ...this.#headers };
    this.#context.decorateHeaders(headers, request);
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined) continue;
      for (const each of Array.isArray(value) ? value : [value]) this.#addHeader(lines, request, name, String(each));
    }
  }
}
