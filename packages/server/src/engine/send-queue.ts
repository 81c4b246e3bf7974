// What a session was given to send and its transport has not taken yet, with the callbacks of `send`. It knows what waits and how
// much that is; when it goes, and when it is too much, the session decides.
import type { OutgoingPacket } from "./outgoing-packet.js";
import { SendCallbacks } from "./send-callbacks.js";
import type { SendCallback } from "./send-callbacks.js";
import type { Transport } from "./transports/transport.js";
import type { UserCode } from "./user-code.js";

/** What a queued packet costs besides its data, so that a flood of empty ones has an end too. */
const PACKET_OVERHEAD_BYTES = 64;

const NONE: readonly OutgoingPacket[] = [];

export class SendQueue {
  // Neither of the two exists while nothing waits: most sessions are idle most of the time. A list of one is the packet's own, which others have too.
  #packets: readonly OutgoingPacket[] | undefined = undefined;
  #callbacks: SendCallbacks | undefined = undefined;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#packets === undefined || this.#packets.length === 0;
  }

  /** Data of the packets, and a fixed amount for each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The list itself, until it is taken: whoever asks may change it. */
  get packets(): OutgoingPacket[] {
    if (this.#packets === undefined || this.#isShared) this.#packets = [...(this.#packets ?? NONE)];
    return this.#packets as OutgoingPacket[];
  }

  /** What a packet takes of the room. */
  static sizeOf(packet: OutgoingPacket): number {
    return packet.byteLength + PACKET_OVERHEAD_BYTES;
  }

  /** Whether so many bytes may wait too, with so many in all. */
  hasRoomFor(bytes: number, maxBytes: number): boolean {
    return this.#bytes + bytes <= maxBytes;
  }

  push(packet: OutgoingPacket): void {
    this.#bytes += SendQueue.sizeOf(packet);
    if (this.#packets === undefined) this.#packets = packet.alone;
    else this.packets.push(packet);
  }

  /** Runs when what was pushed until now has left. */
  addCallback(callback: SendCallback): void {
    (this.#callbacks ??= new SendCallbacks()).add(callback);
  }

  /** All that waits, for the transport. */
  take(): readonly OutgoingPacket[] {
    const packets = this.#packets ?? NONE;
    this.#packets = undefined;
    this.#bytes = 0;
    this.#callbacks?.handOver();
    return packets;
  }

  /** What was taken has left by this transport. */
  onSent(transport: Transport, userCode: UserCode): void {
    this.#callbacks?.run(transport, userCode);
  }

  /** What was only worth sending at once is not sent any more. */
  dropVolatile(): void {
    if (this.#packets === undefined) return;
    for (const packet of this.#packets) if (packet.isVolatile) this.#bytes -= SendQueue.sizeOf(packet);
    this.#packets = this.#packets.filter((packet) => !packet.isVolatile);
  }

  get #isShared(): boolean {
    return this.#packets?.[0]?.hasAlone(this.#packets) === true;
  }

  /** Nobody is told any more that something has left. */
  dropCallbacks(): void {
    this.#callbacks = undefined;
  }

  dropPackets(): void {
    this.#packets = undefined;
    this.#bytes = 0;
  }
}
