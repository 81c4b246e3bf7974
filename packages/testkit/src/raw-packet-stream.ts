// RawPacketStream: a byte stream that carries Engine.IO packets in frames (WebTransport), spoken by hand: nothing of our own codec. For
// either side of a session, whether it is real or in memory.
import { Inbox } from "./inbox.js";
import type { RawMessage } from "./raw-websocket.js";

/** One frame: a byte of length with the top bit for binary, or 126 and two bytes, or 127 and eight. */
export function streamFrame(message: RawMessage): Buffer {
  const payload = Buffer.from(message as string);
  const header = Buffer.alloc(payload.length < 126 ? 1 : payload.length < 65_536 ? 3 : 9);
  header[0] = header.length === 1 ? payload.length : header.length === 3 ? 126 : 127;
  if (header.length === 3) header.writeUInt16BE(payload.length, 1);
  if (header.length === 9) header.writeBigUInt64BE(BigInt(payload.length), 1);
  if (typeof message !== "string") header[0] |= 0x80;
  return Buffer.concat([header, payload]);
}

/** The frames at the beginning of `bytes`, and what is behind the last whole one. */
export function readStreamFrames(bytes: Buffer): { frames: RawMessage[]; rest: Buffer } {
  const frames: RawMessage[] = [];
  let start = 0;
  for (;;) {
    const first = bytes[start];
    if (first === undefined) break;
    const short = first & 0x7f;
    const header = short < 126 ? 1 : short === 126 ? 3 : 9;
    if (bytes.length < start + header) break;
    const length =
      header === 1 ? short : header === 3 ? bytes.readUInt16BE(start + 1) : Number(bytes.readBigUInt64BE(start + 1));
    const end = start + header + length;
    if (bytes.length < end) break;
    const payload = bytes.subarray(start + header, end);
    frames.push(first >= 0x80 ? Buffer.from(payload) : payload.toString("utf8"));
    start = end;
  }
  return { frames, rest: bytes.subarray(start) };
}

/** A bidirectional stream of WebTransport, by shape. */
export interface RawBidirectionalStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

export class RawPacketStream {
  /** Frames that came; binary ones as Buffers. */
  readonly frames = new Inbox<RawMessage>("a frame of the stream");
  /** Called when nothing more comes, whatever the reason. */
  onEnd: (() => void) | undefined = undefined;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #held: Promise<void> | undefined;
  #release: () => void = () => undefined;

  constructor({ readable, writable }: RawBidirectionalStream) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    void this.#read(readable.getReader());
  }

  /** Writes bytes as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes);
  }

  /** Sends packets, a frame each, in one write. */
  async send(...messages: RawMessage[]): Promise<void> {
    await this.write(Buffer.concat(messages.map(streamFrame)));
  }

  /** The next frame that is no ping. */
  next(): Promise<RawMessage> {
    return this.frames.find((message) => message !== "2");
  }

  /** Ends the stream. */
  async finish(): Promise<void> {
    await this.#writer.close();
  }

  /** Resets the stream. */
  async abort(): Promise<void> {
    await this.#writer.abort();
  }

  /** Stops reading. What has been asked for already may still come. */
  hold(): void {
    this.#held ??= new Promise((resolve) => (this.#release = resolve));
  }

  /** Goes on. */
  release(): void {
    this.#release();
    this.#held = undefined;
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for (;;) {
        await this.#held;
        const { done, value } = await reader.read();
        if (done) break;
        const read = readStreamFrames(Buffer.concat([rest, value]));
        ({ rest } = read);
        for (const message of read.frames) this.frames.push(message);
      }
    } catch {
      // Reset, or gone with its session.
    }
    this.frames.end(new Error("failed to read a frame: the stream has ended"));
    this.onEnd?.();
  }
}
