// Reads the conformance vectors and turns their notation (vectors/README.md) into values. Used by the vector, property and corpus
// tests.
import { readFileSync, readdirSync } from "node:fs";
import type { BinaryData } from "../src/binary.js";
import type { EnginePacketType } from "../src/engine-packet.js";
import type { HandshakeData } from "../src/handshake.js";
import type { PacketReaderOptions } from "../src/packet-reader.js";
import type { Packet } from "../src/socket-packet.js";
import { fromData, toData } from "./checks.mjs";
import type { ChunkNotation, Target } from "./checks.mjs";

export type Direction = "both" | "decode" | "encode";
export interface EnginePacketNotation {
  type: EnginePacketType;
  data?: string | { hex: string };
}

export interface EnginePacketVector {
  name: string;
  direction: Direction;
  chunk: ChunkNotation;
  packet: EnginePacketNotation | null;
  supportsBinary?: boolean;
}

export interface EnginePayloadVector {
  name: string;
  direction: Direction;
  text: string;
  packets: EnginePacketNotation[];
  malformed: boolean;
  maxPackets?: number;
}

export interface HandshakeVector {
  name: string;
  direction: Direction;
  text: string;
  handshake?: Omit<HandshakeData, "maxPayload"> & { maxPayload: number | null };
  error?: { code: string };
}

export interface SocketPacketVector {
  name: string;
  direction: Direction;
  chunks: ChunkNotation[];
  packet: Packet;
}

export interface SocketErrorVector {
  name: string;
  direction: "decode" | "encode";
  chunks?: ChunkNotation[];
  packet?: Packet;
  options?: PacketReaderOptions;
  error: { code: string; message: string };
}

export interface CorpusEntry {
  target: Target;
  /** What went wrong when the input was found. */
  found: string;
  /** Chunks, or one packet for the target "round-trip". */
  input: unknown[];
}

const FOLDER = new URL("../", import.meta.url);

export function loadVectors<Vector>(file: string): Vector[] {
  return JSON.parse(readFileSync(new URL(`vectors/${file}`, FOLDER), "utf8")) as Vector[];
}

export function loadCorpus(): [string, CorpusEntry][] {
  const files = readdirSync(new URL("corpus/", FOLDER)).filter((file) => file.endsWith(".json"));
  return files.map((file) => [
    file,
    JSON.parse(readFileSync(new URL(`corpus/${file}`, FOLDER), "utf8")) as CorpusEntry,
  ]);
}

export function toPacket(notation: Packet): Packet {
  return "data" in notation ? { ...notation, data: toData(notation.data) } : { ...notation };
}

/** Bytes of any kind as one kind, so that data can be compared. */
export const normalize = (value: unknown): unknown => toData(fromData(value));

export const toBytes = (data: BinaryData): Uint8Array => normalize(data) as Uint8Array;
