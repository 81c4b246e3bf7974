// Polling: carries packets by HTTP requests (Engine.IO protocol v4, "HTTP long-polling"): one GET that waits for data, one
// POST at a time that brings it. It imitates a socket: open, send, drain, close. XHR, Fetch and NodeXHR differ in the
// request port only.
import type { EnginePacket } from "@everwire/protocol";
import { decodeEnginePayload, parseHandshake } from "#codec";
import { nextTick, requestPort } from "#platform";
import type { AbortRequest, RequestPort } from "../ports.js";
import type { Timer } from "../timers.js";
import { encodeAll } from "./encode-all.js";
import { fetchPort } from "./request-fetch.js";
import { xhrPort } from "./request-xhr.js";
import { Transport } from "./transport.js";

/** How long a closed transport waits for its last requests, so that the server hears of the close. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Between two packets of a payload. */
const SEPARATOR = "\x1e";

/** A payload of one packet, close. */
const CLOSE = "1";

export class Polling extends Transport {
  #poll: AbortRequest | undefined;
  #post: AbortRequest | undefined;
  #onPaused: (() => void) | undefined;
  #closeTimer: Timer;

  override get name(): string {
    return "polling";
  }

  override get batches(): boolean {
    return true;
  }

  protected get port(): RequestPort {
    return requestPort;
  }

  override open(): this {
    this.#read();
    return this;
  }

  override send(packets: EnginePacket[]): void {
    this.writable = false;
    encodeAll(packets, false, (parts) => {
      if (this.readyState === "closing") this.#sendClose();
      else if (this.readyState !== "closed") this.#write((parts as string[]).join(SEPARATOR));
    });
  }

  override pause(onPaused: () => void): void {
    this.moveTo("pausing");
    this.#onPaused = onPaused;
    this.#settlePause();
  }

  override resume(): void {
    this.moveTo("open");
    if (!this.#poll) this.#read();
  }

  override close(): this {
    const { handler, readyState: state } = this;
    this.handler = undefined;
    if (state === "paused") {
      // The session lives on in another transport.
      this.#finish();
    } else if (state !== "closing" && state !== "closed") {
      this.moveTo("closing");
      this.#closeTimer = this.opts.setTimeoutFn(() => this.#finish(), CLOSE_TIMEOUT_MS);
      // While opening, the id of the session that is to be closed is still on its way; unless this is a farewell, which never opens.
      if (this.writable || (state === "opening" && !this.#poll)) this.#sendClose();
      handler?.onClose();
    }
    return this;
  }

  override drop(): void {
    this.handler = undefined;
    this.#finish();
  }

  override leave(): void {
    // The only request that outlives its page.
    if (this.query.sid) navigator.sendBeacon(this.uri(), CLOSE);
    this.drop();
  }

  #read(): void {
    this.#poll = this.#request(undefined, this.port.readError, (text) => {
      this.#poll = undefined;
      this.#onPayload(text);
    });
  }

  #write(body: string): void {
    this.#post = this.#request(body, this.port.writeError, () => {
      this.#post = undefined;
      if (this.readyState === "closing") {
        this.#sendClose();
        return;
      }
      this.writable = true;
      this.handler?.onDrain();
      this.#settlePause();
    });
  }

  /** Exactly one end for each request: its answer, an error, the timeout or the abort. */
  #request(body: string | undefined, errorText: string, onAnswer: (text: string) => void): AbortRequest {
    const { opts } = this;
    let abort: AbortRequest | undefined;
    let isOver = false;
    const end = (report: () => void): void => {
      if (isOver) return;
      isOver = true;
      opts.clearTimeoutFn(timer);
      report();
    };
    const onError = (status: number, context?: unknown, cause?: unknown): void =>
      end(() => {
        abort?.();
        this.#finish();
        this.onError(errorText, status, context, cause);
      });
    const onLoad = (text: string): void => end(() => onAnswer(text));
    const timer = opts.requestTimeout && opts.setTimeoutFn(() => onError(0), opts.requestTimeout);
    try {
      const headers = { ...opts.extraHeaders };
      const isPost = body !== undefined;
      if (isPost) headers["content-type"] = "text/plain;charset=UTF-8";
      const method = isPost ? "POST" : "GET";
      abort = this.port.request({ uri: this.uri(), method, headers, body, opts, onLoad, onError });
    } catch (error) {
      // A header or an address that can't be sent; never in the turn of open().
      nextTick(() => onError(0, undefined, error));
    }
    return () => end(() => abort?.());
  }

  #onPayload(text: string): void {
    const { packets, malformed } = decodeEnginePayload(text, { binaryType: this.opts.binaryType });
    for (const packet of packets) {
      if (packet.type === "open" && this.readyState === "opening") this.onOpen();
      if (packet.type === "open" && this.readyState === "closing") {
        this.#closeUnopened(packet);
        return;
      }
      if (packet.type === "close" && this.handler) {
        this.#finish();
        this.handler.onClose({ description: "transport closed by the server", context: packet.data }, true);
        return;
      }
      this.handler?.onPacket(packet);
    }
    if (malformed) this.onError("parser error");
    if (this.readyState === "open") this.#read();
    this.#settlePause();
  }

  /** Closed before the answer to the handshake came: the server has a session now and is told to drop it. */
  #closeUnopened(packet: EnginePacket): void {
    try {
      this.query.sid = parseHandshake(packet.data).sid;
      this.#sendClose();
    } catch {
      this.#finish();
    }
  }

  #settlePause(): void {
    if (this.readyState !== "pausing" || this.#poll || !this.writable) return;
    this.moveTo("paused");
    this.#onPaused?.();
  }

  #sendClose(): void {
    this.writable = false;
    this.#post = this.#request(CLOSE, "", () => this.#finish());
  }

  /** Leaves nothing behind: no request, no timer, no listener. */
  #finish(): void {
    if (this.readyState === "closed") return;
    this.moveTo("closed");
    this.writable = false;
    this.#poll?.();
    this.#post?.();
    this.opts.clearTimeoutFn(this.#closeTimer);
    this.port.release?.(this.opts);
  }
}

/** Polling by XMLHttpRequest. */
export class XHR extends Polling {
  protected override get port(): RequestPort {
    return xhrPort;
  }
}

/** Polling by fetch. */
export class Fetch extends Polling {
  protected override get port(): RequestPort {
    return fetchPort;
  }
}
