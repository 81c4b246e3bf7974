// Every wait of the engine has an end, and ten thousand of them share a few timers. All deadlines of one duration form one
// queue in the order they were set, which is the order they fall due; so one timer for its head serves a whole queue, and
// setting, renewing and clearing one costs a few pointer writes. Called by the heartbeat, the upgrade and the transports.
import { clearTimeout, setImmediate, setTimeout } from "node:timers";

/** Where the time comes from. The functions are those of the `timers` module: replaced globals do not reach them. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  setImmediate(callback: () => void): void;
}

const systemClock: Clock = {
  // Monotonic, and whole so that it stays a small integer in memory.
  now: () => Math.floor(performance.now()),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setImmediate: (callback) => void setImmediate(callback),
};

/** Something with an end. It waits in one queue at a time; the links are in the object itself, so a wait allocates nothing. */
export abstract class Deadline {
  /** @internal */ queue: DeadlineQueue | undefined = undefined;
  /** @internal */ previous: Deadline | undefined = undefined;
  /** @internal */ next: Deadline | undefined = undefined;
  /** @internal */ dueMs = 0;

  /** The time is over. The deadline is no longer set; it may be set again here. */
  abstract onDeadline(): void;
}

/** A deadline that calls a function; for waits too rare to deserve a class of their own. */
export class Alarm extends Deadline {
  readonly #callback: () => void;

  constructor(callback: () => void) {
    super();
    this.#callback = callback;
  }

  override onDeadline(): void {
    this.#callback();
  }
}

class DeadlineQueue {
  readonly #durationMs: number;
  readonly #clock: Clock;
  #head: Deadline | undefined;
  #tail: Deadline | undefined;
  #timer: unknown;
  #expiring = false;

  constructor(durationMs: number, clock: Clock) {
    this.#durationMs = durationMs;
    this.#clock = clock;
  }

  push(deadline: Deadline): void {
    const nowMs = this.#clock.now();
    deadline.queue = this;
    deadline.dueMs = nowMs + this.#durationMs;
    deadline.previous = this.#tail;
    if (this.#tail === undefined) this.#head = deadline;
    else this.#tail.next = deadline;
    this.#tail = deadline;
    if (this.#timer === undefined && !this.#expiring) this.#arm(nowMs);
  }

  remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    deadline.queue = deadline.previous = deadline.next = undefined;
    // Only an empty queue gives its timer back. Otherwise it fires for the old head, a bit early, and looks again.
    if (this.#head === undefined && this.#timer !== undefined) {
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  #arm(nowMs: number): void {
    if (this.#head === undefined) return;
    this.#timer = this.#clock.setTimeout(this.#onTimer, Math.max(1, this.#head.dueMs - nowMs));
  }

  // After a stall of the event loop the timers come before the network: an answer that did arrive in time is still unread.
  // One immediate later it has been read, and has cleared its deadline.
  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#expiring = true;
    this.#clock.setImmediate(this.#expire);
  };

  readonly #expire = (): void => {
    const nowMs = this.#clock.now();
    try {
      while (this.#head !== undefined && this.#head.dueMs <= nowMs) {
        const deadline = this.#head;
        this.remove(deadline);
        deadline.onDeadline();
      }
    } finally {
      // A listener that throws is the process's affair, but no reason to keep the others waiting for ever.
      this.#expiring = false;
      this.#arm(this.#clock.now());
    }
  };
}

/** All the deadlines of one engine. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #queues = new Map<number, DeadlineQueue>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Sets the deadline `durationMs` from now; one that was set already is moved. */
  set(deadline: Deadline, durationMs: number): void {
    deadline.queue?.remove(deadline);
    let queue = this.#queues.get(durationMs);
    if (queue === undefined) this.#queues.set(durationMs, (queue = new DeadlineQueue(durationMs, this.#clock)));
    queue.push(deadline);
  }

  clear(deadline: Deadline): void {
    deadline.queue?.remove(deadline);
  }
}
