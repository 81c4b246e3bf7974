export type ChunkNotation = string | { hex: string } | { pieces: (string | [string, number])[] };
export type Target =
  "engine-packet" | "engine-payload" | "legacy-payload" | "handshake" | "socket-packet" | "round-trip";

export function toChunk(notation: ChunkNotation): string | Buffer;
export function fromChunk(chunk: string | Uint8Array): ChunkNotation;
export function toData(value: unknown): unknown;
export function fromData(value: unknown): unknown;
export function makeChecks(protocol: object): Record<Target, (input: readonly unknown[]) => void>;
