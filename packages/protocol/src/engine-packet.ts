// Engine.IO protocol v4 packets and payloads: a typed union over engine.io-parser that never throws on a peer's bytes.
// Called by the transports of both sides. A malformed chunk is `undefined`, a malformed payload says so beside what came before it.
import { decodePacket, encodePacket } from "engine.io-parser";
import type { Packet as ParserPacket } from "engine.io-parser";
import { isBlob, isArrayBuffer, isView } from "./binary.js";
import type { BinaryData, BlobLike, RawData } from "./binary.js";

/** Engine.IO protocol v4, "HTTP long-polling": packets of one payload are separated by the record separator. */
export const PAYLOAD_SEPARATOR = "\x1e";

/** Packets that one payload may hold: far beyond honest use, far below what a megabyte of one-byte packets would cost. */
export const MAX_PAYLOAD_PACKETS = 50_000;

export type BinaryType = "nodebuffer" | "arraybuffer" | "blob";

export type EnginePacketType = "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop";

export interface EnginePacket {
  type: EnginePacketType;
  data?: RawData;
  options?: { compress?: boolean };
}

export interface EnginePayload {
  packets: EnginePacket[];
  /** True when decoding stopped early: a bad packet, or more packets than allowed. */
  malformed: boolean;
}

export interface EnginePayloadOptions {
  binaryType?: BinaryType;
  /** Packets in one payload; default 50,000. */
  maxPackets?: number;
}

const hasNodeBuffer = "Buffer" in globalThis;

/** Decodes one WebSocket message or one part of a payload; `undefined` when it is no packet. */
export function decodeEnginePacket(chunk: RawData, binaryType?: BinaryType): EnginePacket | undefined {
  try {
    const encoded = typeof chunk === "string" ? chunk : toParserInput(chunk, binaryType);
    if (encoded === undefined) return undefined;
    const packet: ParserPacket = decodePacket(encoded, binaryType);
    return packet.type === "error" ? undefined : (packet as EnginePacket);
  } catch {
    // An engine that lacks what a binary type needs (no Blob, half an ArrayBuffer) must not turn the peer's bytes into a throw.
    return undefined;
  }
}

/**
 * Encodes one packet. The callback runs synchronously, but for a Blob (and in browsers for any binary data) that has to become
 * base64: whoever needs order waits for it. If a Blob can't be read, `onError` is told and a noop goes out in the packet's place.
 */
export function encodeEnginePacket(
  packet: EnginePacket,
  supportsBinary: boolean,
  callback: (encoded: RawData) => void,
  onError?: (error: unknown) => void,
): void {
  const { data } = packet;
  if (typeof data !== "object" || !isBlob(data)) {
    encodePacket(packet as ParserPacket, supportsBinary, callback);
  } else if (supportsBinary) {
    callback(data);
  } else if (typeof data.arrayBuffer === "function") {
    encodeBlob(data, callback, onError);
  } else {
    // Browsers before 2019 have Blob but not Blob.arrayBuffer: the parser reads it with a FileReader.
    encodePacket(packet as ParserPacket, false, callback);
  }
}

/** Decodes a payload of HTTP long-polling; stops at the first bad packet. */
export function decodeEnginePayload(text: string, options?: EnginePayloadOptions): EnginePayload {
  const maxPackets = options?.maxPackets ?? MAX_PAYLOAD_PACKETS;
  const packets: EnginePacket[] = [];
  let start = 0;
  // Not split(): a flood of separators must not become an array before it is counted.
  for (;;) {
    const end = text.indexOf(PAYLOAD_SEPARATOR, start);
    const packet = decodeEnginePacket(end === -1 ? text.slice(start) : text.slice(start, end), options?.binaryType);
    if (packet === undefined || packets.length >= maxPackets) return { packets, malformed: true };
    packets.push(packet);
    if (end === -1) return { packets, malformed: false };
    start = end + 1;
  }
}

/** Encodes packets as one text payload, binary data as base64; the callback may be synchronous. */
export function encodeEnginePayload(
  packets: readonly EnginePacket[],
  callback: (text: string) => void,
  onError?: (error: unknown) => void,
): void {
  const parts = new Array<string>(packets.length);
  let left = packets.length;
  if (left === 0) {
    callback("");
    return;
  }
  // The caller may go on pushing into its array while a Blob is read: only what was there at the start is encoded.
  packets.slice().forEach((packet, index) => {
    encodeEnginePacket(
      packet,
      false,
      (encoded) => {
        parts[index] = encoded as string;
        left -= 1;
        if (left === 0) callback(parts.join(PAYLOAD_SEPARATOR));
      },
      onError,
    );
  });
}

function encodeBlob(blob: BlobLike, callback: (encoded: RawData) => void, onError?: (error: unknown) => void): void {
  const done = (packet: ParserPacket): void => {
    encodePacket(packet, false, callback);
  };
  blob.arrayBuffer().then(
    (data) => {
      done({ type: "message", data });
    },
    (error: unknown) => {
      onError?.(error);
      done({ type: "noop" });
    },
  );
}

// The parser takes a view's whole underlying buffer, or its elements instead of its bytes, in some combinations of type and
// platform; it gets bytes that can't be misread.
function toParserInput(chunk: unknown, binaryType: BinaryType | undefined): BinaryData | undefined {
  if (isView(chunk)) {
    const { buffer, byteOffset, byteLength } = chunk;
    if (binaryType === "arraybuffer" || !hasNodeBuffer) {
      const exact = byteOffset === 0 && byteLength === buffer.byteLength;
      return (exact ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
    }
    return chunk instanceof Uint8Array ? chunk : new Uint8Array(buffer, byteOffset, byteLength);
  }
  return isArrayBuffer(chunk) || isBlob(chunk) ? chunk : undefined;
}
