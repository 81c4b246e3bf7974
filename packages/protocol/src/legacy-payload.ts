// Engine.IO protocol revision 3, "Encoding": packets and payloads of clients from before 2020, read and written without I/O. A text
// payload counts UTF-16 units, a binary one bytes. Called by the server where `allowEIO3` is on. As in engine-packet.ts nothing that
// a peer sends makes it throw: what is no packet ends the reading, and says so beside what came before it.
import { MAX_PAYLOAD_PACKETS, decodeEnginePacket } from "./engine-packet.js";
import type { EnginePacket, EnginePayload } from "./engine-packet.js";

// Of the platform's globals, these two are used (WHATWG Encoding); what declares all of them is not this package's to choose.
declare const TextDecoder: new (
  label: string,
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** A packet as it stands in a payload: its text, or the bytes of a binary message without their type. */
export type LegacyPart = string | Uint8Array;

export interface LegacyPayloadOptions {
  /** Packets in one payload; default 50,000. */
  maxPackets?: number;
}

/** Type of a message as the first byte of binary data: the number, not the digit. */
export const LEGACY_MESSAGE_BYTE = 4;

const ZERO = 48;
const COLON = 58;
const TEXT_KIND = 0;
const BINARY_KIND = 1;
const LENGTH_END = 255;

/** More digits than any length has that can be kept in memory. */
const MAX_LENGTH_DIGITS = 10;

interface Length {
  readonly value: number;
  /** Index behind the length and its end. */
  readonly end: number;
}

/** Decodes a packet's text. Binary data stands as base64 behind `b` and the type, which is always a message. */
export function decodeLegacyPacket(text: string): EnginePacket | undefined {
  if (!text.startsWith("b")) return decodeEnginePacket(text);
  return text.charAt(1) === String(LEGACY_MESSAGE_BYTE) ? decodeEnginePacket(`b${text.slice(2)}`) : undefined;
}

/** Decodes a binary WebSocket message: the type, then the data, which is a view of what was given. */
export function decodeLegacyBinary(bytes: Uint8Array): EnginePacket | undefined {
  return bytes[0] === LEGACY_MESSAGE_BYTE ? { type: "message", data: bytes.subarray(1) } : undefined;
}

/** Decodes a text payload, `<length>:<packet>` again and again; stops at the first bad packet. */
export function decodeLegacyPayload(text: string, options?: LegacyPayloadOptions): EnginePayload {
  return readPayload(text.length, options, (start) => {
    const length = readLength((index) => text.charCodeAt(index) - ZERO, start, COLON - ZERO);
    if (length === undefined || length.value > text.length - length.end) return undefined;
    const end = length.end + length.value;
    const packet = decodeLegacyPacket(text.slice(length.end, end));
    return packet === undefined ? undefined : { packet, end };
  });
}

/** Decodes a binary payload: kind, digits of the length as bytes, 255, the packet; stops at the first bad one. */
export function decodeLegacyBinaryPayload(bytes: Uint8Array, options?: LegacyPayloadOptions): EnginePayload {
  // A byte order mark is part of what was sent.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return readPayload(bytes.length, options, (start) => {
    const kind = bytes[start];
    const length = readLength((index) => bytes[index] ?? NaN, start + 1, LENGTH_END);
    if (length === undefined || length.value > bytes.length - length.end) return undefined;
    const end = length.end + length.value;
    const content = bytes.subarray(length.end, end);
    let packet: EnginePacket | undefined;
    if (kind === TEXT_KIND) packet = decodeLegacyPacket(decoder.decode(content));
    else if (kind === BINARY_KIND) packet = decodeLegacyBinary(content);
    return packet === undefined ? undefined : { packet, end };
  });
}

/** Writes a text payload. */
export function encodeLegacyPayload(parts: readonly string[]): string {
  let payload = "";
  for (const part of parts) payload += `${part.length}:${part}`;
  return payload;
}

/** Writes a binary payload. */
export function encodeLegacyBinaryPayload(parts: readonly LegacyPart[]): Uint8Array {
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    if (typeof part === "string") {
      const content = encoder.encode(part);
      chunks.push(header(TEXT_KIND, content.length), content);
    } else {
      chunks.push(header(BINARY_KIND, part.length + 1), Uint8Array.of(LEGACY_MESSAGE_BYTE), part);
    }
  }
  const payload = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    payload.set(chunk, offset);
    offset += chunk.length;
  }
  return payload;
}

function readPayload(
  size: number,
  options: LegacyPayloadOptions | undefined,
  readPacket: (start: number) => { packet: EnginePacket; end: number } | undefined,
): EnginePayload {
  const maxPackets = options?.maxPackets ?? MAX_PAYLOAD_PACKETS;
  const packets: EnginePacket[] = [];
  let start = 0;
  // A payload holds at least one packet.
  do {
    const read = packets.length < maxPackets ? readPacket(start) : undefined;
    if (read === undefined) return { packets, malformed: true };
    packets.push(read.packet);
    start = read.end;
  } while (start < size);
  return { packets, malformed: false };
}

/** Digits up to `terminator`. A packet has at least its type, so a length is never 0. */
function readLength(digitAt: (index: number) => number, start: number, terminator: number): Length | undefined {
  let value = 0;
  for (let index = start; index <= start + MAX_LENGTH_DIGITS; index += 1) {
    const digit = digitAt(index);
    if (digit === terminator) return value === 0 ? undefined : { value, end: index + 1 };
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return undefined;
}

function header(kind: number, length: number): Uint8Array {
  return Uint8Array.from([kind, ...String(length).split("").map(Number), LENGTH_END]);
}
