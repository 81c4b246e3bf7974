// Reads the body of a long-polling POST: bounded in bytes and in time, whatever its framing, and with memory that follows what
// arrived and not what was announced. Called by the polling transport.
import type { IncomingMessage } from "node:http";
import { Alarm } from "../deadlines.js";
import type { Deadlines } from "../deadlines.js";

export type BodyOutcome = "complete" | "too large" | "too slow" | "aborted";

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

const FIRST_CAPACITY = 4096;

const NOTHING = Buffer.alloc(0);

/** One body. `onDone` is called once, unless the reader is cancelled before. */
export class PollingBody {
  readonly #request: IncomingMessage;
  readonly #limits: BodyLimits;
  readonly #deadlines: Deadlines;
  readonly #alarm = new Alarm(() => this.#onDeadline());
  #onDone: ((outcome: BodyOutcome, bytes: Buffer) => void) | undefined;
  #bytes: Buffer | undefined = undefined;
  #length = 0;

  constructor(
    request: IncomingMessage,
    limits: BodyLimits,
    deadlines: Deadlines,
    onDone: (outcome: BodyOutcome, bytes: Buffer) => void,
  ) {
    this.#request = request;
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#onDone = onDone;
  }

  /** Starts reading. */
  read(): void {
    const request = this.#request;
    this.#deadlines.set(this.#alarm, this.#limits.timeoutMs);
    if (Number(request.headers["content-length"]) > this.#limits.maxBytes) this.#finish("too large");
    // From here on the body is read in any case: kept, or counted and dropped.
    request.on("data", (chunk: Buffer) => this.#onData(chunk));
    request.on("end", () => this.#onEnd());
    request.on("close", () => this.#onClose());
  }

  /** Stops caring: the rest is dropped as it arrives. */
  cancel(): void {
    this.#onDone = undefined;
    this.#bytes = undefined;
  }

  #onData(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#onDone === undefined) return;
    if (this.#length > this.#limits.maxBytes) this.#finish("too large");
    else this.#append(chunk);
  }

  // Chunks are copied together: a body of one-byte chunks must not become a list of a million buffers, each of which would also
  // hold on to the 64 KiB that it was cut from. The usual body comes in one chunk and is not copied.
  #append(chunk: Buffer): void {
    const start = this.#length - chunk.length;
    if (this.#bytes === undefined) {
      this.#bytes = chunk;
      return;
    }
    if (this.#bytes.length < this.#length) {
      const capacity = Math.max(FIRST_CAPACITY, this.#length, Math.min(start * 2, this.#limits.maxBytes));
      const larger = Buffer.allocUnsafe(capacity);
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, start);
  }

  #onEnd(): void {
    this.#deadlines.clear(this.#alarm);
    this.#finish("complete", this.#bytes?.subarray(0, this.#length));
  }

  #onClose(): void {
    this.#deadlines.clear(this.#alarm);
    this.#finish("aborted");
  }

  // A body that still trickles after its answer was given is cut off.
  #onDeadline(): void {
    if (this.#onDone === undefined) this.#request.destroy();
    else this.#finish("too slow");
  }

  #finish(outcome: BodyOutcome, bytes: Buffer = NOTHING): void {
    const onDone = this.#onDone;
    this.cancel();
    onDone?.(outcome, bytes);
  }
}
