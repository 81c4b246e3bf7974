// TestClock: time that stands still until a test moves it, for tests of pure timing. It has the shape of the clock that the
// engine's deadlines take.
interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class TestClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();
  #immediates: (() => void)[] = [];

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  setImmediate(callback: () => void): void {
    this.#immediates.push(callback);
  }

  /** Moves on; timers fire in order, immediates behind each. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#timers.delete(next);
      next.callback();
      this.runImmediates();
    }
    this.#nowMs = endMs;
  }

  /** The event loop stalls: time passes and nothing runs. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  /** The timer phase alone, without the immediates behind it. */
  fireTimers(): void {
    for (const timer of [...this.#timers]) {
      if (timer.dueMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }

  runImmediates(): void {
    while (this.#immediates.length > 0) {
      const callbacks = this.#immediates;
      this.#immediates = [];
      for (const callback of callbacks) callback();
    }
  }
}
