// Reads the WebSocket frames of a client (RFC 6455 sections 5 and 8.1). A frame that is whole in what the network gave, as nearly all are, is
// unmasked where it lies and handed on without a copy, an object or an event between; only what comes in pieces is gathered. Fed by
// plain-websocket.ts.
import { isUtf8 } from "node:buffer";
import { Opcode } from "./frame-format.js";
import { PartialMessage } from "./partial-message.js";
import { unmask } from "./unmask.js";

/** RFC 6455 section 7.4.1 */
const PROTOCOL_ERROR = 1002;
const NO_STATUS = 1005;
const INVALID_PAYLOAD = 1007;
const POLICY_VIOLATION = 1008;
const MESSAGE_TOO_BIG = 1009;

const MASK_BYTES = 4;

/** RFC 6455 section 5.5. Frames of data that are no longer than this wait for their end as they are. */
export const MAX_CONTROL_BYTES = 125;
/** Fragments of nothing take no memory, but a message has to end some day; one that brings some bytes with each fragment does. */
const MAX_FRAGMENTS = 10_000;
const BYTES_OF_A_FRAGMENT = 32;

/** Who is told what a client sent. */
export interface FrameSink {
  /** False once nothing more of it is wanted. */
  readonly isReading: boolean;
  /** A text: the bytes from `start` to `end`, which are valid UTF-8. */
  onText(bytes: Buffer, start: number, end: number, isAscii: boolean): void;
  onBinary(data: Buffer): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /** The client closes; `code` is 1005 where it gave none. */
  onCloseFrame(code: number, reason: Buffer): void;
  /** It broke the rules: the status code to close with, and how. Nothing more is wanted then. */
  onViolation(code: number, why: string): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxPayload: number;
  /** The start of a header or of a small frame whose end has not come. */
  #rest: Buffer | undefined = undefined;
  /** The message that comes in pieces, if one does. */
  #message: PartialMessage | undefined = undefined;

  /** @param maxPayload bytes that a message may have */
  constructor(sink: FrameSink, maxPayload: number) {
    this.#sink = sink;
    this.#maxPayload = maxPayload;
  }

