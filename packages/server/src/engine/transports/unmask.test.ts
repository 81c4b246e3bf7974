import { expect, test } from "vitest";
import { unmask } from "./unmask.js";

const MASKS = [
  [0, 0, 0, 0],
  [1, 2, 3, 4],
  [0x80, 0, 0, 0],
  [0, 0, 0, 0x80],
  [0xff, 0xfe, 0xfd, 0xfc],
  [0x12, 0x34, 0x56, 0x78],
] as const;
/** Around what is done byte by byte, and around where words begin to be used. */
const LENGTHS = [...range(0, 20), ...range(505, 530)];
/** Wherever a payload may lie in its buffer, and the buffer in its memory. */
const STARTS = range(0, 8);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The RFC's own way (section 5.3). */
function unmaskedByTheBook(bytes: Buffer, start: number, end: number, mask: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (let index = start; index < end; index++) copy[index] = bytes[index]! ^ mask[(index - start) % 4]!;
  return copy;
}

/** A buffer that begins at that byte of its memory. */
function bufferAt(offset: number, length: number): Buffer {
  return Buffer.from(new ArrayBuffer(offset + length), offset, length);
}

test.each(MASKS)(
  "takes off the mask %i %i %i %i wherever the payload lies, and leaves alone what is around it",
  (...mask) => {
    const word = Buffer.from(mask).readInt32LE(0);
    for (const length of LENGTHS) {
      for (const start of STARTS) {
        for (const offset of range(0, 3)) {
          const bytes = bufferAt(offset, start + length + 5);
          for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 37 + length) & 0xff;
          const expected = unmaskedByTheBook(bytes, start, start + length, mask);
          const isAscii = unmask(bytes, start, start + length, word);
          if (!bytes.equals(expected)) expect.fail(`${length} bytes from ${start} on, at ${offset}`);
          const hasOnlyAscii = expected.subarray(start, start + length).every((byte) => byte < 0x80);
          if (isAscii !== hasOnlyAscii) expect.fail(`${length} bytes from ${start} on, at ${offset}: ASCII or not`);
        }
      }
    }
  },
);

test("tells of one byte that is not ASCII, wherever it stands", () => {
  const mask = [0xa5, 0x5a, 0xff, 0x80];
  const word = Buffer.from(mask).readInt32LE(0);
  for (const length of [1, 2, 3, 4, 5, 6, 7, 8, 511, 512, 513, 514, 515, 516, 517]) {
    for (let at = -1; at < length; at++) {
      const bytes = bufferAt(at & 3, length);
      bytes.fill("a");
      if (at >= 0) bytes[at] = 0x80;
      const masked = unmaskedByTheBook(bytes, 0, length, mask);
      if (unmask(masked, 0, length, word) !== at < 0) expect.fail(`byte ${at} of ${length}`);
      if (!masked.equals(bytes)) expect.fail(`${length} bytes`);
    }
  }
});

test("takes a mask off again that was put on", () => {
  const bytes = Buffer.from("text ".repeat(1000));
  const copy = Buffer.from(bytes);
  unmask(copy, 3, 4990, -559_038_737);
  expect(copy.equals(bytes)).toBe(false);
  expect(unmask(copy, 3, 4990, -559_038_737)).toBe(true);
  expect(copy.equals(bytes)).toBe(true);
});
