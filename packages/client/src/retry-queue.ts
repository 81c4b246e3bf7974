// RetryQueue: what a Socket with the `retries` option emits, one packet in flight at a time. The next goes when the
// one before was acknowledged or given up; a new connection sends the head again. Called by the Socket.
import type { AckCallback } from "./acks.js";
import type { BufferCap } from "./buffer-cap.js";
import { guard } from "./guard.js";

/** Sends one try and calls `settle` once with `(error | null, ...answer)`; returns false when nothing can be sent now. */
export type SendTry<Flags> = (args: unknown[], flags: Flags, settle: AckCallback) => boolean;

interface Entry<Flags> {
  args: unknown[];
  flags: Flags;
  callback: AckCallback | undefined;
  bytes: number;
  tries: number;
  /** Which try is in flight, 0 for none: what settles an earlier one is late, and ignored. */
  inFlight: number;
}

export class RetryQueue<Flags> {
  readonly #retries: number;
  readonly #cap: BufferCap;
  readonly #send: SendTry<Flags>;
  readonly #entries: Entry<Flags>[] = [];

  constructor(retries: number, cap: BufferCap, send: SendTry<Flags>) {
    this.#retries = retries;
    this.#cap = cap;
    this.#send = send;
  }

  push(args: unknown[], flags: Flags, bytes: number, callback?: AckCallback): void {
    this.#cap.take(bytes);
    this.#entries.push({ args, flags, callback, bytes, tries: 0, inFlight: 0 });
    this.drain();
  }

  /** Sends the head unless it is in flight; `again` sends it in any case, over a new connection. */
  drain(again = false): void {
    const head = this.#entries[0];
    if (!head || (head.inFlight && !again)) return;
    const current = head.tries + 1;
    const settle: AckCallback = (error, ...answer) => {
      if (head.inFlight !== current) return;
      head.inFlight = 0;
      if (!error || head.tries > this.#retries) {
        const { callback } = head;
        this.#entries.shift();
        this.#cap.give(head.bytes);
        if (callback) guard(() => callback(error, ...answer));
      }
      this.drain();
    };
    if (this.#send(head.args, head.flags, settle)) head.inFlight = head.tries = current;
  }
}