  /** Takes what the network gave, and changes it. */
  read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let offset = 0;
    while (offset < bytes.length && this.#sink.isReading) {
      const taken =
        this.#message?.isWanting === true ? this.#fill(this.#message, bytes, offset) : this.#readFrame(bytes, offset);
      if (taken === 0) {
        // A copy: it is small, and else all that came with it would stay in memory until the rest comes.
        this.#rest = offset === 0 ? bytes : Buffer.from(bytes.subarray(offset));
        return;
      }
      offset += taken;
    }
  }

  /** Reads the frame that begins at `start`. Gives the bytes that were taken: none if more have to come first. */
  #readFrame(bytes: Buffer, start: number): number {
    const left = bytes.length - start;
    if (left < 2) return 0;
    const first = bytes[start] as number;
    const second = bytes[start + 1] as number;
    const opcode = first & 0x0f;
    const fault = this.#faultOf(first, second, opcode);
    if (fault !== undefined) return this.#refuse(PROTOCOL_ERROR, fault);

    let length = second & 0x7f;
    let headerBytes = 2 + MASK_BYTES;
    if (length === 126) {
      if (left < 4) return 0;
      headerBytes = 4 + MASK_BYTES;
      length = bytes.readUInt16BE(start + 2);
    } else if (length === 127) {
      if (left < 10) return 0;
      headerBytes = 10 + MASK_BYTES;
      // "the most significant bit MUST be 0"
      if ((bytes[start + 2] as number) >= 0x80) return this.#refuse(PROTOCOL_ERROR, "too many bits for a length");
      length = bytes.readUInt32BE(start + 2) * 2 ** 32 + bytes.readUInt32BE(start + 6);
    }
    const isData = opcode < Opcode.CLOSE;
    if (isData && length + (this.#message?.bytes ?? 0) > this.#maxPayload)
      return this.#refuse(MESSAGE_TOO_BIG, `more than ${this.#maxPayload} bytes`);
    if (left < headerBytes) return 0;
    const from = start + headerBytes;
    const mask = bytes.readInt32LE(from - MASK_BYTES);
    const isWhole = from + length <= bytes.length;
    if (isData) {
      const isWaiting = !isWhole && length <= MAX_CONTROL_BYTES;
      if (!isWaiting && (!isWhole || opcode === Opcode.CONTINUATION || first < 0x80))
        return this.#gather(bytes, from, length, mask, first, headerBytes);
    }
    if (!isWhole) return 0;
    const end = from + length;
    const isAscii = unmask(bytes, from, end, mask);
    if (opcode === Opcode.TEXT) this.#onText(bytes, from, end, isAscii);
    else if (opcode === Opcode.BINARY) this.#sink.onBinary(bytes.subarray(from, end));
    else this.#onControl(opcode, bytes.subarray(from, end));
    return headerBytes + length;
  }

  /** What the first two bytes of a frame are not allowed to say. */
  #faultOf(first: number, second: number, opcode: number): string | undefined {
    if ((first & 0x70) !== 0) return "a reserved bit is set";
    if (second < 0x80) return "a frame without a mask";
    switch (opcode) {
      case Opcode.CONTINUATION:
        return this.#message === undefined ? "a fragment of no message" : undefined;
      case Opcode.TEXT:
      case Opcode.BINARY:
        return this.#message === undefined ? undefined : "a message within another";
      case Opcode.CLOSE:
      case Opcode.PING:
      case Opcode.PONG:
        if (first < 0x80) return "a fragment of a control frame";
        return (second & 0x7f) > MAX_CONTROL_BYTES ? "too long a control frame" : undefined;
      default:
        return `an unknown opcode, ${opcode}`;
    }
  }

  /** A frame that is not all of its message, or not all here. */
  #gather(bytes: Buffer, from: number, length: number, mask: number, first: number, headerBytes: number): number {
    const message = (this.#message ??= new PartialMessage((first & 0x0f) === Opcode.TEXT, this.#maxPayload));
    message.begin(length, mask, first >= 0x80);
    if (message.frames > MAX_FRAGMENTS + message.bytes / BYTES_OF_A_FRAGMENT)
      return this.#refuse(POLICY_VIOLATION, "a message without end");
    return headerBytes + this.#fill(message, bytes, from);
  }

  #fill(message: PartialMessage, bytes: Buffer, from: number): number {
    const taken = message.add(bytes, from);
    if (message.isWhole) {
      this.#message = undefined;
      const data = message.take();
      if (message.isText) this.#onText(data, 0, data.length, message.isAscii);
      else this.#sink.onBinary(data);
    }
    return taken;
  }

  #onText(bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    if (isAscii || isUtf8(bytes.subarray(start, end))) this.#sink.onText(bytes, start, end, isAscii);
    else this.#refuse(INVALID_PAYLOAD, "a text that is not UTF-8");
  }

  #onControl(opcode: number, data: Buffer): void {
    if (opcode === Opcode.PING) this.#sink.onPing(data);
    else if (opcode === Opcode.PONG) this.#sink.onPong(data);
    else this.#onClose(data);
  }

  #onClose(data: Buffer): void {
    const code = data.length === 0 ? NO_STATUS : data.length === 1 ? 0 : data.readUInt16BE(0);
    const reason = data.subarray(2);
    if (data.length > 0 && !isCloseCode(code)) this.#refuse(PROTOCOL_ERROR, `a close frame with code ${code}`);
    else if (!isUtf8(reason)) this.#refuse(INVALID_PAYLOAD, "a reason that is not UTF-8");
    else this.#sink.onCloseFrame(code, reason);
  }

  /** The rest is not read. */
  #refuse(code: number, why: string): number {
    this.#message = undefined;
    this.#sink.onViolation(code, why);
    return Infinity;
  }
}

/** RFC 6455 section 7.4 and IANA's registry: those that may be sent. */
export function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}
