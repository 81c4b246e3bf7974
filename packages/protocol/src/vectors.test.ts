import { describe, expect, it } from "vitest";
import { toChunk } from "../test/checks.mjs";
import {
  loadVectors,
  normalize,
  toPacket,
  type EnginePacketNotation,
  type EnginePacketVector,
  type EnginePayloadVector,
  type HandshakeVector,
  type SocketErrorVector,
  type SocketPacketVector,
} from "../test/vectors.js";
import { Encoder } from "./encoder.js";
import { decodeEnginePacket, decodeEnginePayload, encodeEnginePacket, encodeEnginePayload } from "./engine-packet.js";
import type { EnginePacket } from "./engine-packet.js";
import { EverwireError, ProtocolError } from "./errors.js";
import { formatHandshake, parseHandshake } from "./handshake.js";
import { PacketReader } from "./packet-reader.js";
import { PacketType } from "./socket-packet.js";
import type { Packet } from "./socket-packet.js";

const enginePackets = loadVectors<EnginePacketVector>("engine-packets.json");
const enginePayloads = loadVectors<EnginePayloadVector>("engine-payloads.json");
const handshakes = loadVectors<HandshakeVector>("handshakes.json");
const socketPackets = loadVectors<SocketPacketVector>("socket-packets.json");
const binaryPackets = loadVectors<SocketPacketVector>("socket-packets-binary.json");
const socketErrors = loadVectors<SocketErrorVector>("socket-packet-errors.json");

const enginePacket = ({ type, data }: EnginePacketNotation): EnginePacket =>
  data === undefined ? { type } : { type, data: toChunk(data) };
const handshake = (vector: NonNullable<HandshakeVector["handshake"]>) => ({
  ...vector,
  maxPayload: vector.maxPayload ?? Infinity,
});
const caught = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};
const readAll = (reader: PacketReader, vector: { chunks?: SocketPacketVector["chunks"] }): Packet[] =>
  (vector.chunks ?? [])
    .map((chunk) => reader.read(toChunk(chunk)))
    .filter((packet): packet is Packet => packet !== undefined);

describe("vectors", () => {
  it("are many, named once, and show every packet type and both directions of error", () => {
    const all = [enginePackets, enginePayloads, handshakes, socketPackets, binaryPackets, socketErrors];
    expect(all.flat().length).toBeGreaterThanOrEqual(160);
    for (const list of all) expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
    const engineTypes = new Set(enginePackets.map(({ packet }) => packet?.type));
    for (const type of ["open", "close", "ping", "pong", "message", "upgrade", "noop", undefined] as const) {
      expect(engineTypes).toContain(type);
    }
    const digits = [...socketPackets, ...binaryPackets].map(({ chunks }) => String(toChunk(chunks[0] ?? "")).charAt(0));
    for (const type of Object.values(PacketType)) expect(digits).toContain(String(type));
    expect(new Set(socketErrors.map(({ direction }) => direction))).toEqual(new Set(["decode", "encode"]));
  });
});

describe("engine packet vectors", () => {
  it.each(enginePackets.filter(({ direction }) => direction !== "encode"))("decode: $name", ({ chunk, packet }) => {
    const expected = packet === null ? undefined : normalize(enginePacket(packet));
    expect(normalize(decodeEnginePacket(toChunk(chunk)))).toEqual(expected);
  });

  it.each(enginePackets.filter(({ direction }) => direction !== "decode"))("encode: $name", (vector) => {
    const { chunk, packet, supportsBinary = true } = vector;
    let encoded: unknown;
    if (packet !== null) encodeEnginePacket(enginePacket(packet), supportsBinary, (result) => (encoded = result));
    expect(normalize(encoded)).toEqual(normalize(toChunk(chunk)));
  });
});

describe("engine payload vectors", () => {
  it.each(enginePayloads.filter(({ direction }) => direction !== "encode"))("decode: $name", (vector) => {
    const options = vector.maxPackets === undefined ? undefined : { maxPackets: vector.maxPackets };
    const expected = { packets: vector.packets.map(enginePacket), malformed: vector.malformed };
    expect(normalize(decodeEnginePayload(vector.text, options))).toEqual(normalize(expected));
  });

  it.each(enginePayloads.filter(({ direction }) => direction !== "decode"))("encode: $name", (vector) => {
    let encoded: unknown;
    encodeEnginePayload(vector.packets.map(enginePacket), (text) => (encoded = text));
    expect(encoded).toBe(vector.text);
  });
});

describe("handshake vectors", () => {
  it.each(handshakes)("$name", (vector) => {
    if (vector.handshake === undefined) {
      const error = caught(() => parseHandshake(vector.text));
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject({ code: vector.error?.code });
      return;
    }
    expect(parseHandshake(vector.text)).toEqual(handshake(vector.handshake));
    if (vector.direction === "both") expect(formatHandshake(handshake(vector.handshake))).toBe(vector.text);
  });
});

describe("socket packet vectors", () => {
  const all = [...socketPackets, ...binaryPackets];

  it.each(all.filter(({ direction }) => direction !== "encode"))("decode: $name", (vector) => {
    const reader = new PacketReader();
    const decoded = readAll(reader, vector);
    expect(normalize(decoded.at(-1))).toStrictEqual(normalize(toPacket(vector.packet)));
    expect(reader.waiting).toBe(false);
  });

  it.each(all.filter(({ direction }) => direction !== "decode"))("encode: $name", ({ chunks, packet }) => {
    const encoded = new Encoder().encode(toPacket(packet));
    expect(encoded.map(normalize)).toEqual(chunks.map(toChunk).map(normalize));
  });

  it.each(socketErrors.filter(({ direction }) => direction === "decode"))("error: $name", (vector) => {
    const reader = new PacketReader(vector.options);
    const error = caught(() => readAll(reader, vector));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject(vector.error);
    expect(reader.waiting).toBe(false);
    expect(reader.read('2["next"]')).toEqual({ type: PacketType.EVENT, nsp: "/", data: ["next"] });
  });

  it.each(socketErrors.filter(({ direction }) => direction === "encode"))("error: $name", ({ packet, error }) => {
    const thrown = caught(() => packet && new Encoder().encode(toPacket(packet)));
    expect(thrown).toBeInstanceOf(EverwireError);
    expect(thrown).toMatchObject(error);
  });
});
