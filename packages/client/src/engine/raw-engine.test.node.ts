// A raw Engine.IO server for the tests of this folder, made of node:http and `ws` by the text of the protocol. It does what
// the test says and nothing else: packets are texts, every request is kept, any answer can be replaced. Also: waiting for events.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { EventEmitter } from "node:events";
import "./register-every.js";
import { WebSocketServer, type ServerOptions as WsOptions, type WebSocket } from "ws";

const SEPARATOR = "\x1e";

export interface RawEngineOptions {
  handshake?: Record<string, unknown>;
  /** Answers a request in the place of the server; `true` means that it did. */
  intercept?: (request: IncomingMessage, response: ServerResponse, body: string) => boolean;
  tls?: ServerOptions;
  ws?: WsOptions;
  /** Answer probes and swap on the upgrade packet; default true. */
  upgrades?: boolean;
}

export interface SeenRequest {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
  body: string;
}

export class RawEngine extends EventEmitter {
  readonly requests: SeenRequest[] = [];
  /** Packets from the client by POST or WebSocket, in order, probes excluded; each is an event `packet` too. */
  readonly packets: (string | Buffer)[] = [];
  readonly connections = new Set<Socket>();
  options: RawEngineOptions;
  webSocket: WebSocket | undefined;
  /** What the answer to a resume says that has arrived; by default the messages that came. */
  received: number | undefined;
  url = "";
  port = 0;
  #queue: string[] = [];
  #poll: ServerResponse | undefined;
  #close: () => Promise<void> = () => Promise.resolve();

  constructor(options: RawEngineOptions) {
    super();
    this.options = options;
  }

  get handshake(): string {
    return `0${JSON.stringify({
      sid: "raw",
      upgrades: [],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
      ...this.options.handshake,
    })}`;
  }

  /** The open packet that answers a resume. */
  get resumed(): string {
    const received = this.received ?? this.packets.filter((packet) => /^[4b]/.test(String(packet))).length;
    const handshake = JSON.parse(this.handshake.slice(1)) as { resume?: object };
    return `0${JSON.stringify({ ...handshake, resume: { ...handshake.resume, received } })}`;
  }

  get isPolled(): boolean {
    return !!this.#poll;
  }

  async listen(): Promise<this> {
    const listener: RequestListener = (request, response) => this.#onRequest(request, response);
    const server = this.options.tls ? createTlsServer(this.options.tls, listener) : createServer(listener);
    const sockets = new WebSocketServer({ noServer: true, ...this.options.ws });
    server.on(this.options.tls ? "secureConnection" : "connection", (socket: Socket) => {
      this.connections.add(socket);
      socket.on("close", () => this.connections.delete(socket));
    });
    server.on("upgrade", (request, socket, head) => {
      this.#note(request, "");
      sockets.handleUpgrade(request, socket, head, (webSocket) => this.#onWebSocket(webSocket, request));
    });
    sockets.on("headers", (headers, request) => this.emit("headers", headers, request));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.url = `${this.options.tls ? "https" : "http"}://127.0.0.1:${String(this.port)}`;
    this.#close = () =>
      new Promise((resolve) => {
        this.connections.forEach((socket) => socket.destroy());
        sockets.clients.forEach((socket) => socket.terminate());
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return this;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Sends packets by what the client uses now; polling collects until there is a poll. */
  send(...packets: string[]): void {
    if (this.webSocket) {
      for (const packet of packets) this.webSocket.send(packet);
      return;
    }
    this.#queue.push(...packets);
    this.#answerPoll();
  }

  #note(request: IncomingMessage, body: string): URL {
    const url = new URL(request.url ?? "", "http://raw");
    this.requests.push({ method: request.method ?? "", url, headers: request.headers, body });
    this.emit("request");
    return url;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const url = this.#note(request, body);
      if (this.options.intercept?.(request, response, body)) return;
      if (request.method === "POST") {
        response.end("ok");
        body.split(SEPARATOR).forEach((packet) => this.#onPacket(packet));
      } else if (url.searchParams.has("resume")) {
        this.webSocket = undefined;
        response.end([this.resumed, ...this.#queue.splice(0)].join(SEPARATOR));
        this.emit("resume", url);
      } else if (url.searchParams.has("sid")) {
        this.#poll = response;
        response.on("close", () => {
          if (this.#poll !== response) return;
          this.#poll = undefined;
          this.emit("poll aborted");
        });
        this.emit("poll");
        this.#answerPoll();
      } else response.end(this.handshake);
    });
  }

  #answerPoll(): void {
    const poll = this.#poll;
    if (!poll || !this.#queue.length) return;
    this.#poll = undefined;
    poll.end(this.#queue.splice(0).join(SEPARATOR));
  }

  #onPacket(packet: string | Buffer): void {
    if (packet === "1" && this.#poll) this.send("6");
    this.packets.push(packet);
    this.emit("packet", packet);
  }

  #onWebSocket(webSocket: WebSocket, request: IncomingMessage): void {
    const url = new URL(request.url ?? "", "http://raw");
    const isResume = url.searchParams.has("resume");
    const isUpgrade = url.searchParams.has("sid") && !isResume;
    webSocket.on("message", (data: Buffer, isBinary) => {
      const packet = isBinary ? data : data.toString();
      if (packet === "2probe") {
        this.emit("probe", webSocket);
        if (this.options.upgrades === false) return;
        webSocket.send("3probe");
        if (this.#poll) this.send("6");
      } else {
        if (packet === "5") {
          this.webSocket = webSocket;
          this.send(...this.#queue.splice(0));
        }
        this.#onPacket(packet);
      }
    });
    webSocket.on("error", () => undefined);
    this.emit("websocket", webSocket, request);
    if (isUpgrade) return;
    this.webSocket = webSocket;
    webSocket.send(isResume ? this.resumed : this.handshake);
    for (const packet of this.#queue.splice(0)) webSocket.send(packet);
    if (isResume) this.emit("resume", url);
  }
}

const running: { close(): unknown }[] = [];

export async function startRawEngine(options: RawEngineOptions = {}): Promise<RawEngine> {
  return track(await new RawEngine(options).listen());
}

/** To be closed by `closeAll`, which tests call after each. */
export function track<T extends { close(): unknown }>(closeable: T): T {
  running.push(closeable);
  return closeable;
}

export async function closeAll(): Promise<void> {
  // The last made first: clients before their servers.
  for (const closeable of running.splice(0).reverse()) await closeable.close();
}

interface Listenable {
  once(event: never, listener: never): unknown;
}

/** The arguments of the next `event`; the test's own timeout is the deadline. */
export function event<Args extends unknown[] = unknown[]>(emitter: Listenable, name: string): Promise<Args> {
  return new Promise((resolve) => {
    (emitter.once as (event: string, listener: (...args: Args) => void) => unknown).call(emitter, name, (...args) =>
      resolve(args),
    );
  });
}

/** Waits for a state that has no event of its own. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
