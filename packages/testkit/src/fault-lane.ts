// FaultLane: one direction of one proxied connection. Chunks wait in a queue, each with the time it is due, and leave in
// order. FaultProxy owns two of them for each connection.
import type { Socket } from "node:net";
import type { HttpWatch } from "./http-watch.js";
import type { Toxics } from "./toxics.js";

/** More than this waiting, and the lane stops reading: the sender feels the backpressure, as with a real network. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

interface Waiting {
  chunk: Buffer;
  dueAt: number;
}

/** What the two lanes of a connection share. */
export interface LaneContext {
  readonly toxics: Readonly<Toxics>;
  readonly watch: HttpWatch;
  /** The connection is to be reset. */
  reset(): void;
  /** The connection has begun to carry something that is blocked. */
  onBlocked(): void;
  /** An answer that `answersTo` is about has begun; false if it is one of those that pass. */
  takesAnswer(): boolean;
}

export class FaultLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #toxics: Readonly<Toxics>;
  readonly #context: LaneContext;
  readonly #direction: "up" | "down";
  /** Stopped by itself, whatever the toxics say. */
  isStranded = false;
  readonly #queue: Waiting[] = [];
  #queuedBytes = 0;
  #passedBytes = 0;
  #lastDueAt = 0;
  /** An answer is held back until then, whatever becomes of the other toxics. */
  #heldUntil = 0;
  #ended = false;
  /** It is about to be reset: nothing goes through any more. */
  #isCut = false;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  constructor(from: Socket, to: Socket, direction: "up" | "down", context: LaneContext) {
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    this.#toxics = context.toxics;
    this.#context = context;
    from.on("data", (chunk: Buffer) => {
      this.#take(chunk);
    });
    from.on("end", () => {
      this.end();
    });
    to.on("drain", () => {
      this.poke();
    });
  }

  /** Something changed (toxics, room in the target): look at the queue again. */
  poke(): void {
    this.#cancelTimer();
    this.#hurry();
    this.#pump();
  }

  /** What waits for a line that has become faster does not wait as for the old one. */
  #hurry(): void {
    const { latencyMs, jitterMs, bytesPerSecond } = this.#toxics;
    if (bytesPerSecond > 0) return;
    const latest = Math.max(performance.now() + latencyMs + jitterMs, this.#heldUntil);
    for (const waiting of this.#queue) waiting.dueAt = Math.min(waiting.dueAt, latest);
    this.#lastDueAt = Math.min(this.#lastDueAt, latest);
  }

  /** No more bytes: the target gets a FIN when the queue is empty. */
  end(): void {
    this.#ended = true;
    this.poke();
  }

  /** The connection is gone: forget everything. */
  drop(): void {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#cancelTimer();
  }

  /** Bytes that went through. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  #take(chunk: Buffer): void {
    if (this.#isCut) return;
    const { watch } = this.#context;
    if (this.#direction === "up") {
      watch.read(chunk);
      if (isBlocked(this.#toxics, watch)) this.#context.onBlocked();
    } else if (watch.answer() && this.#toxics.answersTo === watch.carried && this.#context.takesAnswer()) {
      const { answerDelayMs } = this.#toxics;
      if (answerDelayMs === Infinity) {
        this.drop();
        this.#context.reset();
        return;
      }
      this.#heldUntil = performance.now() + answerDelayMs;
      this.#lastDueAt = Math.max(this.#lastDueAt, this.#heldUntil);
    }
    const { latencyMs, jitterMs, bytesPerSecond } = this.#toxics;
    const arrival = performance.now() + latencyMs + Math.random() * jitterMs;
    const sending = bytesPerSecond > 0 ? (chunk.length / bytesPerSecond) * 1_000 : 0;
    this.#lastDueAt = Math.max(this.#lastDueAt, arrival) + sending;
    this.#queue.push({ chunk, dueAt: this.#lastDueAt });
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#from.pause();
    this.#pump();
  }

  #pump(): void {
    const { frozen } = this.#toxics;
    if (this.#isCut || this.#timer !== undefined || this.isStranded || frozen === true || frozen === this.#direction)
      return;
    while (this.#queue.length > 0) {
      if (this.#to.destroyed || this.#to.writableEnded) {
        this.drop();
        return;
      }
      const [next] = this.#queue;
      if (next === undefined || this.#to.writableNeedDrain) return;
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(this.#resume, waitMs);
        return;
      }
      this.#pass(next);
      if (this.#toxics.sliceBytes > 0 && this.#queue.length > 0) {
        // A turn of the loop between two slices makes them two segments, two reads on the other side.
        this.#timer = setImmediate(this.#resume);
        return;
      }
    }
    if (this.#ended && !this.#to.writableEnded) this.#to.end();
  }

  readonly #resume = (): void => {
    this.#timer = undefined;
    this.#pump();
  };

  /** The next bytes leave: all of what came at once, or a slice of it; and no more than may go through at all. */
  #pass(next: Waiting): void {
    const { sliceBytes } = this.#toxics;
    const size = sliceBytes > 0 ? Math.min(sliceBytes, next.chunk.length) : next.chunk.length;
    const piece = next.chunk.subarray(0, size);
    if (size === next.chunk.length) this.#queue.shift();
    else next.chunk = next.chunk.subarray(size);
    this.#queuedBytes -= size;
    const left = this.#leftBytes();
    if (size > left) {
      this.#isCut = true;
      this.drop();
      this.#passedBytes += left;
      this.#to.write(piece.subarray(0, left), () => this.#context.reset());
      return;
    }
    this.#passedBytes += size;
    this.#to.write(piece);
    if (this.#queuedBytes < MAX_QUEUED_BYTES / 2) this.#from.resume();
  }

  /** What may still go through before the connection is reset. */
  #leftBytes(): number {
    const { resetAfterBytes, resetDirection, resetsTunnelsOnly } = this.#toxics;
    if (resetAfterBytes === 0 || (resetDirection !== "both" && resetDirection !== this.#direction)) return Infinity;
    if (resetsTunnelsOnly && this.#context.watch.carried !== "websocket") return Infinity;
    return Math.max(0, resetAfterBytes - this.#passedBytes);
  }

  #cancelTimer(): void {
    if (this.#timer === undefined) return;
    // A timer of either kind: each clear function ignores what is not its own.
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
    this.#timer = undefined;
  }
}

/** Whether a connection carries what is blocked. */
export function isBlocked({ block }: Readonly<Toxics>, { carried }: HttpWatch): boolean {
  return block !== "" && carried !== "" && (carried === "websocket") === (block === "websocket");
}
