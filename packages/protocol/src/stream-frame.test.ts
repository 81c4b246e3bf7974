// The framing of byte streams against the published stream codec of engine.io-parser, cut at every byte, and beyond its limits.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  StreamFrameReader,
  createPacketDecoderStream,
  createPacketEncoderStream,
  streamHeaderBytes,
  writeStreamHeader,
} from "@everwire/protocol";

interface Frame {
  payload: Uint8Array;
  isBinary: boolean;
}

function frame(payload: Uint8Array, isBinary = false): Uint8Array {
  const bytes = new Uint8Array(streamHeaderBytes(payload.length) + payload.length);
  bytes.set(payload, writeStreamHeader(bytes, 0, payload.length, isBinary));
  return bytes;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function collect(maxBytes = 1_000_000): { reader: StreamFrameReader; frames: Frame[] } {
  const frames: Frame[] = [];
  const reader = new StreamFrameReader(maxBytes, (payload, isBinary) => {
    frames.push({ payload: Uint8Array.from(payload), isBinary });
  });
  return { reader, frames };
}

async function through(stream: TransformStream, ...chunks: unknown[]): Promise<unknown[]> {
  const writer = stream.writable.getWriter();
  void Promise.all(chunks.map((chunk) => writer.write(chunk)))
    .then(() => writer.close())
    .catch(() => undefined);
  const out: unknown[] = [];
  const reader = stream.readable.getReader();
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value: unknown };
    if (done) return out;
    out.push(value);
  }
}

/** Lengths on both sides of each form of the header. */
const LENGTHS = [1, 2, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 70_000];

describe("stream frames", () => {
  it.each(LENGTHS)("have the header that the published codec writes (%i bytes)", async (length) => {
    const data = new Uint8Array(length);
    const [header] = await through(createPacketEncoderStream(), { type: "message", data });
    const bytes = new Uint8Array(9);
    const end = writeStreamHeader(bytes, 0, length, true);
    expect(bytes.subarray(0, end)).toEqual(header);
    expect(end).toBe(streamHeaderBytes(length));
  });

  it("write a length of more than 32 bits", () => {
    const bytes = new Uint8Array(9);
    writeStreamHeader(bytes, 0, 0x1f_0203_0405_0607, false);
    expect([...bytes]).toEqual([127, 0, 0x1f, 2, 3, 4, 5, 6, 7]);
  });

  it.each(LENGTHS)("are what the published codec reads (%i bytes)", async (length) => {
    const data = new Uint8Array(length).fill(7);
    const packets = await through(createPacketDecoderStream(1_000_000, "nodebuffer"), frame(data, true));
    expect(packets).toEqual([{ type: "message", data: Buffer.from(data) }]);
  });

  it("are read whole, whichever byte the stream is cut at", () => {
    const sent = [
      frame(Buffer.from("4hello")),
      frame(new Uint8Array(200).fill(1), true),
      frame(Buffer.from("2")),
      frame(new Uint8Array(130).fill(2)),
    ];
    const bytes = join(...sent);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { reader, frames } = collect();
      expect(reader.read(bytes.subarray(0, cut)) && reader.read(bytes.subarray(cut))).toBe(true);
      expect(frames.map(({ payload, isBinary }) => frame(payload, isBinary))).toEqual(sent);
    }
  });

  it("are read from single bytes, the longest header included", () => {
    const { reader, frames } = collect();
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    for (const byte of frame(payload, true)) expect(reader.read(Uint8Array.of(byte))).toBe(true);
    expect(frames).toEqual([{ payload, isBinary: true }]);
  });

  it("come out as they went in, however the stream is cut", () => {
    const piece = fc.record({ payload: fc.uint8Array({ minLength: 1, maxLength: 300 }), isBinary: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat({ max: 2_500 }), { maxLength: 12 }),
        (sent, cuts) => {
          const bytes = join(...sent.map(({ payload, isBinary }) => frame(payload, isBinary)));
          const { reader, frames } = collect();
          let start = 0;
          for (const cut of [...cuts].sort((one, other) => one - other)) {
            expect(reader.read(bytes.subarray(start, cut))).toBe(true);
            start = Math.max(start, Math.min(cut, bytes.length));
          }
          expect(reader.read(bytes.subarray(start))).toBe(true);
          expect(frames).toEqual(
            sent.map(({ payload, isBinary }) => ({ payload: Uint8Array.from(payload), isBinary })),
          );
        },
      ),
    );
  });

  it.each([
    ["empty text", [0]],
    ["empty binary", [0x80]],
    ["empty in two bytes", [126, 0, 0]],
    ["empty in eight bytes", [127, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["over the limit", [11]],
    ["over the limit in two bytes", [126, 0, 11]],
    ["over the limit in eight bytes", [255, 0, 0, 0, 0, 0, 0, 0, 11]],
    ["over 2^53", [127, 0, 32, 0, 0, 0, 0, 0, 0]],
    ["of 64 bits", [127, 255, 255, 255, 255, 255, 255, 255, 255]],
  ])("are refused on their header: %s", (_what, header) => {
    expect(collect(10).reader.read(Uint8Array.from(header))).toBe(false);
    const { reader, frames } = collect(10);
    const results = header.map((byte) => reader.read(Uint8Array.of(byte)));
    expect(results.at(-1)).toBe(false);
    expect(results.slice(0, -1)).not.toContain(false);
    expect(frames).toEqual([]);
  });

  it("are read up to the limit, and what came before a bad one is not lost", () => {
    const { reader, frames } = collect(10);
    expect(reader.read(join(frame(new Uint8Array(10)), Uint8Array.of(11)))).toBe(false);
    expect(frames).toHaveLength(1);
  });

  it("may have a longer header than they need", () => {
    const { reader, frames } = collect();
    expect(reader.read(Uint8Array.from([126, 0, 1, 50, 255, 0, 0, 0, 0, 0, 0, 0, 1, 9]))).toBe(true);
    expect(frames).toEqual([
      { payload: Uint8Array.of(50), isBinary: false },
      { payload: Uint8Array.of(9), isBinary: true },
    ]);
  });

  it("take no memory for what is only announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 1_000 }, () => {
      const { reader } = collect();
      reader.read(Uint8Array.from([127, 0, 0, 0, 0, 0, 15, 66, 64, 1, 2, 3]));
      return reader;
    });
    expect(readers).toHaveLength(1_000);
    // A thousand times a megabyte was announced.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  it("have memory of their own, exactly as much as they need", () => {
    const chunk = join(frame(Buffer.from("4text")), frame(Uint8Array.of(1, 2, 3), true));
    const seen: Uint8Array[] = [];
    new StreamFrameReader(100, (payload) => seen.push(payload)).read(chunk);
    expect(seen.map(({ byteOffset, buffer }) => [byteOffset, buffer.byteLength])).toEqual([
      [0, 5],
      [0, 3],
    ]);
  });
});
