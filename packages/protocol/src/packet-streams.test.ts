// The stream codecs of the Engine.IO parser that this package hands on for WebTransport: its framing and its limits.
import { describe, expect, it } from "vitest";
import { createPacketDecoderStream, createPacketEncoderStream } from "@everwire/protocol";

async function transformed(stream: TransformStream, ...chunks: unknown[]): Promise<unknown[]> {
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

const decoded = (...bytes: number[]): Promise<unknown[]> =>
  transformed(createPacketDecoderStream(1_000_000, "nodebuffer"), Uint8Array.from(bytes));

describe("packet streams", () => {
  it("put one byte of length before short packets, with the top bit for binary", async () => {
    const out = await transformed(
      createPacketEncoderStream(),
      { type: "message", data: "1€" },
      { type: "message", data: Uint8Array.from([1, 2, 3]) },
    );
    expect(out).toEqual([
      Uint8Array.of(5),
      Uint8Array.of(52, 49, 226, 130, 172),
      Uint8Array.of(131),
      Uint8Array.of(1, 2, 3),
    ]);
  });

  it("put 126 and two bytes, or 127 and eight, before longer ones", async () => {
    const [medium, , large] = await transformed(
      createPacketEncoderStream(),
      { type: "message", data: new Uint8Array(12_345) },
      { type: "message", data: new Uint8Array(123_456) },
    );
    expect(medium).toEqual(Uint8Array.of(254, 48, 57));
    expect(large).toEqual(Uint8Array.of(255, 0, 0, 0, 0, 0, 1, 226, 64));
  });

  it("read what they wrote, however it is cut", async () => {
    const frames = (await transformed(createPacketEncoderStream(), { type: "message", data: "hello" })) as Uint8Array[];
    const bytes = frames.flatMap((frame) => [...frame]);
    const chunks = bytes.map((byte) => Uint8Array.of(byte));
    const packets = await transformed(createPacketDecoderStream(1_000, "nodebuffer"), ...chunks);
    expect(packets).toEqual([{ type: "message", data: "hello" }]);
  });

  it("give an error packet for a length of zero, over the limit, or beyond all numbers", async () => {
    const error = [{ type: "error", data: "parser error" }];
    expect(await decoded(0)).toEqual(error);
    expect(await transformed(createPacketDecoderStream(10, "arraybuffer"), Uint8Array.of(11))).toEqual(error);
    expect(await decoded(127, 0, 0, 0, 0, 0, 15, 66, 65)).toEqual(error);
    expect(await decoded(127, 1, 0, 0, 0, 0, 0, 0, 0)).toEqual(error);
  });
});
