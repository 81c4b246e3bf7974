// Holds what is sent to one socket while its session is taken up again: it is in its rooms already, and what it missed goes first.
// Its connection asks the gate about each packet that an adapter writes; an Admission sets it up and opens it.
import { byteLengthOf, createReader, type Packet, PacketType, type Parser } from "@everwire/protocol";
import type { EncodedPacket, WriteOptions } from "./adapter/adapter.js";

/** A packet as an adapter wrote it. */
export interface HeldPacket {
  readonly encoded: EncodedPacket;
  readonly options: WriteOptions;
}

interface Held extends HeldPacket {
  /** Its place in the log, if it has one. */
  readonly offset: string | undefined;
}

/** What is sent when the gate opens: something that was missed, or something that was held. */
export type Released = { readonly missed: unknown[] } | HeldPacket;

/** A connection, as its gates see it. */
interface GateKeeper {
  gates: Set<RecoveryGate> | undefined;
}

const MAX_PACKETS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

export class RecoveryGate {
  readonly #namespace: string;
  readonly #parser: Parser | undefined;
  #held: Held[] = [];
  #bytes = 0;
  #isFull = false;

  constructor(namespace: string, parser: Parser | undefined) {
    this.#namespace = namespace;
    this.#parser = parser;
  }

  /** From now on everything for the socket is held. */
  shut(connection: GateKeeper): void {
    connection.gates ??= new Set();
    connection.gates.add(this);
  }

  /** Nothing is held any longer. */
  open(connection: GateKeeper): void {
    connection.gates?.delete(this);
    if (connection.gates?.size === 0) connection.gates = undefined;
  }

  /** More was sent than is held: some of it is lost, and the session with it. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether that packet is for the socket, and was taken. */
  take(encoded: EncodedPacket, options: WriteOptions): boolean {
    const packet = this.#decode(encoded);
    if (packet?.nsp !== this.#namespace) return false;
    // It can't be sent right now.
    if (options.volatile === true || this.#isFull) return true;
    for (const part of encoded) this.#bytes += typeof part === "string" ? part.length : byteLengthOf(part);
    if (this.#held.length >= MAX_PACKETS || this.#bytes > MAX_BYTES) {
      this.#isFull = true;
      this.#held = [];
      return true;
    }
    this.#held.push({ encoded, options, offset: offsetOf(packet) });
    return true;
  }

  /** What was missed, then what was held and is not among it; what has no place in the log keeps its place in between. */
  release(missed: readonly unknown[][]): Released[] {
    const known = new Set(missed.map((data) => data.at(-1)));
    const before = new Map<unknown, Held[]>();
    const after: Held[] = [];
    let unplaced: Held[] = [];
    for (const held of this.#held.splice(0)) {
      if (held.offset === undefined) {
        unplaced.push(held);
        continue;
      }
      if (known.has(held.offset)) before.set(held.offset, unplaced);
      else after.push(...unplaced, held);
      unplaced = [];
    }
    const first = missed.flatMap((data): Released[] => [...(before.get(data.at(-1)) ?? []), { missed: data }]);
    return [...first, ...after, ...unplaced];
  }

  // An adapter gives a packet as it goes over the wire; the parser may be the user's own.
  #decode(encoded: EncodedPacket): Packet | undefined {
    let packet: Packet | undefined;
    const reader = createReader(this.#parser, (decoded) => (packet = decoded), { maxAttachments: Infinity });
    try {
      for (const part of encoded) reader.read(part);
    } catch {
      // Nothing that this server's parser reads: it can't be told whose it is.
      return undefined;
    } finally {
      reader.destroy();
    }
    return packet;
  }
}

/** Whether one of the gates has taken that packet. */
export function isHeld(gates: Set<RecoveryGate>, encoded: EncodedPacket, options: WriteOptions): boolean {
  for (const gate of gates) if (gate.take(encoded, options)) return true;
  return false;
}

function offsetOf({ type, id, data }: Packet): string | undefined {
  if ((type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) || id !== undefined) return undefined;
  const last: unknown = Array.isArray(data) ? data.at(-1) : undefined;
  return typeof last === "string" && last !== "" ? last : undefined;
}
