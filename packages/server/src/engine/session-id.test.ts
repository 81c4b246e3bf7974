import { expect, test } from "vitest";
import { generateSessionId } from "./session-id.js";

test("S26 ids are 128 random bits in URL-safe characters, all different", () => {
  const ids = Array.from({ length: 10_000 }, () => generateSessionId());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  // Each bit is set in about half of the ids: no counter, no clock, no constant.
  const bits = new Array<number>(128).fill(0);
  for (const id of ids) {
    for (const [index, byte] of Buffer.from(id, "base64url").entries()) {
      for (let bit = 0; bit < 8; bit++) bits[index * 8 + bit]! += (byte >> bit) & 1;
    }
  }
  for (const count of bits) expect(Math.abs(count - 5000)).toBeLessThan(350);
});
