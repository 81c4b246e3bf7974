import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Opcode, encodeFrame } from "@everwire/testkit";
import { FrameReader } from "./frame-reader.js";
import type { FrameSink } from "./frame-reader.js";

type Event = readonly [kind: "text" | "binary" | "ping" | "pong" | "close" | "violation", content: string | number];

const MAX_PAYLOAD = 300_000;

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Twice: memory of buffers that the first finds unused is given back in the background, until the second begins. */
function collectGarbage(): void {
  gc();
  gc();
}

/** Writes down what it is told. What it was given may change afterwards, so it copies. */
class Listener implements FrameSink {
  isReading = true;
  readonly events: Event[] = [];

  onText(bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    const text = bytes.toString("utf8", start, end);
    if (isAscii && text !== bytes.toString("latin1", start, end)) throw new Error("it was not ASCII");
    this.#note("text", text);
  }

  onBinary(data: Buffer): void {
    this.#note("binary", data.toString("latin1"));
  }

  onPing(data: Buffer): void {
    this.#note("ping", data.toString("latin1"));
  }

  onPong(data: Buffer): void {
    this.#note("pong", data.toString("latin1"));
  }

  onCloseFrame(code: number): void {
    this.#note("close", code);
    this.isReading = false;
  }

  onViolation(code: number): void {
    this.#note("violation", code);
    this.isReading = false;
  }

  #note(kind: Event[0], content: Event[1]): void {
    if (!this.isReading) throw new Error(`told of a ${kind} when nothing more was wanted`);
    this.events.push([kind, content]);
  }
}

function readerOf(maxPayload = MAX_PAYLOAD): { reader: FrameReader; listener: Listener } {
  const listener = new Listener();
  return { listener, reader: new FrameReader(listener, maxPayload) };
}

/** Hands the bytes on in pieces of these sizes, over and over; each is memory of its own, as what the network gives. */
function feed(reader: FrameReader, bytes: Buffer, sizes: readonly number[]): void {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = Math.min(bytes.length, start + (sizes[turn % sizes.length] ?? bytes.length));
    reader.read(Buffer.from(Uint8Array.prototype.slice.call(bytes, start, end).buffer));
    start = end;
  }
}

const lengths = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.constantFrom(124, 125, 126, 127, 128, 511, 512, 513, 65_534, 65_535, 65_536, 65_537),
  fc.integer({ min: 0, max: 2_000 }),
);
const ascii = lengths.map((length) => "abcdefg".repeat(Math.ceil(length / 7)).slice(0, length));
const unicode = fc.string({ unit: "grapheme", maxLength: 200 });
const control = fc.record({
  kind: fc.constantFrom<"ping" | "pong">("ping", "pong"),
  content: fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
});
const message = fc.record({
  kind: fc.constantFrom<"text" | "binary">("text", "binary"),
  content: fc.oneof(ascii, unicode),
  /** Where it is cut into frames, in parts of its length. */
  cuts: fc.oneof(fc.constant<number[]>([]), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 })),
  /** What comes between those frames. */
  between: fc.array(control, { maxLength: 2 }),
});

interface Stream {
  readonly bytes: Buffer;
  readonly events: readonly Event[];
}

const streams = fc.array(fc.oneof(message, control), { minLength: 1, maxLength: 8 }).map((items): Stream => {
  const frames: Buffer[] = [];
  const events: Event[] = [];
  const add = ({ kind, content }: { kind: "ping" | "pong"; content: string }): void => {
    frames.push(encodeFrame(Buffer.from(content, "latin1"), { opcode: kind === "ping" ? Opcode.PING : Opcode.PONG }));
    events.push([kind, content]);
  };
  for (const item of items) {
    if (!("cuts" in item)) {
      add(item);
      continue;
    }
    const content = Buffer.from(item.content);
    const ends = item.cuts.map((part) => Math.floor(part * content.length)).sort((a, b) => a - b);
    let start = 0;
    for (const [index, end] of [...ends, content.length].entries()) {
      const first = item.kind === "text" ? Opcode.TEXT : Opcode.BINARY;
      const opcode = index === 0 ? first : Opcode.CONTINUATION;
      frames.push(encodeFrame(content.subarray(start, end), { opcode, fin: index === ends.length }));
      if (index < ends.length) item.between.forEach(add);
      start = end;
    }
    events.push([item.kind, item.kind === "text" ? item.content : content.toString("latin1")]);
  }
  return { bytes: Buffer.concat(frames), events };
});

describe("whatever the stream is cut into", () => {
  test("the messages are the same, in their order", () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(streams, sizes, ({ bytes, events }, pieces) => {
        const { reader, listener } = readerOf();
        feed(reader, bytes, pieces);
        expect(listener.events).toEqual(events);
      }),
      { numRuns: 300 },
    );
  });

  test("every cut of a short stream gives the same", () => {
    const bytes = Buffer.concat([
      encodeFrame("é"),
      encodeFrame("", { opcode: Opcode.BINARY }),
      encodeFrame("a", { fin: false }),
      encodeFrame("ping", { opcode: Opcode.PING }),
      encodeFrame("x".repeat(130), { opcode: Opcode.CONTINUATION }),
      encodeFrame(Buffer.from([0x03, 0xe8]), { opcode: Opcode.CLOSE }),
      encodeFrame("behind"),
    ]);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second += 7) {
        const { reader, listener } = readerOf();
        for (const piece of [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
          feed(reader, piece, [piece.length]);
        expect(listener.events).toEqual([
          ["text", "é"],
          ["binary", ""],
          ["ping", "ping"],
          ["text", `a${"x".repeat(130)}`],
          ["close", 1000],
        ]);
      }
    }
  });
});

