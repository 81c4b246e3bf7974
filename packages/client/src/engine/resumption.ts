// Resumption: the tries to bring a suspended session back (docs/PROTOCOL.md, "Resuming"): one transport after the other, until the
// server has answered over one, has refused for good, or the time is over. Made by the session for each suspension.
import type { EnginePacket } from "@everwire/protocol";
import type { TransportError } from "../errors.js";
import type { ResolvedOptions } from "./options.js";
import type { Timer } from "./timers.js";
import type { CloseDetails, Transport } from "./transports/transport.js";

/** What it needs of its session. */
export interface ResumptionHandler {
  /** A transport for the next try, not opened yet. */
  onTry(attempt: number): Transport;
  /** The first packet over it; false if that does not resume the session. Otherwise the transport is the session's from now on. */
  onAnswer(transport: Transport, packet: EnginePacket): boolean;
  /** The server does not have the session. */
  onUnknown(details: CloseDetails | TransportError | undefined): void;
  /** The time is over, for so many milliseconds. */
  onExpired(lateMs: number): void;
}

/** How long a try may take. A WebSocket that is blocked often just hangs. */
const TRY_MS = 5_000;
const TRY_BATCHES_MS = 10_000;
/** Between the first tries; doubled each time, and moved up or down by half. */
export const MIN_WAIT_MS = 250;
/** Close code of a WebSocket over which no session is known (docs/PROTOCOL.md). */
const UNKNOWN_CODE = 4007;

export class Resumption {
  readonly #opts: ResolvedOptions;
  readonly #handler: ResumptionHandler;
  readonly #windowTimer: Timer;
  readonly #endsAt: number;
  #timer: Timer;
  #transport: Transport | undefined;
  #attempts = 0;
  #waitMs = MIN_WAIT_MS;

  /** `haltMs`: about so long before the first try. */
  constructor(opts: ResolvedOptions, windowMs: number, haltMs: number, handler: ResumptionHandler) {
    this.#opts = opts;
    this.#handler = handler;
    this.#endsAt = Date.now() + windowMs;
    this.#windowTimer = opts.setTimeoutFn(() => handler.onExpired(this.#lateMs), windowMs);
    // At once as a rule, but not before who suspended the session has said all that there is to say.
    this.#wait(haltMs * (0.5 + Math.random()));
  }

  /** The network, or the page, is back. */
  hurry(): void {
    this.#waitMs = MIN_WAIT_MS;
    if (!this.#transport) this.#try();
  }

  /** No more tries until it is told to hurry. One that is under way is dropped. */
  rest(): void {
    this.#opts.clearTimeoutFn(this.#timer);
    this.#transport?.drop();
    this.#transport = undefined;
  }

  /** The end of it. */
  stop(): void {
    this.#opts.clearTimeoutFn(this.#windowTimer);
    this.rest();
  }

  get #lateMs(): number {
    return Date.now() - this.#endsAt;
  }

  #wait(delayMs: number): void {
    this.#timer = this.#opts.setTimeoutFn(() => this.#try(), delayMs);
  }

  #try(): void {
    this.#opts.clearTimeoutFn(this.#timer);
    // After a sleep: the server is not asked for what it can't have.
    if (this.#lateMs > 0) {
      this.#handler.onExpired(this.#lateMs);
      return;
    }
    const transport = this.#handler.onTry(this.#attempts++);
    const fail = (): void => {
      transport.drop();
      this.#transport = undefined;
      this.#opts.clearTimeoutFn(this.#timer);
      this.#wait(this.#waitMs * (0.5 + Math.random()));
      this.#waitMs = Math.min(this.#waitMs * 2, this.#opts.reconnectionDelayMax);
    };
    const end = (isUnknown: boolean, details?: CloseDetails | TransportError): void => {
      if (isUnknown) this.#handler.onUnknown(details);
      else fail();
    };
    this.#transport = transport;
    this.#timer = this.#opts.setTimeoutFn(fail, transport.batches ? TRY_BATCHES_MS : TRY_MS);
    transport.handler = {
      onOpen: () => undefined,
      onDrain: () => undefined,
      onPacket: (packet) => {
        this.#transport = undefined;
        if (!this.#handler.onAnswer(transport, packet)) fail();
      },
      onError: (error) => {
        const { responseText } = Object(error.context) as { responseText: string };
        end(error.description === 400 && /"code":1\b/.test(responseText), error);
      },
      onClose: (details) => end((Object(details?.context) as { code?: number }).code === UNKNOWN_CODE, details),
    };
    transport.open();
  }
}
