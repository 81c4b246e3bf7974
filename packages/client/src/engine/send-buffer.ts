// SendBuffer: the packets of a session that have not left yet, in order, and how many bytes they are. The one place that
// outgoing packets go through. Used by the session alone.
import type { EnginePacket, RawData } from "@everwire/protocol";

export interface QueuedPacket extends EnginePacket {
  /** Bytes in a payload, without the packet's type. */
  size: number;
}

export class SendBuffer {
  packets: QueuedPacket[] = [];
  /** Bytes of what waits or is on its way. */
  bytes = 0;
  /** How many packets, from the first on, the transport has in hand. */
  #inFlight = 0;

  add(packet: QueuedPacket): void {
    this.bytes += packet.size;
    this.packets.push(packet);
  }

  /** The packets for the next write: all, or as many as `maxBytes` holds in one payload, but at least one. */
  take(maxBytes = Infinity): QueuedPacket[] {
    let count = 0;
    // One byte for a packet's type, one more for the separator before it.
    let total = -1;
    for (const packet of this.packets) {
      total += packet.size + 2;
      if (count > 0 && total > maxBytes) break;
      count++;
    }
    this.#inFlight = count;
    return this.packets.slice(0, count);
  }

  /** What was taken has left; returns whether it was anything. */
  drained(): boolean {
    const gone = this.packets.splice(0, this.#inFlight);
    gone.forEach((packet) => (this.bytes -= packet.size));
    this.#inFlight = 0;
    return gone.length > 0;
  }

  clear(): void {
    this.packets = [];
    this.bytes = this.#inFlight = 0;
  }
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
