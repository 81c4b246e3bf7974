import { describe, expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.js";

describe("TokenBucket", () => {
  test("gives as many at once as it has for a second, and then no more", () => {
    const bucket = new TokenBucket(3, 0);
    expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([true, true, true, false]);
  });

  test("fills with time, up to its size", () => {
    const bucket = new TokenBucket(2, 0);
    bucket.take(0);
    bucket.take(0);
    expect(bucket.isFull(400)).toBe(false);
    expect([bucket.take(400), bucket.take(500), bucket.take(500)]).toEqual([false, true, false]);
    expect(bucket.isFull(60_000)).toBe(true);
    expect([1, 2, 3].map(() => bucket.take(60_000))).toEqual([true, true, false]);
  });
});
