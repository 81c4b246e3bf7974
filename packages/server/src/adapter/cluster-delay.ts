// Delays as they come from callers and from other servers, made safe for setTimeout, which takes one that is too long
// for one of a millisecond. Used wherever the cluster adapters wait.

/** How long answers of other servers are waited for, unless a caller says otherwise. */
export const DEFAULT_TIMEOUT_MS = 5_000;

const MAX_DELAY_MS = 2 ** 31 - 1;

/** `ms` within what a timer can do; the default where it is no number. */
export function clampDelay(ms: unknown): number {
  if (typeof ms !== "number" || Number.isNaN(ms)) return DEFAULT_TIMEOUT_MS;
  return Math.min(Math.max(ms, 0), MAX_DELAY_MS);
}
