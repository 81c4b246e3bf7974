// What a client does whose session can be resumed: counts the messages that it gets and acknowledges them (docs/PROTOCOL.md, "Counting and
// acknowledging"), answers pings, and takes all that is no message out of what the load counts.
import { clientFrame } from "./frames.mjs";

const ACK_MESSAGES = 32;
const ACK_BYTES = 65_536;
/** Within the second that the protocol gives for it. */
const LATE_ACK_MS = 500;

/** Packets of Engine.IO by the first byte of their frame; a binary frame is a message. */
const MESSAGE = 0x34;
const PING = 0x32;
const BINARY_OPCODE = 2;

const lagging = new Set();
setInterval(() => {
  for (const count of lagging) count.acknowledge();
}, LATE_ACK_MS).unref();

export class ResumeCount {
  received;
  #write;
  #acknowledged;
  #unacknowledgedBytes = 0;
  #head = Buffer.alloc(0);
  #left = 0;
  #isMessage = false;

  /** @param {number} received messages of the session so far @param {(frame: Buffer) => void} write */
  constructor(received, write) {
    this.received = received;
    this.#acknowledged = received;
    this.#write = write;
  }

  /** Takes a chunk and gives what belongs to messages. @param {Buffer} chunk @returns {Buffer} */
  push(chunk) {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    this.#head = Buffer.alloc(0);
    const kept = [];
    let at = 0;
    while (at < bytes.length) {
      let end = Math.min(bytes.length, at + this.#left);
      if (this.#left === 0) {
        const start = payloadStart(bytes, at);
        if (start === undefined) {
          this.#head = Buffer.from(bytes.subarray(at));
          break;
        }
        this.#left = frameEnd(bytes, at, start) - at;
        this.#isMessage = (bytes[at] & 15) === BINARY_OPCODE || bytes[start] === MESSAGE;
        if (!this.#isMessage && bytes.length < at + this.#left) {
          this.#left = 0;
          this.#head = Buffer.from(bytes.subarray(at));
          break;
        }
        end = Math.min(bytes.length, at + this.#left);
        if (bytes[start] === PING && !this.#isMessage) this.#write(clientFrame(`3${this.received}`));
      }
      this.#left -= end - at;
      if (this.#isMessage) {
        kept.push([at, end]);
        this.#unacknowledgedBytes += end - at;
        if (this.#left === 0) this.received++;
      }
      at = end;
    }
    this.#acknowledgeInTime();
    return join(bytes, kept);
  }

  acknowledge() {
    lagging.delete(this);
    if (this.#acknowledged === this.received) return;
    this.#acknowledged = this.received;
    this.#unacknowledgedBytes = 0;
    this.#write(clientFrame(`6${this.received}`));
  }

  /** The connection is gone: nothing is to be acknowledged over it. */
  stop() {
    lagging.delete(this);
    this.#acknowledged = this.received;
  }

  #acknowledgeInTime() {
    const behind = this.received - this.#acknowledged;
    if (behind >= ACK_MESSAGES || (behind > 0 && this.#unacknowledgedBytes >= ACK_BYTES)) this.acknowledge();
    else if (behind > 0) lagging.add(this);
  }
}

/** Where the payload of the frame begins, once its header and the first byte behind it are there. */
function payloadStart(bytes, at) {
  if (bytes.length < at + 2) return undefined;
  const short = bytes[at + 1] & 127;
  const start = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
  return start < bytes.length ? start : undefined;
}

function frameEnd(bytes, at, start) {
  const short = bytes[at + 1] & 127;
  return start + (short === 127 ? bytes.readUInt32BE(at + 6) : short === 126 ? bytes.readUInt16BE(at + 2) : short);
}

/** The ranges of the bytes, in one buffer; without a copy where they are all of it. */
function join(bytes, ranges) {
  const total = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
  if (total === bytes.length) return bytes;
  return Buffer.concat(ranges.map(([start, end]) => bytes.subarray(start, end)));
}
