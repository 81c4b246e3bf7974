// Backoff: the series of delays between attempts to reconnect. It doubles, is jittered so that a thousand clients of a
// restarted server do not come back in step, and stays under a cap. Called by Reconnection.
import type { SettingValues } from "./manager-settings.js";

/** Read at each delay, since users may change them. */
export type BackoffSettings = Pick<SettingValues, "reconnectionDelay" | "reconnectionDelayMax" | "randomizationFactor">;

export class Backoff {
  /** How many delays were drawn since the last reset. */
  attempts = 0;
  readonly #settings: BackoffSettings;

  constructor(settings: BackoffSettings) {
    this.#settings = settings;
  }

  /**
   * The delay before the next attempt, in whole milliseconds. It is capped before the jitter as well as after, so that
   * clients that have reached the cap still spread out.
   */
  next(): number {
    const { reconnectionDelay, reconnectionDelayMax: maxMs, randomizationFactor: jitter } = this.#settings;
    const delayMs = Math.min(reconnectionDelay * Math.pow(2, this.attempts++), maxMs);
    return Math.floor(Math.min(delayMs * (1 + jitter * (2 * Math.random() - 1)), maxMs));
  }

  reset(): void {
    this.attempts = 0;
  }
}
