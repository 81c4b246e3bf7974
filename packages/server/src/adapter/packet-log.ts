// The packets that a client may have missed, in the order in which they were sent, each with a number that only grows.
// It is capped by age, count and bytes, and remembers what it had to drop, so that nobody mistakes a gap for silence.
import { byteLengthOf } from "@everwire/protocol";
import type { EncodedPacket, Room } from "./adapter.js";

export interface LoggedPacket {
  readonly number: number;
  readonly atMs: number;
  readonly rooms: ReadonlySet<Room>;
  readonly except: ReadonlySet<Room> | undefined;
  /** Event name and arguments; undefined marks a packet that was sent then but can't be sent again. */
  readonly data: unknown[] | undefined;
  /** The bytes as they were sent: what the caller did to its objects since does not show. */
  readonly encoded: EncodedPacket;
}

export interface PacketLogLimits {
  maxPackets: number;
  maxBytes: number;
}

// What a record costs beside its bytes: the object, its two sets, its place in the list.
const RECORD_BYTES = 200;
// Dropped entries are cut off the list when there are this many, so that dropping one does not move all others.
const COMPACT_AT = 1_024;

export class PacketLog {
  readonly #limits: PacketLogLimits;
  #records: LoggedPacket[] = [];
  #first = 0;
  #bytes = 0;
  #last = 0;
  #droppedUpTo = 0;

  constructor(limits: PacketLogLimits) {
    this.#limits = limits;
  }

  /** Number of the newest packet; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Packets up to this number may be gone. */
  get droppedUpTo(): number {
    return this.#droppedUpTo;
  }

  get size(): number {
    return this.#records.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a number without keeping anything under it. */
  skip(): number {
    return ++this.#last;
  }

  add(packet: Omit<LoggedPacket, "number">): number {
    const number = ++this.#last;
    this.#records.push({ ...packet, number });
    this.#bytes += sizeOf(packet.encoded);
    while (this.size > this.#limits.maxPackets || this.#bytes > this.#limits.maxBytes) this.#drop();
    return number;
  }

  /** Drops what is older than `oldestMs`. */
  expire(oldestMs: number): void {
    for (let oldest = this.#records[this.#first]; oldest !== undefined; oldest = this.#records[this.#first]) {
      if (oldest.atMs >= oldestMs) return;
      this.#drop();
    }
  }

  /** Every packet kept with a number above `number`, in order. */
  *after(number: number): Generator<LoggedPacket> {
    let low = this.#first;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.number ?? Infinity) > number) high = middle;
      else low = middle + 1;
    }
    for (let index = low; index < this.#records.length; index++) {
      const record = this.#records[index];
      if (record !== undefined) yield record;
    }
  }

  #drop(): void {
    const oldest = this.#records[this.#first];
    if (oldest === undefined) return;
    this.#bytes -= sizeOf(oldest.encoded);
    this.#droppedUpTo = oldest.number;
    this.#first++;
    if (this.#first === this.#records.length || this.#first >= COMPACT_AT) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
  }
}

function sizeOf(encoded: EncodedPacket): number {
  let bytes = RECORD_BYTES;
  for (const part of encoded) bytes += typeof part === "string" ? part.length : byteLengthOf(part);
  return bytes;
}
