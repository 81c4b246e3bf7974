// Socket.IO protocol v5, "Packet encoding", read side, without I/O and without emitter: chunk in, packet out.
// The connection of the server and the manager of the client own one each; decoder.ts gives it the public shape. Every byte here
// comes from a peer: whatever it holds gives a packet, a wait for attachments, or a ProtocolError.
import { fillAttachments } from "./attachments.js";
import { byteLengthOf, isBase64Data, isBinary } from "./binary.js";
import type { Base64Data, BinaryData } from "./binary.js";
import { MAX_DATA_DEPTH, isTooDeep } from "./data-depth.js";
import { ProtocolError } from "./errors.js";
import { PacketType, isDataValid } from "./socket-packet.js";
import type { Packet } from "./socket-packet.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the signature of JSON.parse's reviver
export type Reviver = (this: any, key: string, value: any) => any;

export interface PacketReaderOptions {
  /** Given to JSON.parse. */
  reviver?: Reviver | undefined;
  /** Attachments of one packet; default 10. */
  maxAttachments?: number | undefined;
  /** Bytes of all attachments of one packet; default no limit but that of the transport on each. */
  maxAttachmentBytes?: number | undefined;
  /** Levels that arrays and objects may be nested; default 1,000. */
  maxDepth?: number | undefined;
}

/** Attachments that one packet may have when nothing else was asked for. */
export const MAX_ATTACHMENTS = 10;

interface PartialPacket {
  readonly packet: Packet;
  readonly expected: number;
  readonly attachments: (BinaryData | Base64Data)[];
  bytes: number;
}

interface Cursor {
  at: number;
}

const ZERO = 48;
const DASH = 45;
const SLASH = 47;
const COMMA = 44;

export class PacketReader {
  readonly #reviver: Reviver | undefined;
  readonly #maxAttachments: number;
  readonly #maxAttachmentBytes: number;
  readonly #maxDepth: number;
  #partial: PartialPacket | undefined;

  constructor(options: PacketReaderOptions = {}) {
    this.#reviver = options.reviver;
    this.#maxAttachments = options.maxAttachments ?? MAX_ATTACHMENTS;
    this.#maxAttachmentBytes = options.maxAttachmentBytes ?? Infinity;
    this.#maxDepth = options.maxDepth ?? MAX_DATA_DEPTH;
  }

  /** True between a packet's text and its last attachment: the owner puts a deadline on it. */
  get waiting(): boolean {
    return this.#partial !== undefined;
  }

  /** Takes one message of the session; `undefined` means that attachments are to come. After a throw nothing is kept. */
  read(chunk: string | BinaryData | Base64Data): Packet | undefined {
    if (typeof chunk === "string") return this.#readText(chunk);
    if (isBinary(chunk) || isBase64Data(chunk)) return this.#readAttachment(chunk);
    this.destroy();
    throw new ProtocolError("ERR_UNKNOWN_CHUNK", `Unknown type: ${describe(chunk)}`);
  }

  /** Forgets a packet whose attachments have not all arrived. */
  destroy(): void {
    this.#partial = undefined;
  }

  #readText(text: string): Packet | undefined {
    if (this.#partial !== undefined) {
      this.destroy();
      throw new ProtocolError("ERR_UNEXPECTED_TEXT", "got plaintext data when reconstructing a packet");
    }
    // Read by char code up to the JSON: no regular expression, no split, one slice.
    const type = text.charCodeAt(0) - ZERO;
    if (!isPacketType(type)) throw unknownType(type);
    const cursor: Cursor = { at: 1 };
    const expected = type >= PacketType.BINARY_EVENT ? this.#readAttachmentCount(text, cursor) : 0;
    const nsp = readNamespace(text, cursor);
    const id = readDigits(text, cursor);
    if (id !== undefined && id > Number.MAX_SAFE_INTEGER) throw invalidPayload();
    const data = cursor.at < text.length ? this.#parse(text, cursor.at) : undefined;
    if (!isDataValid(type, data)) throw invalidPayload();
    const packet = createPacket(plainTypeOf(type), nsp, id, data);
    if (expected === 0) return packet;
    this.#partial = { packet, expected, attachments: [], bytes: 0 };
    return undefined;
  }

  #readAttachmentCount(text: string, cursor: Cursor): number {
    const count = readDigits(text, cursor);
    if (count === undefined || count === 0 || text.charCodeAt(cursor.at) !== DASH) {
      throw new ProtocolError("ERR_ILLEGAL_ATTACHMENT_COUNT", "Illegal attachments");
    }
    if (count > this.#maxAttachments) throw new ProtocolError("ERR_TOO_MANY_ATTACHMENTS", "too many attachments");
    cursor.at += 1;
    return count;
  }

  #parse(text: string, from: number): unknown {
    if (isTooDeep(text, from, this.#maxDepth)) throw invalidPayload();
    try {
      return JSON.parse(text.slice(from), this.#reviver);
    } catch (cause) {
      throw invalidPayload(cause);
    }
  }

  #readAttachment(chunk: BinaryData | Base64Data): Packet | undefined {
    const partial = this.#partial;
    if (partial === undefined) {
      throw new ProtocolError("ERR_UNEXPECTED_BINARY", "got binary data when not reconstructing a packet");
    }
    partial.bytes += byteLengthOf(chunk);
    if (partial.bytes > this.#maxAttachmentBytes) {
      this.destroy();
      throw new ProtocolError("ERR_ATTACHMENTS_TOO_LARGE", "attachments too large");
    }
    if (partial.attachments.push(chunk) < partial.expected) return undefined;
    this.destroy();
    fillAttachments(partial.packet.data as unknown[], partial.attachments);
    return partial.packet;
  }
}

function readNamespace(text: string, cursor: Cursor): string {
  if (text.charCodeAt(cursor.at) !== SLASH) return "/";
  const start = cursor.at;
  const comma = text.indexOf(",", start);
  const end = comma === -1 ? text.length : comma;
  cursor.at = text.charCodeAt(end) === COMMA ? end + 1 : end;
  return text.slice(start, end);
}

// A run of decimal digits as a number; past 2^53 it is inexact, and Infinity in the end: both callers refuse it then.
function readDigits(text: string, cursor: Cursor): number | undefined {
  const start = cursor.at;
  let value = 0;
  for (;;) {
    const digit = text.charCodeAt(cursor.at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    cursor.at += 1;
  }
  return cursor.at === start ? undefined : value;
}

function isPacketType(type: number): type is PacketType {
  return type >= PacketType.CONNECT && type <= PacketType.BINARY_ACK;
}

// Binary packets are reported as what they are once their attachments are back in place.
function plainTypeOf(type: PacketType): PacketType {
  if (type === PacketType.BINARY_EVENT) return PacketType.EVENT;
  return type === PacketType.BINARY_ACK ? PacketType.ACK : type;
}

function unknownType(type: number): ProtocolError {
  return new ProtocolError(
    "ERR_UNKNOWN_PACKET_TYPE",
    `unknown packet type ${type >= 0 && type <= 9 ? String(type) : "NaN"}`,
  );
}

function invalidPayload(cause?: unknown): ProtocolError {
  return new ProtocolError("ERR_INVALID_PAYLOAD", "invalid payload", cause === undefined ? undefined : { cause });
}

// A custom transport may hand over anything, also what can't become text.
function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

// With all its keys from the start: one that is added later takes memory of its own.
function createPacket(type: PacketType, nsp: string, id: number | undefined, data: unknown): Packet {
  if (id !== undefined) return data === undefined ? { type, nsp, id } : { type, nsp, id, data };
  return data === undefined ? { type, nsp } : { type, nsp, data };
}
