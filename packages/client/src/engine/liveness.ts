// Liveness: notices within seconds that a connection is half-open, which the heartbeat does within a minute. When messages went to
// and fro and then nothing is heard, the server is asked once; an idle connection is left alone. For resumable sessions alone: a
// false alarm costs them little. Called by the session.
import type { Timer, TimerFunctions } from "./timers.js";

/** Silence after traffic that makes it ask: this long, up to twice. */
const QUIET_MS = 2_000;
/** For the answer. */
const ANSWER_MS = 5_000;
/** And longer for what is still on its way: the slowest link that is believed in, in bytes a millisecond. */
const SLOWEST_LINK = 16;

export class Liveness {
  readonly #timers: TimerFunctions;
  readonly #ask: () => number;
  readonly #onDead: () => void;
  #timer: Timer;
  #hasHeard = false;
  /** Messages left or came while it asked: the next silence counts too. */
  #hasTraffic = false;
  #isAsking = false;
  #answerMs = ANSWER_MS;

  /** `ask` sends a ping and returns how many bytes are not known to have arrived. */
  constructor(timers: TimerFunctions, ask: () => number, onDead: () => void) {
    this.#timers = timers;
    this.#ask = ask;
    this.#onDead = onDead;
  }

  /** Something came. */
  onHeard(): void {
    this.#hasHeard = true;
    if (!this.#isAsking) return;
    this.stop();
    this.#answerMs = Math.max(ANSWER_MS, this.#answerMs / 2);
    if (this.#hasTraffic) this.onTraffic();
  }

  /** A message left or came. */
  onTraffic(): void {
    this.#hasTraffic = true;
    if (this.#timer !== undefined) return;
    this.#hasTraffic = this.#hasHeard = false;
    this.#wait(QUIET_MS, () => {
      this.#timer = undefined;
      if (this.#hasHeard) this.onTraffic();
      else this.probe();
    });
  }

  /** Asks at once. */
  probe(): void {
    if (this.#isAsking) return;
    this.stop();
    this.#hasTraffic = false;
    this.#isAsking = true;
    const halfMs = (this.#answerMs + this.#ask() / SLOWEST_LINK) / 2;
    // In halves: a timer that is late because everything stood still must not run before what came meanwhile is read.
    this.#wait(halfMs, () =>
      this.#wait(halfMs, () => {
        // Perhaps one message took all that time to come: the next silence may last longer, lest that goes on and on.
        this.#answerMs *= 2;
        this.#onDead();
      }),
    );
  }

  stop(): void {
    this.#timers.clearTimeoutFn(this.#timer);
    this.#timer = undefined;
    this.#isAsking = false;
  }

  #wait(delayMs: number, callback: () => void): void {
    this.#timer = this.#timers.setTimeoutFn(callback, delayMs);
  }
}
