// Frames of a byte stream (WebTransport): a header of one, three or nine bytes that says how many follow and whether they are
// binary, then one packet. Sans-I/O: bytes in, whole payloads out, however they were cut. Used by the server's WebTransport transport; the
// client has a shorter way, which may wait for its bytes (client/src/engine/transports/stream-frames.ts).

const BINARY = 0x80;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;
const NOTHING = new Uint8Array(0);

/** Bytes of the header before a payload of this length. */
export function streamHeaderBytes(length: number): number {
  return length < TWO_BYTES ? 1 : length < 65_536 ? 3 : 9;
}

/** Writes the header of a payload; returns the offset behind it. */
export function writeStreamHeader(target: Uint8Array, offset: number, length: number, isBinary: boolean): number {
  const bytes = streamHeaderBytes(length);
  target[offset] = (isBinary ? BINARY : 0) + (bytes === 1 ? length : bytes === 3 ? TWO_BYTES : EIGHT_BYTES);
  let rest = length;
  for (let index = bytes - 1; index > 0; index--) {
    target[offset + index] = rest; // its lowest byte: an Uint8Array takes no more of it
    rest = Math.floor(rest / 256);
  }
  return offset + bytes;
}

/** Reads one stream. Of a frame that is not whole it holds no more than twice the bytes that have come. */
export class StreamFrameReader {
  readonly #maxBytes: number;
  readonly #onFrame: (payload: Uint8Array, isBinary: boolean) => void;
  #header: number[] = [];
  /** Of the payload; 0 while the header is not whole. */
  #length = 0;
  /** The first `#size` bytes of it are there. */
  #payload = NOTHING;
  #size = 0;

  /** `maxBytes` is for one payload, at most 2^53 - 1. Each payload that is handed over has memory of its own. */
  constructor(maxBytes: number, onFrame: (payload: Uint8Array, isBinary: boolean) => void) {
    this.#maxBytes = maxBytes;
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes. False for a frame that is empty or too long: there is nothing to be read behind it. */
  read(chunk: Uint8Array): boolean {
    for (let start = 0; start < chunk.length;) {
      if (!this.#length) {
        const length = this.#takeHeader(chunk[start++] as number);
        if (length === undefined) continue;
        if (!length || length > this.#maxBytes) return false;
        this.#length = length;
      }
      const part = chunk.subarray(start, start + this.#length - this.#size);
      start += part.length;
      this.#hold(part);
      if (this.#size === this.#length) {
        const payload = this.#payload;
        const isBinary = (this.#header[0] as number) >= BINARY;
        this.#payload = NOTHING;
        this.#header = [];
        this.#length = this.#size = 0;
        this.#onFrame(payload, isBinary);
      }
    }
    return true;
  }

  /** The length that the header says, once its last byte is there. */
  #takeHeader(byte: number): number | undefined {
    this.#header.push(byte);
    const short = (this.#header[0] as number) % BINARY;
    const rest = this.#header.slice(1);
    if (short < TWO_BYTES) return short;
    if (rest.length < (short === TWO_BYTES ? 2 : 8)) return undefined;
    // Beyond 2^53 the sum is not exact any more, and far over any limit.
    return rest.reduce((sum, next) => sum * 256 + next, 0);
  }

  #hold(part: Uint8Array): void {
    const size = this.#size + part.length;
    if (size > this.#payload.length) {
      // Grows with what comes, not with what is announced.
      const grown = new Uint8Array(Math.min(this.#length, 2 * size));
      grown.set(this.#payload);
      this.#payload = grown;
    }
    this.#payload.set(part, this.#size);
    this.#size = size;
  }
}
