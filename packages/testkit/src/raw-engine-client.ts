// RawEngineClient: opens Engine.IO v4 sessions by hand over either transport, upgrades them, and joins Socket.IO
// namespaces. For tests of the wire and of attacks: nothing here comes from our own client.
import { engineUrl, type RawEngineOptions } from "./raw-engine-url.js";
import { type RawHandshake, RawPolling } from "./raw-polling.js";
import { RawWebSocket, type RawWebSocketOptions } from "./raw-websocket.js";

export interface RawSession extends RawWebSocket {
  readonly handshake: RawHandshake;
}

export class RawEngineClient {
  readonly #base: string;
  readonly #options: RawEngineOptions;

  constructor(base: string, options: RawEngineOptions = {}) {
    this.#base = base;
    this.#options = options;
  }

  url(transport: string, query: Record<string, string> = {}): string {
    return engineUrl(this.#base, transport, { ...this.#options, query: { ...this.#options.query, ...query } });
  }

  /** A session over long-polling. */
  polling(options: RawEngineOptions = {}): Promise<RawPolling> {
    return RawPolling.open(this.#base, this.#merge(options));
  }

  /** A WebSocket at the engine's path, its open packet not read: the query may name a session, or nonsense. */
  socket(query: Record<string, string> = {}, options: RawWebSocketOptions = {}): Promise<RawWebSocket> {
    return RawWebSocket.open(this.url("websocket", query), {
      ...options,
      headers: { ...this.#options.headers, ...options.headers },
    });
  }

  /** A session over WebSocket: the open packet is read and parsed. */
  async websocket(query: Record<string, string> = {}, options: RawWebSocketOptions = {}): Promise<RawSession> {
    const socket = await this.socket(query, options);
    const open = await socket.nextText();
    if (!open.startsWith("0")) throw new Error(`failed to open a session: the first message was ${open}`);
    return Object.assign(socket, { handshake: JSON.parse(open.slice(1)) as RawHandshake });
  }

  /** A WebSocket for a polling session, up to the answered probe (Engine.IO protocol v4, "Upgrade"). */
  async probe(sid: string, options: RawWebSocketOptions = {}): Promise<RawWebSocket> {
    const socket = await this.socket({ sid }, options);
    socket.send("2probe");
    const answer = await socket.nextText();
    if (answer !== "3probe") throw new Error(`failed to probe: the answer was ${answer}`);
    return socket;
  }

  /** Upgrades a polling session: on return its packets come over the WebSocket. `leftover` came over the last poll. */
  async upgrade(polling: RawPolling): Promise<{ socket: RawWebSocket; leftover: string[] }> {
    const pending = polling.packets();
    const socket = await this.probe(polling.sid);
    const leftover = (await pending).filter((packet) => packet !== "6");
    socket.send("5");
    return { socket, leftover };
  }

  /** A WebSocket session that joined a namespace; `id` is the socket's. */
  async connected(
    namespace = "/",
    auth?: unknown,
  ): Promise<{ socket: RawSession; id: string; answer: Record<string, unknown> }> {
    const socket = await this.websocket();
    const prefix = namespace === "/" ? "" : `${namespace},`;
    socket.send(`40${prefix}${auth === undefined ? "" : JSON.stringify(auth)}`);
    const text = await socket.nextText();
    if (!text.startsWith(`40${prefix}{`)) throw new Error(`failed to connect to ${namespace}: ${text}`);
    const answer = JSON.parse(text.slice(2 + prefix.length)) as Record<string, unknown>;
    return { socket, id: String(answer["sid"]), answer };
  }

  #merge(options: RawEngineOptions): RawEngineOptions {
    return {
      ...this.#options,
      ...options,
      query: { ...this.#options.query, ...options.query },
      headers: { ...this.#options.headers, ...options.headers },
    };
  }
}
