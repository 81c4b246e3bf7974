// A message of a client that comes in pieces: in several frames, or in one that the network brings bit by bit. Its bytes are gathered in one buffer,
// which grows with what has really come, so that a length which is only claimed costs nothing, nor do pieces of one byte each. Filled by
// frame-reader.ts.
import { unmask } from "./unmask.js";

export class PartialMessage {
  readonly isText: boolean;
  /** Frames that have begun. */
  frames = 0;
  /** Everything that is here is ASCII. */
  isAscii = true;
  readonly #maxBytes: number;
  #target = EMPTY;
  #filled = 0;
  #mask = 0;
  /** Where in the message its last frame begins and ends. */
  #frameStart = 0;
  #frameEnd = 0;
  #isLast = false;

  /** @param maxBytes what it may have; whoever begins its frames sees to that */
  constructor(isText: boolean, maxBytes: number) {
    this.isText = isText;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the frames that have begun. */
  get bytes(): number {
    return this.#frameEnd;
  }

  /** Its last frame is not here yet to the end. */
  get isWanting(): boolean {
    return this.#filled < this.#frameEnd;
  }

  get isWhole(): boolean {
    return this.#isLast && !this.isWanting;
  }

  /** The next of its frames. */
  begin(length: number, mask: number, isLast: boolean): void {
    this.frames += 1;
    this.#frameStart = this.#filled;
    this.#frameEnd = this.#filled + length;
    this.#mask = mask;
    this.#isLast = isLast;
  }

  /** Takes what is there of the payload of the frame; gives how many bytes that were. */
  add(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.#frameEnd - this.#filled);
    const count = to - from;
    this.#makeRoom(count);
    bytes.copy(this.#target, this.#filled, from, to);
    this.#filled += count;
    if (this.#filled === this.#frameEnd)
      this.isAscii = unmask(this.#target, this.#frameStart, this.#frameEnd, this.#mask) && this.isAscii;
    return count;
  }

  /** The bytes of the message. */
  take(): Buffer {
    return this.#target.subarray(0, this.#filled);
  }

  #makeRoom(count: number): void {
    const needed = this.#filled + count;
    if (needed <= this.#target.length) return;
    // Sixteenfold: of a megabyte that comes in pieces of 64 KiB the first alone is copied twice.
    const grown = Math.max(needed, 16 * this.#target.length);
    // No more than the message may have, or than its last frame needs, whose end is known.
    const target = Buffer.allocUnsafe(Math.min(grown, this.#isLast ? this.#frameEnd : this.#maxBytes));
    this.#target.copy(target, 0, 0, this.#filled);
    this.#target = target;
  }
}

const EMPTY = Buffer.alloc(0);
