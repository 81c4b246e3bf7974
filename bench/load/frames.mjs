// WebSocket frames for the load: masked ones ready-made before a round starts (RFC 6455 section 5), and a small reader for the handshake.

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** One masked text frame. */
export function clientFrame(text) {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ MASK[index % 4]));
  return Buffer.concat([header, MASK, masked]);
}

/** The bytes on the wire of an unmasked text frame from the server. */
export function serverFrameBytes(text) {
  const length = Buffer.byteLength(text);
  return length + (length < 126 ? 2 : 4);
}

/** Reads unmasked frames from chunks; texts only, none over 64 KiB. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** The texts of the frames that are complete now. */
  push(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const texts = [];
    for (;;) {
      const frame = this.#next();
      if (frame === undefined) return texts;
      texts.push(frame);
    }
  }

  get pending() {
    return this.#rest.length;
  }

  #next() {
    if (this.#rest.length < 2) return undefined;
    const short = this.#rest[1] & 127;
    if (short === 127) throw new Error("failed to read a frame: over 64 KiB");
    const start = short === 126 ? 4 : 2;
    if (this.#rest.length < start) return undefined;
    const length = short === 126 ? this.#rest.readUInt16BE(2) : short;
    if (this.#rest.length < start + length) return undefined;
    const text = this.#rest.toString("utf8", start, start + length);
    this.#rest = this.#rest.subarray(start + length);
    return text;
  }
}
