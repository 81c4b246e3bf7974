// Backoff: the series of delays between attempts to reconnect. It doubles, is jittered so that a thousand clients of a
// restarted server do not come back in step, and stays under a cap. Called by the Manager.
import type { SettingValues } from "./manager-settings.js";

/** Read at each delay, since users may change them. */
export type BackoffSettings = Pick<SettingValues, "reconnectionDelay" | "reconnectionDelayMax" | "randomizationFactor">;

/**
 * The delay before an attempt, the first of a series being number 0, in whole milliseconds. It is capped before the jitter as well as
 * after, so that clients that have reached the cap still spread out.
 */
export function backoff(settings: BackoffSettings, attempt: number): number {
  const { reconnectionDelay, reconnectionDelayMax: maxMs, randomizationFactor: jitter } = settings;
  const delayMs = Math.min(reconnectionDelay * 2 ** attempt, maxMs);
  return Math.floor(Math.min(delayMs * (1 + jitter * (2 * Math.random() - 1)), maxMs));
}
