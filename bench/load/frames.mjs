// WebSocket frames for the load: masked ones ready-made before a round starts (RFC 6455 section 5), and a small reader for the handshake.

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

const TEXT_FRAME = 0x81;
const BINARY_FRAME = 0x82;

function header(opcode, length, masked) {
  const mask = masked ? 0x80 : 0;
  if (length < 126) return Buffer.from([opcode, mask | length]);
  if (length < 65_536) return Buffer.from([opcode, mask | 126, length >> 8, length & 255]);
  const bytes = Buffer.alloc(10);
  bytes[0] = opcode;
  bytes[1] = mask | 127;
  bytes.writeUInt32BE(length, 6);
  return bytes;
}

/** One masked frame: a text, or a buffer as a binary message. */
export function clientFrame(data) {
  const payload = Buffer.from(data);
  for (let index = 0; index < payload.length; index++) payload[index] ^= MASK[index & 3];
  const opcode = typeof data === "string" ? TEXT_FRAME : BINARY_FRAME;
  return Buffer.concat([header(opcode, payload.length, true), MASK, payload]);
}

/** One frame as a server sends it. */
export function serverFrame(data) {
  const payload = Buffer.from(data);
  const opcode = typeof data === "string" ? TEXT_FRAME : BINARY_FRAME;
  return Buffer.concat([header(opcode, payload.length, false), payload]);
}

/** The bytes on the wire of an unmasked text frame from the server. */
export function serverFrameBytes(text) {
  const length = Buffer.byteLength(text);
  return length + header(TEXT_FRAME, length, false).length;
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
