// SendBuffer: the packets of a session that have not left yet, in order, and how many bytes they are. The one place that
// outgoing packets go through. Used by the session alone.
import type { EnginePacket, EnginePacketType, RawData, WindowMessage } from "@everwire/protocol";
import { nextTick } from "#platform";
import type { SendOptions } from "./session-events.js";

/** `byteLength`: in a payload, without the packet's type. */
export interface QueuedPacket extends EnginePacket, WindowMessage {
  /** A message that a transport has had before; set by Delivery. */
  isSent?: boolean;
  /** Stands for so many messages that are not sent again. */
  readonly skipped?: number;
}

export class SendBuffer {
  packets: QueuedPacket[] = [];
  /** Bytes of what waits or is on its way. */
  bytes = 0;
  /** How many packets, from the first on, the transport has in hand. */
  #inFlight = 0;
  #isPlanned = false;

  add(packet: QueuedPacket): void {
    this.bytes += packet.byteLength;
    this.packets.push(packet);
  }

  /** Calls back once a turn: what is sent in one turn leaves together, for polling in one request. */
  plan(flush: () => void): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    nextTick(() => {
      this.#isPlanned = false;
      flush();
    });
  }

  /** The packets for the next write: all, or as many as `maxBytes` holds in one payload, but at least one. */
  take(maxBytes = Infinity): QueuedPacket[] {
    let count = 0;
    // One byte for a packet's type, one more for the separator before it.
    let total = -1;
    for (const packet of this.packets) {
      total += packet.byteLength + 2;
      if (count > 0 && total > maxBytes) break;
      count++;
    }
    this.#inFlight = count;
    return this.packets.slice(0, count);
  }

  /** What was taken has left; returns whether it was anything. */
  drained(): boolean {
    const gone = this.packets.splice(0, this.#inFlight);
    gone.forEach((packet) => (this.bytes -= packet.byteLength));
    this.#inFlight = 0;
    return gone.length > 0;
  }

  /** Other packets take the place of all: none has left. */
  reset(packets: QueuedPacket[]): void {
    this.packets = packets;
    this.#inFlight = 0;
    this.bytes = packets.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** What has to leave again goes first. An attachment of what is left out at the end of it is left out too. */
  replay(packets: QueuedPacket[]): void {
    const isCut = packets[packets.length - 1]?.skipped;
    const from = isCut ? this.packets.findIndex(({ isVolatile, isBinary }) => !(isVolatile && isBinary)) : 0;
    this.reset(packets.concat(from < 0 ? [] : this.packets.slice(from)));
  }

  /** The messages that no transport has had. */
  get unsent(): QueuedPacket[] {
    return this.packets.filter((packet) => isMessage(packet) && !packet.isSent);
  }
}

/** What is counted, and not lost with a transport. */
export function isMessage({ type }: EnginePacket): boolean {
  return type === "message";
}

export function makePacket(type: EnginePacketType, data?: RawData, options?: SendOptions): QueuedPacket {
  const isBinary = typeof data !== "string";
  return { type, data, options, byteLength: sizeOf(data), isVolatile: !!options?.volatile, isBinary } as QueuedPacket;
}

/** Bytes that data takes in a payload: UTF-8 for text, base64 for binary. */
export function sizeOf(data: RawData | undefined): number {
  if (typeof data === "string") return utf8Length(data);
  if (!data) return 0;
  const { byteLength, size } = data as { byteLength?: number; size?: number };
  return Math.ceil((byteLength ?? size ?? 0) / 3) * 4;
}

function utf8Length(text: string): number {
  if (!/[\x80-\uffff]/.test(text)) return text.length;
  let length = 0;
  // By code points: a surrogate pair is one of four bytes, half of one is replaced by three.
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    length += code > 0xffff ? 4 : code > 0x7ff ? 3 : code > 0x7f ? 2 : 1;
  }
  return length;
}
