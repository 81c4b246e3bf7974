// Keeps what happens on this server in the order in which it was asked for, while a broadcast waits for the offset that
// publishing it gives. Waiting has a deadline, and what waits a cap in steps and bytes. Owned by a ClusterAdapter.
import { DEFAULT_TIMEOUT_MS } from "./cluster-delay.js";
import type { Offset } from "./cluster-message.js";

interface Step {
  readonly run: (offset: Offset | undefined) => void;
  readonly dueMs: number;
  readonly bytes: number;
  offset: Offset | undefined;
  isReady: boolean;
}

export interface OrderLimits {
  maxSteps?: number;
  maxBytes?: number;
  timeoutMs?: number;
}

export class ClusterOrder {
  readonly #limits: Required<OrderLimits>;
  readonly #onError: (error: unknown) => void;
  #steps: Step[] = [];
  #bytes = 0;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onError is given what a step throws that had to wait, for its caller is gone. */
  constructor(onError: (error: unknown) => void, limits: OrderLimits = {}) {
    this.#onError = onError;
    this.#limits = { maxSteps: 10_000, maxBytes: 32 * 1024 * 1024, timeoutMs: DEFAULT_TIMEOUT_MS, ...limits };
  }

  /** Whether a step would have to wait for others. */
  get isBusy(): boolean {
    return this.#steps.length > 0;
  }

  /** Runs `run` at once, or behind what is waiting. */
  run(run: () => void): void {
    if (this.isBusy) this.#add({ run, dueMs: 0, bytes: 0, offset: undefined, isReady: true });
    else run();
  }

  /** Runs `run` with the offset, when it is known and all before it ran; without one if it does not come in time. */
  runAfter(offset: Promise<Offset | undefined>, bytes: number, run: (offset: Offset | undefined) => void): void {
    const dueMs = performance.now() + this.#limits.timeoutMs;
    const step: Step = { run, dueMs, bytes, offset: undefined, isReady: false };
    this.#add(step);
    const onReady = (value: Offset | undefined): void => {
      step.offset = value;
      step.isReady = true;
      this.#drain();
    };
    offset.then(onReady, () => onReady(undefined));
  }

  /** Runs everything that waits, now. */
  flush(): void {
    for (const step of this.#steps) step.isReady = true;
    this.#drain();
  }

  #add(step: Step): void {
    this.#steps.push(step);
    this.#bytes += step.bytes;
    this.#release();
    this.#drain();
  }

  // Over the caps the first go without the offset that they wait for.
  #release(): void {
    let excessSteps = this.#steps.length - this.#limits.maxSteps;
    let excessBytes = this.#bytes - this.#limits.maxBytes;
    for (const step of this.#steps) {
      if (excessSteps <= 0 && excessBytes <= 0) return;
      step.isReady = true;
      excessSteps--;
      excessBytes -= step.bytes;
    }
  }

  #drain(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    let done = 0;
    // A step may add others: they come last, and run in the same turn if they are ready.
    for (let step = this.#steps[0]; step?.isReady === true; step = this.#steps[done]) {
      done++;
      this.#bytes -= step.bytes;
      try {
        step.run(step.offset);
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#steps = this.#steps.slice(done);
    this.#isRunning = false;
    this.#schedule();
  }

  // All wait equally long, so the first is always the next that is due.
  #schedule(): void {
    const [first] = this.#steps;
    if (first === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        const nowMs = performance.now();
        for (const step of this.#steps) {
          if (step.dueMs > nowMs) break;
          step.isReady = true;
        }
        this.#drain();
      },
      Math.max(0, Math.ceil(first.dueMs - performance.now())),
    );
    this.#timer.unref();
  }
}
