// How many messages one side of a resumable session has received, and when it is time to say so (docs/PROTOCOL.md, "Counting and
// acknowledging"). The sessions of both sides keep one each; the clock is theirs.

/** An acknowledgement is due after so many messages, or so many bytes. */
const MESSAGES_A_NOOP = 32;
const BYTES_A_NOOP = 64 * 1024;

/** And at the latest so long after the first message that has none. */
export const ACKNOWLEDGE_AFTER_MS = 1_000;

const COUNT = /^(?:0|[1-9]\d{0,15})$/;

export class ReceiveCount {
  /** Messages received in this session. */
  received = 0;
  #owedFrom = 0;
  #owedBytes = 0;

  /** Whether something is not acknowledged yet. */
  get isOwing(): boolean {
    return this.received > this.#owedFrom;
  }

  /** A message has arrived; true when an acknowledgement should leave now. */
  add(byteLength: number): boolean {
    this.received += 1;
    this.#owedBytes += byteLength;
    return this.received - this.#owedFrom >= MESSAGES_A_NOOP || this.#owedBytes >= BYTES_A_NOOP;
  }

  /** Messages that the other side left out of a replay. */
  skip(count: number): void {
    this.received += count;
  }

  /** The count, which is on its way with what it is asked for. */
  take(): string {
    this.#owedFrom = this.received;
    this.#owedBytes = 0;
    return String(this.received);
  }
}

/** Reads a count off the wire; `undefined` for anything else. */
export function readCount(text: unknown): number | undefined {
  if (typeof text !== "string" || !COUNT.test(text)) return undefined;
  const count = Number(text);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Reads what a noop says: an acknowledged count, or how many messages of a replay are left out. */
export function readNoop(text: unknown): { acknowledged: number } | { skipped: number } | undefined {
  const isSkip = typeof text === "string" && text.startsWith("+");
  const count = readCount(isSkip ? text.slice(1) : text);
  if (count === undefined) return undefined;
  return isSkip ? { skipped: count } : { acknowledged: count };
}
