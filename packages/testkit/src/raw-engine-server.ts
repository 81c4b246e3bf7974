// RawEngineServer: the far side of an Engine.IO v4 client, spoken by hand: one session, over polling or WebSocket, that sends and
// withholds exactly what a test wants, right or wrong. For tests of clients; nothing here comes from our own server.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { Inbox } from "./inbox.js";
import { type RawHandshake, SEPARATOR } from "./raw-polling.js";
import type { RawMessage } from "./raw-websocket.js";
import { within } from "./wait.js";

export interface RawEngineServerOptions extends Partial<RawHandshake> {
  /** Text to answer handshakes with instead of a right open packet. */
  open?: string;
}

export class RawEngineServer {
  readonly url: string;
  readonly handshake: RawHandshake;
  /** Packets that came, ends of payloads and pongs not among them. */
  readonly packets = new Inbox<RawMessage>("a packet from the client");
  readonly #http: Server;
  readonly #wss = new WebSocketServer({ noServer: true });
  readonly #open: string;
  readonly #connections = new Set<Socket>();
  #poll: ServerResponse | undefined;
  readonly #waiting: string[] = [];
  #held: (() => void)[] | undefined;
  #webSocket: WebSocket | undefined;

  private constructor(http: Server, options: RawEngineServerOptions) {
    this.#http = http;
    const { open, ...handshake } = options;
    this.handshake = {
      sid: "raw-session",
      upgrades: [],
      pingInterval: 60_000,
      pingTimeout: 60_000,
      maxPayload: 1_000_000,
      ...handshake,
    };
    this.#open = open ?? `0${JSON.stringify(this.handshake)}`;
    this.url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
    http.on("connection", (socket: Socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
    });
    http.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#onRequest(request, response);
    });
    http.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#wss.handleUpgrade(request, socket, head, (ws) => {
        this.#onWebSocket(ws);
      });
    });
  }

  static async start(options: RawEngineServerOptions = {}): Promise<RawEngineServer> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return new RawEngineServer(http, options);
  }

  /** True while a poll waits for an answer. */
  get isPolled(): boolean {
    return this.#poll !== undefined;
  }

  /** Sends packets: as one payload, or a frame each. A Buffer is a message. */
  send(...packets: RawMessage[]): void {
    if (this.#webSocket !== undefined) {
      for (const packet of packets) this.#webSocket.send(packet);
      return;
    }
    this.#waiting.push(
      ...packets.map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`)),
    );
    this.#answerPoll();
  }

  /** The next packet of the client, read in its turn. */
  next(): Promise<RawMessage> {
    return within(this.packets.next(), "a packet from the client");
  }

  /** Stops reading: POSTs are not answered, the WebSocket is paused. */
  hold(): void {
    this.#held = [];
    this.#webSocket?.pause();
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
    this.#webSocket?.resume();
  }

  /** Ends the session as a server does. */
  endSession(): void {
    if (this.#webSocket !== undefined) this.#webSocket.close();
    else this.send("1");
  }

  /** Resets every connection. */
  break(): void {
    for (const socket of this.#connections) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#wss.close();
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#http.close(() => {
        resolve();
      });
    });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { searchParams } = new URL(request.url ?? "/", this.url);
    if (!searchParams.has("sid")) {
      response.end(this.#open);
    } else if (request.method === "POST") {
      void this.#readBody(request, response);
    } else {
      this.#poll = response;
      response.on("close", () => {
        if (this.#poll === response) this.#poll = undefined;
      });
      this.#answerPoll();
    }
  }

  #answerPoll(): void {
    if (this.#poll === undefined || this.#waiting.length === 0) return;
    const poll = this.#poll;
    this.#poll = undefined;
    poll.end(this.#waiting.splice(0).join(SEPARATOR));
  }

  async #readBody(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The client broke off: a test that waits for the body sees that it never comes.
    }
    const answer = (): void => {
      for (const packet of Buffer.concat(chunks).toString("utf8").split(SEPARATOR)) {
        this.#receive(packet.startsWith("b") ? Buffer.from(packet.slice(1), "base64") : packet);
      }
      response.end("ok");
    };
    if (this.#held === undefined) answer();
    else this.#held.push(answer);
  }

  #onWebSocket(ws: WebSocket): void {
    this.#webSocket = ws;
    ws.on("error", () => undefined);
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      this.#receive(isBinary ? data : data.toString("utf8"));
    });
    ws.send(this.#open);
  }

  #receive(packet: RawMessage): void {
    if (packet !== "3") this.packets.push(packet);
  }
}
