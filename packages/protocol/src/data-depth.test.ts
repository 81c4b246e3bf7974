import { describe, expect, it } from "vitest";
import { isTooDeep } from "./data-depth.js";

const lists = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("isTooDeep", () => {
  it("allows the limit and refuses one level more", () => {
    for (const limit of [1, 3, 100]) {
      expect(isTooDeep(lists(limit), 0, limit)).toBe(false);
      expect(isTooDeep(lists(limit + 1), 0, limit)).toBe(true);
    }
  });

  it("counts levels, not containers", () => {
    expect(isTooDeep(`[${"[],".repeat(50)}{}]`, 0, 2)).toBe(false);
    expect(isTooDeep('{"a":{"b":1},"c":{"d":[]}}', 0, 3)).toBe(false);
    expect(isTooDeep('{"a":{"b":1},"c":{"d":[]}}', 0, 2)).toBe(true);
  });

  it("looks behind the offset only", () => {
    expect(isTooDeep(`${"[".repeat(50)}[1,2,3]`, 50, 1)).toBe(false);
  });

  it("ignores brackets in strings, with escaped quotes too", () => {
    expect(isTooDeep('["[[[[[[[["]', 0, 1)).toBe(false);
    expect(isTooDeep('["\\"[[[[[[[["]', 0, 1)).toBe(false);
    expect(isTooDeep('["\\\\\\"[[[[[[[["]', 0, 1)).toBe(false);
    expect(isTooDeep('["a\\\\",[1]]', 0, 1)).toBe(true);
  });

  it("ends at a string that does not", () => {
    expect(isTooDeep('["[[[[[[[[', 0, 1)).toBe(false);
    expect(isTooDeep('["[[[[[[\\"', 0, 1)).toBe(false);
  });

  it("takes linear time on quotes and backslashes", () => {
    const hostile = `["${'\\"'.repeat(500_000)}`;
    const started = performance.now();
    expect(isTooDeep(hostile, 0, 10)).toBe(false);
    expect(isTooDeep(`["${"\\".repeat(1_000_000)}"`, 0, 10)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
