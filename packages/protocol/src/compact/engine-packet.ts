// Engine.IO protocol v4 packets and payloads for a page: what ../engine-packet.ts does on engine.io-parser, in the bytes that a
// page can afford. Same answers, held by the same vectors. Called by the transports of the client's browser build.
import { isBinary, isBlob, isView } from "../binary.js";
import type { BinaryData, RawData } from "../binary.js";
import type {
  BinaryType,
  EnginePacket,
  EnginePacketType,
  EnginePayload,
  EnginePayloadOptions,
} from "../engine-packet.js";

/** As in engine.io-parser: the place in this list is the type's digit. */
const TYPES: readonly EnginePacketType[] = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const SEPARATOR = "\x1e";

declare const Blob: new (parts: BinaryData[]) => BinaryData;
declare const FileReader: new () => {
  result: string;
  onload: () => void;
  onerror: () => void;
  readAsDataURL(blob: BinaryData): void;
};
declare const atob: (base64: string) => string;

/** Decodes one WebSocket message or one part of a payload; `undefined` when it is no packet. */
export function decodeEnginePacket(chunk: RawData, binaryType?: BinaryType): EnginePacket | undefined {
  try {
    if (typeof chunk !== "string") return isBinary(chunk) ? message(chunk, binaryType) : undefined;
    const data = chunk.slice(1);
    if (chunk[0] === "b") return message(bytesOf(data), binaryType);
    const type = TYPES[chunk[0] as unknown as number];
    return type && (data ? { type, data } : { type });
  } catch {
    // What is no base64 is no packet.
    return undefined;
  }
}

/** Encodes one packet. The callback runs synchronously, but for binary data that has to become base64. */
export function encodeEnginePacket(
  { type, data }: EnginePacket,
  supportsBinary: boolean,
  callback: (encoded: RawData) => void,
): void {
  if (!isBinary(data)) {
    // As on Node: what is falsy is an empty message.
    callback(`${String(TYPES.indexOf(type))}${data || ""}`);
  } else if (supportsBinary) {
    callback(data);
  } else {
    // Of all ways to base64 the one that every page and worker has, for buffers and Blobs alike, and off the main thread.
    const reader = new FileReader();
    reader.onload = () => {
      callback(`b${reader.result.split(",")[1] ?? ""}`);
    };
    // A file that can't be read any more: a noop in its place, so that those behind it go on.
    reader.onerror = () => {
      callback("6");
    };
    reader.readAsDataURL(new Blob([data]));
  }
}

/** Decodes a payload of HTTP long-polling; stops at the first bad packet. */
export function decodeEnginePayload(text: string, { binaryType }: EnginePayloadOptions): EnginePayload {
  const packets: EnginePacket[] = [];
  const malformed = text.split(SEPARATOR).some((part) => {
    const packet = decodeEnginePacket(part, binaryType);
    if (packet) packets.push(packet);
    return !packet;
  });
  return { packets, malformed };
}

/** Encodes packets, one at least, as one text payload, binary data as base64; the callback may be synchronous. */
export function encodeEnginePayload(packets: readonly EnginePacket[], callback: (text: string) => void): void {
  const parts: string[] = [];
  let left = packets.length;
  packets.forEach((packet, index) => {
    encodeEnginePacket(packet, false, (part) => {
      parts[index] = part as string;
      if (!--left) callback(parts.join(SEPARATOR));
    });
  });
}

function message(bytes: BinaryData, binaryType: BinaryType | undefined): EnginePacket {
  let data = bytes;
  if (binaryType === "blob") data = isBlob(bytes) ? bytes : new Blob([bytes]);
  else if (isView(bytes))
    data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return { type: "message", data };
}

function bytesOf(base64: string): Uint8Array {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
