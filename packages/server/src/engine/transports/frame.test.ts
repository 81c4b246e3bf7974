import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RawData } from "@everwire/protocol";
import { OutgoingPacket } from "../outgoing-packet.js";
import { encodeFrames, writeFrames } from "./frame.js";

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes frames apart by the book (RFC 6455 section 5.2). */
function parse(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    expect(bytes[offset]! & 0xf0).toBe(0x80);
    expect(bytes[offset + 1]! & 0x80).toBe(0);
    const opcode = bytes[offset]! & 0x0f;
    let length = bytes[offset + 1]! & 0x7f;
    offset += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(offset);
      expect(length).toBeGreaterThanOrEqual(126);
      offset += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(offset));
      expect(length).toBeGreaterThanOrEqual(65_536);
      offset += 8;
    }
    frames.push({ opcode, payload: bytes.subarray(offset, offset + length) });
    offset += length;
  }
  expect(offset).toBe(bytes.length);
  return frames;
}

function read(packets: readonly OutgoingPacket[], supportsBinary = true): (string | Buffer)[] {
  const frames = parse(Buffer.concat(encodeFrames(packets, supportsBinary)));
  return frames.map(({ opcode, payload }) => (opcode === 1 ? payload.toString("utf8") : payload));
}

const message = (data: RawData): OutgoingPacket => new OutgoingPacket("message", data);

/** Counts what reaches the other side as writes. */
class CountingStream extends Writable {
  writes = 0;
  bytes = 0;

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.writes += 1;
    this.bytes += chunk.length;
    callback();
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    this.writes += 1;
    for (const { chunk } of chunks) this.bytes += chunk.length;
    callback();
  }
}

