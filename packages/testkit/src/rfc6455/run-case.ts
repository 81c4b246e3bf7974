// Carries a case of the conformance suite out on a TCP connection whose WebSocket handshake is done.
import type { RawTcp } from "../raw-tcp.js";
import { turns } from "../wait.js";
import { Opcode, encodeFrame, readFrame } from "../ws-frame.js";
import type { Frame } from "../ws-frame.js";
import { close } from "./case.js";
import type { ExpectedFrame, Part, Rfc6455Case, SentFrame } from "./case.js";

/** A frame as a test compares it: large payloads as what they are and no more. */
export interface SeenFrame {
  readonly opcode: number;
  readonly payload: string;
}

export interface Outcome {
  /** Every frame that the server sent, the close frame last. */
  readonly frames: readonly SeenFrame[];
  /** The same as the list wants them. */
  readonly expected: readonly SeenFrame[];
  /** Bytes behind the close frame. */
  readonly bytesBehind: number;
}

/** Pieces of which there are more go out without a pause between. */
const MOST_PAUSES = 200;
/** A large message and its echo on a busy machine. */
const PATIENCE = { timeoutMs: 20_000 };

/**
 * Sends what the case says, reads until the server closes, and waits until it has ended the connection.
 * @param prefix stands in front of every text, both ways
 */
export async function runCase(tcp: RawTcp, { parts, close: end }: Rfc6455Case, prefix = ""): Promise<Outcome> {
  const frames: SeenFrame[] = [];
  const expected: SeenFrame[] = [];
  for (const part of parts()) {
    await send(tcp, part, prefix);
    for (const reply of part.replies ?? []) {
      expected.push(see(reply, prefix));
      const frame = await readFrame(tcp, PATIENCE);
      frames.push(see(frame));
      // Nothing comes behind it.
      if (frame.opcode === Opcode.CLOSE) break;
    }
  }
  if (end === undefined) tcp.write(encode(close(1000), ""));
  const { code, reason = "" } = end ?? { code: 1000 };
  expected.push(see(code === 1005 ? close() : close(code, reason)));
  while (frames.at(-1)?.opcode !== Opcode.CLOSE) frames.push(see(await readFrame(tcp, PATIENCE)));
  await tcp.closed();
  return { frames, expected, bytesBehind: tcp.unreadBytes };
}

async function send(tcp: RawTcp, { frames, chop }: Part, prefix: string): Promise<void> {
  const bytes = Buffer.concat(frames.map((frame) => encode(frame, prefix)));
  const ends = endsOf(bytes.length, chop, prefix);
  let start = 0;
  for (const end of ends) {
    tcp.write(bytes.subarray(start, end));
    start = end;
    if (ends.length <= MOST_PAUSES) await turns(1);
  }
}

/** Where the pieces end. */
function endsOf(length: number, chop: Part["chop"], prefix: string): number[] {
  if (chop === undefined) return [length];
  // Behind a header of two bytes and the mask.
  if (typeof chop === "object") return [...chop.map((bytes) => 6 + prefix.length + bytes), length];
  return Array.from({ length: Math.ceil(length / chop) }, (_, index) => Math.min(length, (index + 1) * chop));
}

function encode({ payload, ...options }: SentFrame, prefix: string): Buffer {
  const isText = options.opcode === Opcode.TEXT;
  return encodeFrame(isText ? Buffer.concat([Buffer.from(prefix), Buffer.from(payload)]) : payload, options);
}

function see({ opcode, payload }: ExpectedFrame | Frame, prefix = ""): SeenFrame {
  const bytes = Buffer.from(payload);
  return { opcode, payload: (opcode === Opcode.TEXT ? prefix : "") + bytes.toString("latin1") };
}
