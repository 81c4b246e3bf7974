// A value as MessagePack (its specification, "Formats"), with the extension of type 0 that the parser of the same wire has: one byte is
// undefined, eight are a date in milliseconds. Values are taken as JSON takes them: `toJSON` is called, functions are not there. Called
// by the encoder.
import { byteLengthOf, EverwireError, isBinary, isBlob, MAX_DATA_DEPTH } from "@everwire/protocol";

const FIRST_BYTES = 128;
const TWO_32 = 2 ** 32;
// The packet itself is a level that the limit of its data does not count.
const MAX_DEPTH = MAX_DATA_DEPTH + 1;
const CYCLE_WATCH_DEPTH = MAX_DATA_DEPTH / 2;

type Bits = 8 | 16 | 32;

/** The first byte of each kind, by the width of its length. */
const TEXT = { 8: 0xd9, 16: 0xda, 32: 0xdb };
const BINARY = { 8: 0xc4, 16: 0xc5, 32: 0xc6 };
const LIST = { 8: 0xdc, 16: 0xdc, 32: 0xdd };
const MAP = { 8: 0xde, 16: 0xde, 32: 0xdf };

export class ValueWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  // Objects on the way to the current one, from half of the allowed depth on: tells a circle from mere depth.
  readonly #path: object[] = [];

  /** What has been written, in a buffer of its own. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  write(value: unknown): void {
    this.#value(value, "", 1);
  }

  #value(value: unknown, key: string, depth: number): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#uint(8, value ? 0xc3 : 0xc2);
    else if (value === null) this.#uint(8, 0xc0);
    else if (typeof value === "object") this.#object(value, key, depth);
    else if (typeof value === "bigint") throw notSerializable("a bigint has no form on the wire");
    else {
      this.#uint(16, 0xd400);
      this.#uint(8, 0);
    }
  }

  #object(value: object, key: string, depth: number): void {
    if (isBlob(value)) throw notSerializable("the bytes of a Blob are not at hand: send its arrayBuffer()");
    if (isBinary(value)) {
      this.#head(BINARY, byteLengthOf(value));
      this.#copy(ArrayBuffer.isView(value) ? value : new Uint8Array(value as ArrayBuffer));
      return;
    }
    if (value instanceof Date) {
      this.#date(value.getTime());
      return;
    }
    const { toJSON } = value as { toJSON?: unknown };
    // As JSON.stringify does: once, with the key, and what comes back is taken as it is.
    const json: unknown = typeof toJSON === "function" ? (toJSON as (key: string) => unknown).call(value, key) : value;
    if (typeof json === "object" && json !== null && !isBinary(json)) this.#contents(json, depth);
    else this.#value(json, key, depth);
  }

  #contents(value: object, depth: number): void {
    this.#enter(value, depth);
    if (Array.isArray(value)) {
      this.#head(LIST, value.length, 0x90);
      for (let index = 0; index < value.length; index += 1) this.#value(value[index], String(index), depth + 1);
      return;
    }
    const source = value as Record<string, unknown>;
    const keys = Object.keys(source).filter((key) => typeof source[key] !== "function");
    this.#head(MAP, keys.length, 0x80);
    for (const key of keys) {
      this.#text(key);
      this.#value(source[key], key, depth + 1);
    }
  }

  // Bounded recursion: a circle, or depth that the receiver would refuse, is an error of the caller and no stack overflow.
  #enter(value: object, depth: number): void {
    if (depth <= CYCLE_WATCH_DEPTH) return;
    this.#path[depth - CYCLE_WATCH_DEPTH - 1] = value;
    if (depth <= MAX_DEPTH) return;
    if (new Set(this.#path).size < this.#path.length)
      throw new EverwireError("ERR_CIRCULAR_DATA", "failed to encode packet: the data is circular");
    throw new EverwireError(
      "ERR_DATA_TOO_DEEP",
      `failed to encode packet: the data is nested more than ${MAX_DATA_DEPTH} levels deep`,
    );
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.#uint(8, 0xcb);
      // Room first: it may bring another view.
      const at = this.#advance(8);
      this.#view.setFloat64(at, value);
    } else if (value >= 0) {
      if (value < 0x80) this.#uint(8, value);
      else if (value < TWO_32) this.#head({ 8: 0xcc, 16: 0xcd, 32: 0xce }, value);
      else {
        this.#uint(8, 0xcf);
        this.#int64(value);
      }
    } else if (value >= -0x20) this.#uint(8, value);
    else if (value >= -0x80) this.#uint(16, 0xd000 + (value & 0xff));
    else if (value >= -0x8000) {
      this.#uint(8, 0xd1);
      this.#uint(16, value);
    } else if (value >= -TWO_32 / 2) {
      this.#uint(8, 0xd2);
      this.#uint(32, value);
    } else {
      this.#uint(8, 0xd3);
      this.#int64(value);
    }
  }

  #date(time: number): void {
    // An invalid one, as in JSON.
    if (Number.isNaN(time)) {
      this.#uint(8, 0xc0);
      return;
    }
    this.#uint(16, 0xd700);
    this.#int64(time);
  }

  #int64(value: number): void {
    this.#uint(32, Math.floor(value / TWO_32));
    // Bitwise arithmetic is modulo 2^32.
    this.#uint(32, value);
  }

  #text(text: string): void {
    let bytes = 0;
    for (const unit of text) bytes += widthOf(unit.codePointAt(0) ?? 0);
    this.#head(TEXT, bytes, 0xa0);
    for (const unit of text) this.#codePoint(unit.codePointAt(0) ?? 0);
  }

  #codePoint(point: number): void {
    // Half of a surrogate pair has no UTF-8: it becomes U+FFFD, as TextEncoder has it.
    const code = point >= 0xd800 && point < 0xe000 ? 0xfffd : point;
    const width = widthOf(code);
    if (width === 1) {
      this.#uint(8, code);
      return;
    }
    // The first byte says by its leading ones how many there are.
    this.#uint(8, ((0xf00 >> width) & 0xff) | (code >> (6 * (width - 1))));
    for (let shift = 6 * (width - 2); shift >= 0; shift -= 6) this.#uint(8, 0x80 | ((code >> shift) & 0x3f));
  }

  /** The length of what follows, or a number: in the first byte where that has room for it, else in the least width. */
  #head(kinds: Readonly<Record<Bits, number>>, length: number, short?: number): void {
    if (short !== undefined && length < (short === 0xa0 ? 32 : 16)) {
      this.#uint(8, short + length);
      return;
    }
    const fits = length < 0x100 ? 8 : length < 0x10000 ? 16 : 32;
    // Lists and maps have no width of eight.
    const bits = fits === 8 && kinds[8] === kinds[16] ? 16 : fits;
    this.#uint(8, kinds[bits]);
    this.#uint(bits, length);
  }

  #copy({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
    const at = this.#advance(byteLength);
    this.#bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
  }

  #uint(bits: Bits, value: number): void {
    const at = this.#advance(bits / 8);
    if (bits === 8) this.#view.setUint8(at, value);
    else if (bits === 16) this.#view.setUint16(at, value);
    else this.#view.setUint32(at, value);
  }

  /** Makes room; gives where it begins. */
  #advance(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }
}

/** Bytes of a code point in UTF-8. */
function widthOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

function notSerializable(why: string): EverwireError {
  return new EverwireError("ERR_NOT_SERIALIZABLE", `failed to encode packet: ${why}`);
}
