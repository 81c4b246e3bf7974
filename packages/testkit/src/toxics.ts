/** What a FaultProxy does to the bytes that go through it. Zero, or false, is off. */
export interface Toxics {
  /** Added to every chunk, each way. */
  latencyMs: number;
  /** Up to this much more, at random; order is kept. */
  jitterMs: number;
  /** Bandwidth of each connection and direction. */
  bytesPerSecond: number;
  /** Chunks are cut to pieces of this many bytes, each written alone. */
  sliceBytes: number;
  /** Each connection is reset once so many bytes went through it in one direction. */
  resetAfterBytes: number;
  /** New connections are reset at once. */
  refuse: boolean;
  /** Nothing goes through and nobody is told: a half-open connection. Both ways, or only towards the server ("up") or the client. */
  frozen: boolean | "up" | "down";
}

export const HARMLESS: Toxics = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: 0,
  sliceBytes: 0,
  resetAfterBytes: 0,
  refuse: false,
  frozen: false,
};
