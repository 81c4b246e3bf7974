// Delivery: what both directions of a resumable session have come to (docs/PROTOCOL.md, "Session resume"): the messages that may
// have to be sent again, those that came, and when the server is to hear of them. Called by the session, which does the sending.
import { ACKNOWLEDGE_AFTER_MS, ReceiveCount, SendWindow, readCount, readNoop } from "@everwire/protocol";
import type { EnginePacket } from "@everwire/protocol";
import { isMessage, makePacket, sizeOf, type QueuedPacket } from "./send-buffer.js";
import type { Timer, TimerFunctions } from "./timers.js";
import type { Transport } from "./transports/transport.js";

export class Delivery {
  /** Times that the session was tried to be resumed. */
  leg = 0;
  readonly #timers: TimerFunctions;
  readonly #onDue: () => void;
  readonly #window: SendWindow<QueuedPacket>;
  readonly #count = new ReceiveCount();
  /** Messages that the transport in use has taken, or the server had before it: behind `sent` while a replay waits. */
  #position = 0;
  #timer: Timer;

  /** `onDue`: the server should hear how many messages came. */
  constructor(timers: TimerFunctions, maxBytes: number, onDue: () => void) {
    this.#timers = timers;
    this.#window = new SendWindow(maxBytes);
    this.#onDue = onDue;
  }

  /** Bytes that the server has not acknowledged. */
  get bytes(): number {
    return this.#window.bytes;
  }

  get received(): number {
    return this.#count.received;
  }

  /** Messages came that the server does not know to have arrived. */
  get isOwing(): boolean {
    return this.#count.isOwing;
  }

  /** The count of received messages, which leaves now. */
  take(): string {
    this.stop();
    return this.#count.take();
  }

  stop(): void {
    this.#timers.clearTimeoutFn(this.#timer);
    this.#timer = undefined;
  }

  /** A packet came. False if it says what can't be. */
  onPacket({ type, data }: EnginePacket, transport: Transport): boolean {
    let acknowledged: number | undefined;
    if (type === "message") {
      this.#onReceived(transport, this.#count.add(sizeOf(data)));
      return true;
    } else if (type === "ping" || type === "pong") acknowledged = readCount(data);
    else if (type === "noop" && data !== undefined) {
      const noop = readNoop(data);
      if (noop && "skipped" in noop) {
        this.#count.skip(noop.skipped);
        this.#onReceived(transport);
        return true;
      }
      acknowledged = noop?.acknowledged;
    } else return true;
    return acknowledged !== undefined && this.#window.acknowledge(acknowledged);
  }

  /** The transport is about to take these. */
  onSend(packets: readonly QueuedPacket[], { batches, query }: Transport): void {
    if (batches) query.n = this.#position;
    packets.forEach((packet) => {
      if (isMessage(packet)) {
        this.#position++;
        if (!packet.isSent) this.#window.add(packet);
        packet.isSent = true;
      } else this.#position += packet.skipped ?? 0;
    });
  }

  /** They have left: by a request, whose answer means that they have arrived. */
  onDrain({ batches }: Transport): void {
    if (batches) this.#window.acknowledge(this.#position);
  }

  /** The requests of a transport say by themselves what has come so far, and over which leg. */
  mark({ batches, query }: Transport): void {
    if (batches) query.ack = this.received;
    if (this.leg) query.leg = this.leg;
  }

  /** The server has received so many: what it lacks, in order. `undefined` if that can't be, or if it is no longer here. */
  replay(received: number): QueuedPacket[] | undefined {
    const replay = this.#window.replay(received);
    this.#position = received;
    return replay?.map((item) =>
      typeof item === "number" ? { ...makePacket("noop", `+${String(item)}`), skipped: item } : item,
    );
  }

  /** What a replay would need was let go. */
  get hasOverflowed(): boolean {
    return this.#window.hasOverflowed;
  }

  #onReceived(transport: Transport, isDue?: boolean): void {
    if (transport.batches) this.mark(transport);
    else if (isDue) this.#onDue();
    else this.#timer ??= this.#timers.setTimeoutFn(this.#onDue, ACKNOWLEDGE_AFTER_MS);
  }
}
