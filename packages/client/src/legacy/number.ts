// What ES2015 put on Number, for engines that have nothing there.

/** 2^53 - 1. */
export const MAX_SAFE_INTEGER = 9007199254740991;

/** Number.isFinite. */
export function isFiniteNumber(value: unknown): boolean {
  return typeof value === "number" && isFinite(value);
}

/** Number.isSafeInteger. */
export function isSafeInteger(value: unknown): boolean {
  return (
    isFiniteNumber(value) && Math.abs(value as number) <= MAX_SAFE_INTEGER && Math.floor(value as number) === value
  );
}