describe("encodeFrames", () => {
  test.each([
    "",
    "a",
    "€",
    "x".repeat(124),
    "x".repeat(125),
    "é".repeat(62),
    "x".repeat(65_534),
    "x".repeat(65_535),
    "🎉".repeat(20_000),
  ])("writes a text of any length (%#)", (text) => {
    expect(read([message(text)])).toEqual([`4${text}`]);
    expect(read([message("before"), message(text), message("after")])).toEqual(["4before", `4${text}`, "4after"]);
  });

  test.each([0, 1, 125, 126, 65_535, 65_536, 200_000])("writes %i bytes of binary data bare", (length) => {
    const data = Buffer.alloc(length, 7);
    const [alone] = read([message(data)]);
    expect(data.equals(alone as Buffer)).toBe(true);
    const [before, between, after] = read([message("a"), message(data), message("b")]);
    expect([before, after]).toEqual(["4a", "4b"]);
    expect(data.equals(between as Buffer)).toBe(true);
  });

  test("takes every kind of binary data, a view by its own bytes", () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const inputs: [RawData, number[]][] = [
      [bytes.subarray(2, 4), [3, 4]],
      [new DataView(bytes.buffer, 4, 2), [5, 6]],
      [new Uint16Array(bytes.buffer, 2, 1), [3, 4]],
      [bytes.buffer, [...bytes]],
    ];
    for (const [data, expected] of inputs) expect(read([message(data)])).toEqual([Buffer.from(expected)]);
  });

  test("writes binary data as base64 text for clients that take none", () => {
    const data = Buffer.from([255, 0, 1]);
    expect(read([message(data)], false)).toEqual([`b${data.toString("base64")}`]);
    const large = Buffer.alloc(50_000, 9);
    expect(read([message("a"), message(large)], false)).toEqual(["4a", `b${large.toString("base64")}`]);
  });

  test("writes packets without data, and those of other types", () => {
    const packets = [new OutgoingPacket("ping"), new OutgoingPacket("pong", "probe"), new OutgoingPacket("noop")];
    expect(read(packets)).toEqual(["2", "3probe", "6"]);
  });

  test("gathers small frames in one buffer", () => {
    const pieces = encodeFrames(
      Array.from({ length: 100 }, (_, index) => message(`message ${index}`)),
      true,
    );
    expect(pieces).toHaveLength(1);
  });

  test("does not copy large binary data", () => {
    const data = Buffer.alloc(100_000);
    const pieces = encodeFrames([message("a"), message("b"), message(data), message("c"), message("d")], true);
    expect(pieces).toContain(data);
    expect(pieces).toHaveLength(4);
  });

  test("does not put a batch of any size into one buffer", () => {
    const pieces = encodeFrames(
      Array.from({ length: 1000 }, () => message("x".repeat(1000))),
      true,
    );
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(64 * 1024);
    expect(parse(Buffer.concat(pieces))).toHaveLength(1000);
  });

  test("builds the frame of a shared packet once, and hands out the same buffer", () => {
    const shared = message("to everybody");
    const [first, second, third] = [0, 1, 2].map(() => encodeFrames([shared], true)[0]);
    expect(second).toBe(third);
    expect(first).toEqual(second);
    expect(read([shared, message("x")])).toEqual(["4to everybody", "4x"]);
    expect(read([shared], false)).toEqual(["4to everybody"]);
  });

  test("puts a batch that many get together once, and no other in its place", () => {
    const [one, two, three] = ["one", "two", "three"].map((text) => message(text)) as [
      OutgoingPacket,
      OutgoingPacket,
      OutgoingPacket,
    ];
    const buffers = [0, 1, 2, 3].map(() => encodeFrames([one, two], true)[0]);
    expect(buffers[2]).toBe(buffers[3]);
    expect(buffers[0]).toEqual(buffers[3]);
    // The same length, the same beginning, a beginning of it, another order, and base64.
    expect(read([one, three])).toEqual(["4one", "4three"]);
    expect(read([one, three])).toEqual(["4one", "4three"]);
    expect(read([one, two, three])).toEqual(["4one", "4two", "4three"]);
    expect(read([two, one])).toEqual(["4two", "4one"]);
    expect(read([one, two])).toEqual(["4one", "4two"]);
    const bytes = [message(Buffer.from([1])), message(Buffer.from([2]))];
    for (let times = 0; times < 3; times++) expect(read(bytes)).toEqual([Buffer.from([1]), Buffer.from([2])]);
    expect(read(bytes, false)).toEqual(["bAQ==", "bAg=="]);
  });

  test("sends a ready frame as it is", () => {
    const frame = [Buffer.from([0x81, 2]), Buffer.from("4a")];
    const packet = new OutgoingPacket("message", "ignored", { compress: true, wsPreEncodedFrame: frame });
    expect(encodeFrames([packet], true)).toEqual(frame);
    expect(read([message("x"), packet, message("y")])).toEqual(["4x", "4a", "4y"]);
  });

  test("is undone by the reader, whatever the batch", () => {
    const length = fc.constantFrom(0, 1, 124, 125, 126, 127, 16_383, 16_384, 65_534, 65_535, 65_536);
    const data = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      length.map((count) => "y".repeat(count)),
      length.map((count) => new Uint8Array(count)),
    );
    // Text for comparison: that of a long buffer takes forever otherwise.
    const shown = (each: string | Buffer): string => (typeof each === "string" ? each : each.toString("base64"));
    fc.assert(
      fc.property(fc.array(data, { minLength: 1, maxLength: 12 }), (batch) => {
        const expected = batch.map((each) =>
          // A lone surrogate has no UTF-8 form and becomes the replacement character.
          typeof each === "string" ? `4${Buffer.from(each).toString()}` : Buffer.from(each).toString("base64"),
        );
        const packets = batch.map(message);
        expect(read(packets).map(shown)).toEqual(expected);
        expect(read(packets).map(shown)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe("writeFrames", () => {
  test("makes one write of a batch, large data included", () => {
    const stream = new CountingStream();
    const batch = [message("a"), message(Buffer.alloc(50_000)), message("b"), message("c")];
    writeFrames(stream, batch, true);
    expect(stream.writes).toBe(1);
    expect(stream.bytes).toBe(4 + 4 + 50_000 + 4 + 4);
  });

  test("tells when the socket wants its drain awaited", () => {
    const full = new Writable({ highWaterMark: 10, write: () => undefined });
    expect(writeFrames(full, [message("a")], true)).toBe(true);
    expect(writeFrames(full, [message("abcdefghijklm")], true)).toBe(false);
    const other = new Writable({ highWaterMark: 10, write: () => undefined });
    expect(writeFrames(other, [message("a"), message(Buffer.alloc(20_000)), message("b")], true)).toBe(false);
  });
});
