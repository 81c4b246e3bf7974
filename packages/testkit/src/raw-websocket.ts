// RawWebSocket: one WebSocket, by `ws`, whose messages are read in order by the test. It knows nothing of Engine.IO but the
// address: a test sends and expects packets as text. RawEngineClient makes it; ws-frame.ts is for what `ws` refuses to send.
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { type ClientOptions, WebSocket } from "ws";
import { Inbox } from "./inbox.js";
import { deferred, type WaitOptions, within } from "./wait.js";

export type RawMessage = string | Buffer;

export interface RawClose {
  readonly code: number;
  readonly reason: string;
}

export interface RawWebSocketOptions {
  headers?: OutgoingHttpHeaders;
  protocols?: string[];
  perMessageDeflate?: boolean;
}

/** The server answered the upgrade with something other than 101. */
export class UpgradeRefused extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;

  constructor(status: number, headers: IncomingHttpHeaders, body: string) {
    super(`failed to upgrade: ${String(status)} ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export class RawWebSocket {
  readonly ws: WebSocket;
  /** Headers of the 101 answer. */
  readonly headers: IncomingHttpHeaders;
  readonly #inbox: Inbox<RawMessage>;
  readonly #closed: Promise<RawClose>;

  private constructor(
    ws: WebSocket,
    headers: IncomingHttpHeaders,
    inbox: Inbox<RawMessage>,
    closed: Promise<RawClose>,
  ) {
    this.ws = ws;
    this.headers = headers;
    this.#inbox = inbox;
    this.#closed = closed;
  }

  /** Opens a WebSocket; rejects with UpgradeRefused on an HTTP answer, with the socket's error on a broken connection. */
  static open(url: string, options: RawWebSocketOptions = {}): Promise<RawWebSocket> {
    const wsOptions: ClientOptions = {
      headers: options.headers as Record<string, string>,
      perMessageDeflate: options.perMessageDeflate ?? false,
      rejectUnauthorized: false,
    };
    const ws = new WebSocket(url.replace(/^http/, "ws"), options.protocols ?? [], wsOptions);
    const inbox = new Inbox<RawMessage>("a WebSocket message");
    const closed = deferred<RawClose>();
    const opened = deferred<RawWebSocket>();
    let headers: IncomingHttpHeaders = {};
    ws.on("upgrade", (response: IncomingMessage) => {
      headers = response.headers;
    });
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      inbox.push(isBinary ? data : data.toString("utf8"));
    });
    ws.on("open", () => {
      opened.resolve(new RawWebSocket(ws, headers, inbox, closed.promise));
    });
    ws.on("unexpected-response", (_request, response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("close", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        opened.reject(new UpgradeRefused(response.statusCode ?? 0, response.headers, body));
      });
    });
    ws.on("error", (error) => {
      opened.reject(error);
    });
    ws.on("close", (code: number, reason: Buffer) => {
      closed.resolve({ code, reason: reason.toString("utf8") });
      inbox.end(new Error(`failed to read a WebSocket message: closed with ${String(code)}`));
      opened.reject(new Error(`failed to open a WebSocket: closed with ${String(code)}`));
    });
    return within(opened.promise, `an opened WebSocket at ${url}`);
  }

  /** Messages that came and were not read. */
  get pending(): readonly RawMessage[] {
    return this.#inbox.pending;
  }

  get isOpen(): boolean {
    return this.ws.readyState === WebSocket.OPEN;
  }

  send(data: string | Uint8Array): void {
    this.ws.send(data);
  }

  /** The next message, whatever it is. */
  nextRaw(options?: WaitOptions): Promise<RawMessage> {
    return this.#inbox.next(options);
  }

  /** The next message; Engine.IO pings are answered and not reported. */
  async next(options?: WaitOptions): Promise<RawMessage> {
    for (;;) {
      const message = await this.#inbox.next(options);
      if (message !== "2") return message;
      this.send("3");
    }
  }

  /** The next text message; fails on a binary one. */
  async nextText(options?: WaitOptions): Promise<string> {
    const message = await this.next(options);
    if (typeof message !== "string")
      throw new Error(`failed to read text: a binary message of ${String(message.length)} bytes came`);
    return message;
  }

  /** How the socket was closed; waits for it. */
  closed(options?: WaitOptions): Promise<RawClose> {
    return within(this.#closed, "the WebSocket's close", options);
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed();
  }

  /** Breaks the connection without a close frame. */
  terminate(): void {
    this.ws.terminate();
  }
}
