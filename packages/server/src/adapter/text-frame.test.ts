import { describe, expect, it } from "vitest";
import { frameText } from "./text-frame.js";

describe("frameText", () => {
  it.each([
    [1, "8102"],
    [124, "817d"],
    [125, "817e007e"],
    [65_534, "817effff"],
    [65_535, "817f0000000000010000"],
  ])("frames a message of %i characters as RFC 6455 says", (length, header) => {
    const [head, payload] = frameText("x".repeat(length));
    expect(head.toString("hex")).toBe(header);
    expect(payload.toString()).toBe(`4${"x".repeat(length)}`);
  });

  it("counts bytes, not characters", () => {
    const [head, payload] = frameText("ü");
    expect([...head]).toEqual([0x81, 3]);
    expect(payload).toHaveLength(3);
  });
});
