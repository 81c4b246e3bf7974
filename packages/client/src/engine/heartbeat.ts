// Heartbeat: the watch over the server's pings (Engine.IO protocol v4, "Heartbeat"): none in `pingInterval + pingTimeout`
// means that the connection is dead. The timer of a sleeping laptop or a background tab comes late, so the clock counts too.
import type { Timer, TimerFunctions } from "./timers.js";

/** A timer that is set to more runs at once. */
export const MAX_TIMER_MS = 0x7fffffff;

export class Heartbeat {
  readonly #timers: TimerFunctions;
  readonly #onExpired: () => void;
  #timer: Timer;
  #limitMs = 0;
  #deadline = Infinity;

  constructor(timers: TimerFunctions, onExpired: () => void) {
    this.#timers = timers;
    this.#onExpired = onExpired;
  }

  /** Starts the watch, or starts it anew with the same limit. */
  restart(limitMs = this.#limitMs): void {
    this.stop();
    this.#limitMs = Math.min(limitMs, MAX_TIMER_MS);
    this.#deadline = Date.now() + this.#limitMs;
    this.#timer = this.#timers.setTimeoutFn(this.#onExpired, this.#limitMs);
  }

  stop(): void {
    this.#timers.clearTimeoutFn(this.#timer);
    this.#deadline = Infinity;
  }

  /** Milliseconds by the clock since the server has been silent for too long, whether or not the timer has noticed; below 0 it has not. */
  get lateMs(): number {
    return Date.now() - this.#deadline;
  }
}
