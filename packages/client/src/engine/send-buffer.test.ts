import { describe, expect, it } from "vitest";
import { SendBuffer, makePacket, sizeOf, type QueuedPacket } from "./send-buffer.js";

function filled(...texts: string[]): SendBuffer {
  const buffer = new SendBuffer();
  for (const data of texts)
    buffer.add({ type: "message", data, byteLength: sizeOf(data), isVolatile: false, isBinary: false });
  return buffer;
}

describe("a send buffer", () => {
  it("keeps what was taken until it has drained", () => {
    const buffer = filled("a", "bb");
    expect(buffer.take().map(({ data }) => data)).toEqual(["a", "bb"]);
    buffer.add({ type: "message", data: "c", byteLength: 1, isVolatile: false, isBinary: false });
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

  it("is empty, with nothing under way, after all was replaced by nothing", () => {
    const buffer = filled("a", "b");
    buffer.take();
    buffer.reset([]);
    expect([buffer.packets, buffer.bytes, buffer.drained()]).toEqual([[], 0, false]);
  });

  it("tells messages that no transport has had from all others", () => {
    const buffer = filled("a", "b");
    buffer.add(makePacket("ping", "0"));
    buffer.take(3).forEach((packet) => (packet.isSent = true));
    expect(buffer.unsent.map(({ data }) => data)).toEqual(["b"]);
  });

  it("puts a replay before what waits, all of it still to leave", () => {
    const buffer = filled("c");
    buffer.take();
    buffer.replay([makePacket("message", "aa"), makePacket("message", "b")]);
    expect([buffer.packets.map(({ data }) => data), buffer.bytes, buffer.drained()]).toEqual([
      ["aa", "b", "c"],
      4,
      false,
    ]);
  });

  it("leaves out attachments that wait for a message which is left out, and only those", () => {
    const volatile = { volatile: true };
    const gap = { ...makePacket("noop", "+1"), skipped: 1 };
    const waiting = (): SendBuffer => {
      const buffer = new SendBuffer();
      for (const data of [Buffer.from("x"), Buffer.from("y"), "next", Buffer.from("z")])
        buffer.add(makePacket("message", data, volatile));
      return buffer;
    };
    const lengthAfter = (buffer: SendBuffer, ...packets: QueuedPacket[]): number => {
      buffer.replay(packets);
      return buffer.packets.length - packets.length;
    };
    expect(lengthAfter(waiting(), gap)).toBe(2);
    expect(lengthAfter(waiting(), gap, makePacket("message", "a"))).toBe(4);
    expect(lengthAfter(waiting())).toBe(4);
    const allVolatile = new SendBuffer();
    allVolatile.add(makePacket("message", Buffer.from("x"), volatile));
    expect(lengthAfter(allVolatile, gap)).toBe(0);
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
