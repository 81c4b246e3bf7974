// A value out of MessagePack (its specification, "Formats"). Every byte comes from a peer: lengths are checked against what there is before
// anything is made, depth is limited, nothing is a key with a meaning. Whatever is wrong throws; the packet reader says how.

const TWO_32 = 2 ** 32;

/** The extension type of dates and undefined on this wire, and the specification's own of timestamps. */
const WIRE_EXTENSION = 0;
const TIMESTAMP = -1;

export interface ValueReaderOptions {
  /** Levels that lists and maps may be nested. */
  maxDepth: number;
  /** Whether binary values are ArrayBuffers; else they are of the class of the bytes: a Buffer, a Uint8Array. */
  givesArrayBuffers: boolean;
}

export class ValueReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: ValueReaderOptions;
  #at = 0;

  constructor(bytes: Uint8Array, options: ValueReaderOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
  }

  /** The one value that the bytes are. */
  readAll(): unknown {
    const value = this.#value(0);
    if (this.#at < this.#bytes.length) throw new RangeError("more follows");
    return value;
  }

  #value(depth: number): unknown {
    const first = this.#uint(0);
    if (first < 0x80) return first;
    if (first < 0x90) return this.#map(first & 0x0f, depth + 1);
    if (first < 0xa0) return this.#list(first & 0x0f, depth + 1);
    if (first < 0xc0) return this.#text(first & 0x1f);
    if (first >= 0xe0) return first - 0x100;
    switch (first) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#uint(first - 0xc4));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#uint(first - 0xc7));
      case 0xca:
        return this.#view.getFloat32(this.#take(4));
      case 0xcb:
        return this.#view.getFloat64(this.#take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(first - 0xcc);
      case 0xcf:
        return this.#uint(2) * TWO_32 + this.#uint(2);
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return this.#int64();
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(first - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#uint(first - 0xdb), depth + 1);
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(first - 0xdd), depth + 1);
      default:
        return this.#fixedExtension(first - 0xd4);
    }
  }

  // Not made in advance: the length is what the peer says, the items are what it sent.
  #list(length: number, depth: number): unknown[] {
    this.#limit(depth);
    const items: unknown[] = [];
    for (let count = 0; count < length; count += 1) items.push(this.#value(depth));
    return items;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#limit(depth);
    const map: Record<string, unknown> = {};
    for (let count = 0; count < length; count += 1) {
      const key = this.#value(depth);
      if (typeof key !== "string") throw new TypeError("a key is no text");
      const value = this.#value(depth);
      // An own property as in JSON.parse; assigned, it would be the object's prototype.
      if (key === "__proto__")
        Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
      else map[key] = value;
    }
    return map;
  }

  #limit(depth: number): void {
    if (depth > this.#options.maxDepth) throw new RangeError("too deep");
  }

  #text(length: number): string {
    const start = this.#take(length);
    const end = this.#at;
    let text = "";
    for (let index = start; index < end; index += 1) {
      const byte = this.#view.getUint8(index);
      if (byte >= 0x80) return this.#anyText(start, end);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  // Strict UTF-8, as a WebSocket's text is: bytes that are none throw.
  #anyText(start: number, end: number): string {
    if (typeof TextDecoder === "function")
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#bytes.subarray(start, end));
    let escaped = "";
    for (let index = start; index < end; index += 1)
      escaped += "%" + (this.#view.getUint8(index) + 0x100).toString(16).slice(1);
    return decodeURIComponent(escaped);
  }

  // A copy: a few bytes that somebody keeps must not keep the whole message. In Node.js the method of Buffer makes none.
  #binary(length: number): unknown {
    const start = this.#take(length);
    const copy = Uint8Array.prototype.slice.call(this.#bytes, start, this.#at);
    return this.#options.givesArrayBuffers ? copy.buffer : copy;
  }

  // With a length of its own, type 0 is binary that was no Buffer.
  #extension(length: number): unknown {
    const type = this.#view.getInt8(this.#take(1));
    if (type === WIRE_EXTENSION) return this.#binary(length);
    if (type !== TIMESTAMP || length !== 12) throw new TypeError("an unknown extension");
    const nanoseconds = this.#uint(2);
    return dateOf(this.#int64() * 1e3 + Math.floor(nanoseconds / 1e6));
  }

  /** Of 1, 2, 4, 8 or 16 bytes, by the logarithm. */
  #fixedExtension(log: number): unknown {
    const type = this.#view.getInt8(this.#take(1));
    if (type === WIRE_EXTENSION && log === 0 && this.#uint(0) === 0) return undefined;
    if (type === WIRE_EXTENSION && log === 3) return dateOf(this.#int64());
    if (type === TIMESTAMP && log === 2) return dateOf(this.#uint(2) * 1e3);
    if (type !== TIMESTAMP || log !== 3) throw new TypeError("an unknown extension");
    // 30 bits of nanoseconds, 34 of seconds.
    const high = this.#uint(2);
    const seconds = (high & 3) * TWO_32 + this.#uint(2);
    return dateOf(seconds * 1e3 + Math.floor((high >>> 2) / 1e6));
  }

  #int64(): number {
    return this.#view.getInt32(this.#take(4)) * TWO_32 + this.#uint(2);
  }

  /** Of 1, 2 or 4 bytes, by the logarithm. */
  #uint(log: number): number {
    const at = this.#take(1 << log);
    if (log === 0) return this.#view.getUint8(at);
    return log === 1 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** Goes on by `count` bytes; gives where they begin. */
  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw new RangeError("the end is missing");
    this.#at = start + count;
    return start;
  }
}

function dateOf(time: number): Date {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new RangeError("no date");
  return date;
}