describe("random bytes", () => {
  // A header that is right more often than not, so that what is behind it is reached.
  const nearlyFrame = fc
    .record({
      payload: fc.uint8Array({ maxLength: 300 }),
      opcode: fc.oneof(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.integer({ min: 0, max: 15 })),
      fin: fc.boolean(),
      rsv1: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
      mask: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
      claim: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { freq: 10, nil: undefined }),
    })
    .map(({ payload, claim, ...options }) =>
      encodeFrame(payload, claim === undefined ? options : { ...options, claim }),
    );
  const garbage = fc
    .array(fc.oneof(nearlyFrame, fc.uint8Array({ maxLength: 40 })), { maxLength: 12 })
    .map((pieces) => Buffer.concat(pieces));

  test("throw nothing, and end in a wait, a close or one violation, however they are cut", () => {
    fc.assert(
      fc.property(garbage, fc.integer({ min: 1, max: 400 }), (bytes, size) => {
        const whole = readerOf(1_000);
        feed(whole.reader, bytes, [bytes.length]);
        const cut = readerOf(1_000);
        feed(cut.reader, bytes, [size]);
        expect(cut.listener.events).toEqual(whole.listener.events);
        const ends = whole.listener.events.filter(([kind]) => kind === "violation" || kind === "close");
        expect(ends).toHaveLength(whole.listener.isReading ? 0 : 1);
      }),
      { numRuns: 3_000 },
    );
  });
});

/** The limits of a message. */
describe("limits", () => {
  function violationOf(...frames: Buffer[]): unknown {
    const { reader, listener } = readerOf(1_000);
    feed(reader, Buffer.concat(frames), [10_000]);
    return listener.events.at(-1);
  }

  test("takes as many bytes as are allowed, and refuses one more on the header", () => {
    expect(violationOf(encodeFrame("a".repeat(1_000)))).toEqual(["text", "a".repeat(1_000)]);
    expect(violationOf(encodeFrame("", { claim: 1_001n }))).toEqual(["violation", 1009]);
    const first = encodeFrame("a".repeat(600), { fin: false });
    expect(violationOf(first, encodeFrame("", { opcode: 0, claim: 401n }))).toEqual(["violation", 1009]);
  });

  test.each([
    ["more bits than a length may have", [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1], 1002],
    ["64 bits", [0x82, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0], 1009],
    ["16 bits", [0x82, 0xfe, 0x10, 0], 1009],
  ])("refuses too long a length before the mask behind it has come: %s", (_name, header, code) => {
    const { listener, reader } = readerOf(1_000);
    feed(reader, Buffer.from(header), [1]);
    expect(listener.events).toEqual([["violation", code]]);
  });

  test("takes many fragments that bring something, and not as many that bring next to nothing", () => {
    const { reader, listener } = readerOf(4_000_000);
    reader.read(encodeFrame("a", { fin: false }));
    const fragment = encodeFrame("b".repeat(64), { fin: false, opcode: Opcode.CONTINUATION });
    for (let count = 0; count < 50_000; count++) reader.read(Buffer.from(fragment));
    reader.read(encodeFrame("", { opcode: Opcode.CONTINUATION }));
    expect(listener.events).toEqual([["text", `a${"b".repeat(64 * 50_000)}`]]);
    reader.read(encodeFrame("a", { fin: false }));
    for (let count = 0; count < 11_000 && listener.isReading; count++)
      reader.read(encodeFrame("b", { fin: false, opcode: Opcode.CONTINUATION }));
    expect(listener.events.at(-1)).toEqual(["violation", 1008]);
  });
});

describe("memory", () => {
  test("of messages that are not whole is no more than a few times what has come, whatever length is claimed", () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 200 }, () => {
      const { reader } = readerOf(100_000_000);
      reader.read(encodeFrame("a".repeat(20_000), { claim: 100_000_000n }));
      return reader;
    });
    // What has come is 4 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
    expect(readers).toHaveLength(200);
  });

  test("of a message in fragments is no more than a message may have", () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 50 }, () => {
      const { listener, reader } = readerOf(1_000_000);
      // The buffer has grown to 800,000 bytes, and has to grow again.
      for (const length of [50_000, 700_000, 60_000])
        reader.read(
          encodeFrame("a".repeat(length), {
            fin: false,
            opcode: length === 50_000 ? Opcode.TEXT : Opcode.CONTINUATION,
          }),
        );
      expect(listener.events).toEqual([]);
      return reader;
    });
    collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(readers.length * 2_500_000);
  });

  test("of a frame that has only begun is not all that came with it", () => {
    const frame = encodeFrame("", { opcode: Opcode.PONG });
    const chunk = Buffer.concat([...Array.from({ length: 10_000 }, () => frame), frame.subarray(0, 3)]);
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const started = Array.from({ length: 200 }, () => {
      const each = readerOf();
      feed(each.reader, chunk, [chunk.length]);
      each.listener.events.length = 0;
      return each;
    });
    collectGarbage();
    // 12 MB came.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
    for (const { reader, listener } of started) {
      reader.read(Buffer.from(frame.subarray(3)));
      expect(listener.events).toEqual([["pong", ""]]);
    }
  });
});
