// The open packet of a session (Engine.IO protocol v4, "Handshake"): JSON with the session's id and its timings.
// Written by the server's engine, read by the client's.
import { ProtocolError } from "./errors.js";

export interface HandshakeData {
  /** Id of the session, sent back in the query of each later request. */
  sid: string;
  /** Transports that the server offers to upgrade to. */
  upgrades: string[];
  /** Milliseconds between two pings of the server. */
  pingInterval: number;
  /** Milliseconds that an answer may take. */
  pingTimeout: number;
  /** Bytes that one chunk may hold; Infinity when the server names no limit. */
  maxPayload: number;
  /** The session can be resumed (docs/PROTOCOL.md, "Session resume"). */
  resume?: ResumeTerms;
}

/** What a server offers whose sessions can be resumed. */
export interface ResumeTerms {
  /** Milliseconds that a broken session waits to be resumed. */
  windowMs: number;
  /** Bytes that the server keeps for it. */
  maxBufferBytes: number;
  /** Messages that the server has received; only in the answer to a resume. */
  received?: number;
}

/** Reads the open packet's data; throws a ProtocolError on anything that no server of this protocol sends. Unknown keys are ignored. */
export function parseHandshake(text: unknown): HandshakeData {
  if (typeof text !== "string") throw invalid("it is not text");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("it is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("it is not an object");
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload, resume } = value as Partial<
    Record<keyof HandshakeData, unknown>
  >;
  if (typeof sid !== "string" || sid === "") throw invalid("sid is not a text");
  if (!Array.isArray(upgrades)) throw invalid("upgrades is not a list");
  return {
    sid,
    upgrades: upgrades.map(readUpgrade),
    pingInterval: readNumber("pingInterval", pingInterval),
    pingTimeout: readNumber("pingTimeout", pingTimeout),
    // The first servers of this protocol revision did not send it.
    maxPayload: maxPayload === undefined ? Infinity : readNumber("maxPayload", maxPayload),
    ...(resume === undefined ? undefined : { resume: readResume(resume) }),
  };
}

function readResume(value: unknown): ResumeTerms {
  if (typeof value !== "object" || value === null) throw invalid("resume is not an object");
  const { windowMs, maxBufferBytes, received } = value as Partial<Record<keyof ResumeTerms, unknown>>;
  return {
    windowMs: readNumber("resume.windowMs", windowMs),
    maxBufferBytes: readNumber("resume.maxBufferBytes", maxBufferBytes),
    ...(received === undefined ? undefined : { received: readReceived(received) }),
  };
}

/** Writes the open packet's data; an unlimited `maxPayload` is left out. */
export function formatHandshake(data: HandshakeData): string {
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload, resume } = data;
  // By hand, for its shape is known: a microsecond less of each connection.
  return (
    `{"sid":${JSON.stringify(sid)},"upgrades":${upgrades.length === 0 ? "[]" : JSON.stringify(upgrades)}` +
    `,"pingInterval":${pingInterval},"pingTimeout":${pingTimeout}` +
    (maxPayload === Infinity ? "" : `,"maxPayload":${maxPayload}`) +
    (resume === undefined ? "}" : `,"resume":${JSON.stringify(resume)}}`)
  );
}

function readUpgrade(name: unknown): string {
  if (typeof name !== "string") throw invalid("upgrades holds something else than names");
  return name;
}

function readReceived(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw invalid("resume.received is not a count");
  return value as number;
}

function readNumber(key: string, value: unknown): number {
  // JSON has no NaN, but 1e999 is read as Infinity.
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw invalid(`${key} is not a positive number`);
  return value;
}

function invalid(why: string, cause?: unknown): ProtocolError {
  return new ProtocolError(
    "ERR_INVALID_HANDSHAKE",
    `failed to read handshake: ${why}`,
    cause === undefined ? undefined : { cause },
  );
}
