// Reconnection: the wait between two attempts to open the session, and how many there may be. It ends with the timer, or
// at once when the browser says that the network or the page is back. Called by the Manager, which makes the attempt.
import { listenToWake } from "#platform";
import { Backoff, type BackoffSettings } from "./backoff.js";
import type { TimerFunctions } from "./engine/timers.js";

export class Reconnection {
  readonly #backoff: Backoff;
  readonly #timers: TimerFunctions;
  /** Ends the wait with the attempt. */
  readonly hurry: () => void;
  #timer: unknown;
  #unlisten: (() => void) | undefined;

  constructor(settings: BackoffSettings, timers: TimerFunctions, onRetry: (attempt: number) => void) {
    this.#backoff = new Backoff(settings);
    this.#timers = timers;
    this.hurry = () => {
      this.stop();
      onRetry(this.attempts);
    };
  }

  /** How many waits were begun since the last reset: not 0 means that the loop is running. */
  get attempts(): number {
    return this.#backoff.attempts;
  }

  /** `lateMs`: that much of the wait, if above 0, the page has slept through. */
  wait(lateMs = 0): void {
    this.#timer = this.#timers.setTimeoutFn(this.hurry, this.#backoff.next() - Math.max(0, lateMs));
    this.#unlisten = listenToWake(this.hurry);
  }

  /** Ends the wait without an attempt. */
  stop(): void {
    this.#timers.clearTimeoutFn(this.#timer);
    this.#unlisten?.();
  }

  /** The session is open, or nobody wants it: the next series begins with the shortest wait. */
  reset(): void {
    this.stop();
    this.#backoff.reset();
  }
}
