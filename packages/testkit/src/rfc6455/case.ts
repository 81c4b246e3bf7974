// One case of the conformance suite of RFC 6455: what a client sends to an echo server, and what has to come back. The numbers are those of
// the Autobahn test suite's public list, which servers of this protocol are measured by; the tables beside this file follow it.
import { Opcode, type FrameOptions } from "../ws-frame.js";

export interface SentFrame extends FrameOptions {
  readonly opcode: number;
  readonly payload: string | Uint8Array;
}

export interface ExpectedFrame {
  readonly opcode: number;
  readonly payload: string | Uint8Array;
}

/** What is sent, and what has to be back before the next part goes out. */
export interface Part {
  readonly frames: readonly SentFrame[];
  readonly replies?: readonly ExpectedFrame[];
  /**
   * How the bytes are cut, each piece a write of its own: every so many bytes, or behind that many bytes of payload of the first frame,
   * which is short. One write if it is not given.
   */
  readonly chop?: number | readonly number[];
}

export interface Rfc6455Case {
  /** Its number in the list. */
  readonly id: string;
  readonly what: string;
  /** Made when the case runs: some are large. */
  readonly parts: () => readonly Part[];
  /** How the server closes, by itself or in answer. Not given: the client closes with 1000, and is answered so. */
  readonly close?: { readonly code: number; readonly reason?: string };
}

export function text(payload: string | Uint8Array, options: FrameOptions = {}): SentFrame {
  return { ...options, opcode: Opcode.TEXT, payload };
}

export function binary(payload: Uint8Array, options: FrameOptions = {}): SentFrame {
  return { ...options, opcode: Opcode.BINARY, payload };
}

export function more(payload: string | Uint8Array, options: FrameOptions = {}): SentFrame {
  return { ...options, opcode: Opcode.CONTINUATION, payload };
}

export function ping(payload: string | Uint8Array = "", options: FrameOptions = {}): SentFrame {
  return { ...options, opcode: Opcode.PING, payload };
}

export function pong(payload: string | Uint8Array = "", options: FrameOptions = {}): SentFrame {
  return { ...options, opcode: Opcode.PONG, payload };
}

/** A close frame; without a code it is empty. */
export function close(code?: number, reason: string | Uint8Array = ""): SentFrame {
  if (code === undefined) return { opcode: Opcode.CLOSE, payload: "" };
  return { opcode: Opcode.CLOSE, payload: Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), Buffer.from(reason)]) };
}

/** A message cut into frames, none of them with more than `bytes`. */
export function fragments(opcode: number, payload: Uint8Array, bytes: number): SentFrame[] {
  const frames: SentFrame[] = [];
  for (let start = 0; start === 0 || start < payload.length; start += bytes)
    frames.push({
      opcode: start === 0 ? opcode : Opcode.CONTINUATION,
      payload: payload.subarray(start, start + bytes),
      fin: start + bytes >= payload.length,
    });
  return frames;
}

export const NOT_FINAL: FrameOptions = { fin: false };
