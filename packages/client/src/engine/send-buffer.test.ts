import { describe, expect, it } from "vitest";
import { SendBuffer, sizeOf } from "./send-buffer.js";

function filled(...texts: string[]): SendBuffer {
  const buffer = new SendBuffer();
  for (const data of texts) buffer.add({ type: "message", data, size: sizeOf(data) });
  return buffer;
}

describe("a send buffer", () => {
  it("keeps what was taken until it has drained", () => {
    const buffer = filled("a", "bb");
    expect(buffer.take().map(({ data }) => data)).toEqual(["a", "bb"]);
    buffer.add({ type: "message", data: "c", size: 1 });
    expect([buffer.packets.length, buffer.bytes]).toEqual([3, 4]);
    expect(buffer.drained()).toBe(true);
    expect(buffer.packets.map(({ data }) => data)).toEqual(["c"]);
    expect(buffer.bytes).toBe(1);
    expect(buffer.drained()).toBe(false);
    expect(buffer.packets).toHaveLength(1);
  });

  it.each([
    [1, 1],
    [3, 1],
    [4, 1],
    [5, 2],
    [7, 2],
    [8, 3],
    [Infinity, 3],
  ])("takes for a payload of %i bytes %i packets", (maxBytes, count) => {
    // "4aa", "4b", "4c" with separators: 3, 6 and 9 bytes would be one too many each.
    expect(filled("aa", "", "b").take(maxBytes)).toHaveLength(count);
  });

  it("is empty after clear", () => {
    const buffer = filled("a", "b");
    buffer.take();
    buffer.clear();
    expect([buffer.packets, buffer.bytes, buffer.drained()]).toEqual([[], 0, false]);
  });
});

describe("the size of data in a payload", () => {
  it.each(["", "abc", "é", "€", "😀", "a\ud800", "\udc00é😀€"])("is the UTF-8 length of %j", (text) => {
    expect(sizeOf(text)).toBe(Buffer.byteLength(text));
  });

  it.each([0, 1, 2, 3, 4, 1000])("is the base64 length of %i bytes", (length) => {
    const bytes = Buffer.alloc(length);
    const expected = bytes.toString("base64").length;
    expect(sizeOf(bytes)).toBe(expected);
    expect(sizeOf(new ArrayBuffer(length))).toBe(expected);
    expect(sizeOf(new Blob([bytes]))).toBe(expected);
  });

  it("is nothing without data", () => {
    expect(sizeOf(undefined)).toBe(0);
  });
});
