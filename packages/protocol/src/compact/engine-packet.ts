// Engine.IO protocol v4 packets and payloads for a page: what ../engine-packet.ts does on engine.io-parser, in the bytes that a
// page can afford. Same answers, held by the same vectors. Called by the transports of the client's browser build.
import { isBinary } from "../binary.js";
import type { BinaryData, RawData } from "../binary.js";
import { readBase64, toBinaryType, writeBase64 } from "./binary-form.js";
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

/** Decodes one WebSocket message or one part of a payload; `undefined` when it is no packet. */
export function decodeEnginePacket(chunk: RawData, binaryType?: BinaryType): EnginePacket | undefined {
  try {
    if (typeof chunk !== "string") return isBinary(chunk) ? message(chunk, binaryType) : undefined;
    const data = chunk.slice(1);
    if (chunk[0] === "b") return message(readBase64(data), binaryType);
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
    writeBase64(data, callback);
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

function message(bytes: BinaryData, binaryType: BinaryType | undefined): EnginePacket {
  return { type: "message", data: toBinaryType(bytes, binaryType) };
}
