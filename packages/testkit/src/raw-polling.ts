// RawPolling: an Engine.IO v4 session over HTTP long-polling, spoken by hand. It has no heartbeat and no retries: each call
// is one request, so that a test says exactly what is on the wire. RawEngineClient makes it.
import { Agent, type OutgoingHttpHeaders } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { httpRequest, type HttpRequestOptions, type HttpResponse } from "./http-request.js";
import { engineUrl, type RawEngineOptions } from "./raw-engine-url.js";

/** Engine.IO protocol v4, "HTTP long-polling": packets of one payload are joined by U+001E. */
export const SEPARATOR = "\x1e";

/** What the open packet carries (Engine.IO protocol v4, "Handshake"). */
export interface RawHandshake {
  readonly sid: string;
  readonly upgrades: string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

export class RawPolling {
  readonly handshake: RawHandshake;
  /** The answer that opened the session. */
  readonly opening: HttpResponse;
  readonly #agent: Agent;
  readonly #base: string;
  readonly #options: RawEngineOptions;
  readonly #waiting: string[];

  private constructor(base: string, options: RawEngineOptions, agent: Agent, opening: HttpResponse) {
    this.#base = base;
    this.#options = options;
    this.#agent = agent;
    this.opening = opening;
    const [open = "", ...rest] = opening.text.split(SEPARATOR);
    if (opening.status !== 200 || !open.startsWith("0")) {
      throw new Error(`failed to open a session: ${String(opening.status)} ${opening.text}`);
    }
    this.handshake = JSON.parse(open.slice(1)) as RawHandshake;
    this.#waiting = rest;
  }

  static async open(base: string, options: RawEngineOptions = {}): Promise<RawPolling> {
    const agent = base.startsWith("https:")
      ? new SecureAgent({ keepAlive: true, rejectUnauthorized: false })
      : new Agent({ keepAlive: true });
    const opening = await httpRequest(engineUrl(base, "polling", options), { agent, headers: options.headers ?? {} });
    return new RawPolling(base, options, agent, opening);
  }

  get sid(): string {
    return this.handshake.sid;
  }

  /** The URL of this session; `query` adds to it, or overrides it. */
  url(query: Record<string, string> = {}): string {
    return engineUrl(this.#base, "polling", {
      ...this.#options,
      query: { ...this.#options.query, sid: this.sid, ...query },
    });
  }

  /** One request of this session, with whatever method, headers and body. */
  request(options: HttpRequestOptions & { query?: Record<string, string> } = {}): Promise<HttpResponse> {
    const { query, ...rest } = options;
    const headers: OutgoingHttpHeaders = { ...this.#options.headers, ...rest.headers };
    return httpRequest(this.url(query), { agent: this.#agent, ...rest, headers });
  }

  /** One GET: waits until the server has something to say. */
  poll(options: HttpRequestOptions = {}): Promise<HttpResponse> {
    return this.request(options);
  }

  /** The packets of one GET. Those that came with the handshake are given out first. */
  async packets(options: HttpRequestOptions = {}): Promise<string[]> {
    if (this.#waiting.length > 0) return this.#waiting.splice(0);
    const answer = await this.poll(options);
    if (answer.status !== 200) throw new Error(`failed to poll: ${String(answer.status)} ${answer.text}`);
    return answer.text.split(SEPARATOR);
  }

  /** The next packet, in order; polls only when none is left. Pings are answered and not reported. */
  async next(options: HttpRequestOptions = {}): Promise<string> {
    for (;;) {
      if (this.#waiting.length === 0) this.#waiting.push(...(await this.packets(options)));
      const packet = this.#waiting.shift() as string;
      if (packet !== "2") return packet;
      await this.push("3");
    }
  }

  /** One POST that carries these packets. */
  push(...packets: string[]): Promise<HttpResponse> {
    return this.request({
      method: "POST",
      body: packets.join(SEPARATOR),
      headers: { "content-type": "text/plain;charset=UTF-8" },
    });
  }

  /** Ends the session as a client does, and lets go of its connections. */
  async close(): Promise<void> {
    try {
      await this.push("1");
    } finally {
      this.release();
    }
  }

  /** Lets go of the connections without a word: a poll that waits is cancelled. */
  release(): void {
    this.#agent.destroy();
  }
}
