import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toChunk } from "../test/checks.mjs";
import type { ChunkNotation } from "../test/checks.mjs";
import { loadVectors, normalize, toBytes, type Direction, type EnginePacketNotation } from "../test/vectors.js";
import type { BinaryData } from "./binary.js";
import type { EnginePacket, EnginePacketType } from "./engine-packet.js";
import {
  LEGACY_MESSAGE_BYTE,
  decodeLegacyBinary,
  decodeLegacyBinaryPayload,
  decodeLegacyPacket,
  decodeLegacyPayload,
  encodeLegacyBinaryPayload,
  encodeLegacyPayload,
} from "./legacy-payload.js";
import type { LegacyPart } from "./legacy-payload.js";

interface LegacyPayloadVector {
  name: string;
  direction: Direction;
  chunk: ChunkNotation;
  packets: EnginePacketNotation[];
  malformed: boolean;
  maxPackets?: number;
}

const TYPES: EnginePacketType[] = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const vectors = loadVectors<LegacyPayloadVector>("legacy-payloads.json");

const toPacket = ({ type, data }: EnginePacketNotation): EnginePacket =>
  data === undefined ? { type } : { type, data: toChunk(data) };
const partOf = ({ type, data }: EnginePacket): LegacyPart =>
  typeof data === "string" || data === undefined ? `${String(TYPES.indexOf(type))}${data ?? ""}` : toBytes(data);
const asText = (part: LegacyPart): string =>
  typeof part === "string" ? part : `b4${Buffer.from(part).toString("base64")}`;
const decode = (chunk: unknown, maxPackets?: number): { packets: EnginePacket[]; malformed: boolean } => {
  const options = maxPackets === undefined ? undefined : { maxPackets };
  if (typeof chunk === "string") return decodeLegacyPayload(chunk, options);
  return decodeLegacyBinaryPayload(toBytes(chunk as BinaryData), options);
};

describe("legacy payload vectors", () => {
  it.each(vectors.filter(({ direction }) => direction !== "encode"))("decode: $name", (vector) => {
    const expected = { packets: vector.packets.map(toPacket), malformed: vector.malformed };
    expect(normalize(decode(toChunk(vector.chunk), vector.maxPackets))).toEqual(normalize(expected));
  });

  it.each(vectors.filter(({ direction }) => direction === "both"))("encode: $name", ({ chunk, packets }) => {
    const parts = packets.map(toPacket).map(partOf);
    const encoded =
      typeof chunk === "string" ? encodeLegacyPayload(parts.map(asText)) : encodeLegacyBinaryPayload(parts);
    expect(normalize(encoded)).toEqual(normalize(toChunk(chunk)));
  });
});

describe("legacy payloads", () => {
  it("give binary data as a view of what they came in, and so as a Buffer where that was one", () => {
    const body = Buffer.from([1, 3, 255, LEGACY_MESSAGE_BYTE, 7, 8]);
    const data = decodeLegacyBinaryPayload(body).packets[0]?.data;
    expect(data).toBeInstanceOf(Buffer);
    expect((data as Buffer).buffer).toBe(body.buffer);
  });

  it("hold 50,000 packets and not one more", () => {
    const noops = (count: number): string => "1:6".repeat(count);
    expect(decodeLegacyPayload(noops(50_000))).toMatchObject({ malformed: false });
    const { packets, malformed } = decodeLegacyPayload(noops(50_001));
    expect([packets.length, malformed]).toEqual([50_000, true]);
  });

  it("read alone what a WebSocket message holds", () => {
    expect(decodeLegacyPacket("4text")).toEqual({ type: "message", data: "text" });
    expect(decodeLegacyPacket("b4AQI=")).toEqual({ type: "message", data: Buffer.from([1, 2]) });
    expect(decodeLegacyPacket("")).toBeUndefined();
    expect(decodeLegacyPacket("bAQI=")).toBeUndefined();
    expect(decodeLegacyBinary(Buffer.from([4, 9]))).toEqual({ type: "message", data: Buffer.from([9]) });
    expect(decodeLegacyBinary(Buffer.alloc(0))).toBeUndefined();
    expect(decodeLegacyBinary(Buffer.from([0x34]))).toBeUndefined();
  });
});

describe("properties of legacy payloads", () => {
  const packet = fc.oneof(
    fc.constantFrom(...TYPES).map((type): EnginePacket => ({ type })),
    fc.string({ unit: "grapheme", minLength: 1 }).map((data): EnginePacket => ({ type: "message", data })),
    fc.uint8Array({ maxLength: 300 }).map((data): EnginePacket => ({ type: "message", data })),
  );
  const packets = fc.array(packet, { minLength: 1, maxLength: 8 });

  it("decode what was encoded, in both forms", () => {
    fc.assert(
      fc.property(packets, (list) => {
        const expected = normalize({ packets: list, malformed: false });
        const parts = list.map(partOf);
        expect(normalize(decodeLegacyPayload(encodeLegacyPayload(parts.map(asText))))).toEqual(expected);
        expect(normalize(decodeLegacyBinaryPayload(encodeLegacyBinaryPayload(parts)))).toEqual(expected);
      }),
    );
  });

  it("cut anywhere give packets that were sent, and never throw", () => {
    fc.assert(
      fc.property(packets, fc.nat(), (list, seed) => {
        const parts = list.map(partOf);
        const text = encodeLegacyPayload(parts.map(asText));
        const bytes = encodeLegacyBinaryPayload(parts);
        for (const { packets: read } of [
          decodeLegacyPayload(text.slice(0, seed % text.length)),
          decodeLegacyBinaryPayload(bytes.subarray(0, seed % bytes.length)),
        ]) {
          expect(normalize(read)).toEqual(normalize(list.slice(0, read.length)));
        }
      }),
    );
  });

  it("of random input give packets or say that it is malformed, and never throw", () => {
    const near = fc.array(fc.constantFrom(0, 1, 2, 4, 9, 10, 48, 52, 58, 98, 255), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          near.map((list) => Uint8Array.from(list)),
        ),
        (bytes) => {
          for (const read of [
            decodeLegacyBinaryPayload(bytes),
            decodeLegacyPayload(Buffer.from(bytes).toString("latin1")),
          ]) {
            expect(read.malformed || read.packets.length > 0).toBe(true);
          }
        },
      ),
    );
  });
});
