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
  /** In which direction they are counted: in each by itself, or only towards the server ("up") or the client. */
  resetDirection: "both" | "up" | "down";
  /** Only the connections that have become a WebSocket are reset by it, counted from its request on. */
  resetsTunnelsOnly: boolean;
  /** New connections are reset at once. */
  refuse: boolean;
  /** Nothing goes through and nobody is told: a half-open connection. Both ways, or only towards the server ("up") or the client. */
  frozen: boolean | "up" | "down";
  /** The answers to these requests come late, or not at all. */
  answersTo: "" | "GET" | "POST";
  /** How late; with Infinity the answer is swallowed and its connection reset: the server did what it was asked, nobody hears of it. */
  answerDelayMs: number;
  /** So many of these answers pass unharmed first. */
  answersPassed: number;
  /** Connections that carry this are reset: the ones that do, and the ones that try. */
  block: "" | "websocket" | "polling";
  /** What is blocked is not reset: it hangs. */
  blocksSilently: boolean;
}

export const HARMLESS: Toxics = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: 0,
  sliceBytes: 0,
  resetAfterBytes: 0,
  resetDirection: "both",
  resetsTunnelsOnly: false,
  refuse: false,
  frozen: false,
  answersTo: "",
  answerDelayMs: 0,
  answersPassed: 0,
  block: "",
  blocksSilently: false,
};
