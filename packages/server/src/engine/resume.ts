// What makes a session resumable (docs/PROTOCOL.md, "Session resume"): its counts, the messages that the client has not
// acknowledged, and the wait for a client whose transport broke. Only sessions whose client asked for it have one. Owned by the
// session, which moves; this only knows what was sent, what has arrived, and what has to be sent again.
import { ACKNOWLEDGE_AFTER_MS, ReceiveCount, SendWindow, readCount, readNoop } from "@everwire/protocol";
import type { CloseReason, EnginePacketType, RawData } from "@everwire/protocol";
import { Deadline } from "./deadlines.js";
import type { Deadlines } from "./deadlines.js";
import { OutgoingPacket } from "./outgoing-packet.js";
import type { RequestQuery } from "./request-query.js";
import type { ResumeTerms } from "./resume-options.js";

/** What it needs of its session. */
export interface ResumeHost {
  readonly server: { readonly deadlines: Deadlines };
  sendPacket(packet: OutgoingPacket): void;
  /** The client is told by other packets, or by the transport itself, what has arrived. */
  readonly confirms: boolean;
  /** The client broke the rules of the counts. */
  onMiscount(): void;
  /** The client has not come back in time. */
  onWindowOver(): void;
}

export class Resume extends Deadline {
  readonly terms: ResumeTerms;
  /** Number of the client's last try to resume; older ones were held up on their way. */
  leg = 0;
  /** Why the session is suspended. */
  reason: CloseReason | undefined = undefined;
  /** It is to be closed once the client has been told what waits. */
  closesAfterwards = false;
  readonly #host: ResumeHost;
  readonly #window: SendWindow<OutgoingPacket>;
  readonly #counts = new ReceiveCount();
  #lost: OutgoingPacket[] = [];

  constructor(host: ResumeHost, terms: ResumeTerms) {
    super();
    this.#host = host;
    this.terms = terms;
    this.#window = new SendWindow(terms.maxBufferBytes);
  }

  get received(): number {
    return this.#counts.received;
  }

  /** Bytes that are kept for the client. */
  get bytes(): number {
    return this.#window.bytes;
  }

  /** False once a message was let go that the client may ask for: it can't have the session back. */
  get isWhole(): boolean {
    return !this.#window.hasOverflowed;
  }

  /** A ping, pong or noop with the count on it. */
  count(type: "ping" | "pong" | "noop"): OutgoingPacket {
    return new OutgoingPacket(type, this.#counts.take());
  }

  /** These leave by a transport, for the first time. */
  onSending(packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) if (packet.type === "message") this.#window.add(packet);
  }

  /** A packet has arrived. False if the session has nothing to do with it: it is dealt with here, or broke the rules. */
  onPacket(type: EnginePacketType, data: RawData | undefined): boolean {
    switch (type) {
      case "message":
        this.#onMessage(data);
        return true;
      case "ping":
        if (this.#acknowledge(data)) this.#host.sendPacket(this.count("pong"));
        return false;
      case "pong":
        return this.#acknowledge(data);
      case "noop":
        return this.#onNoop(data);
      default:
        return true;
    }
  }

  /**
   * Reads what a polling request says of the counts: how many messages of its body are here already; `undefined` if that
   * contradicts what is known.
   */
  readRequest({ ack, n }: RequestQuery): number | undefined {
    if (ack !== undefined) {
      const acknowledged = readCount(ack);
      if (acknowledged === undefined || !this.#window.acknowledge(acknowledged)) return undefined;
    }
    if (n === undefined) return 0;
    const sentBefore = readCount(n);
    return sentBefore === undefined || sentBefore > this.received ? undefined : this.received - sentBefore;
  }

  /**
   * A poll is here whose `ack` was read: a client polls when it has read all that was answered to it, so what it does not acknowledge was lost
   * on the way. Browsers repeat a poll by themselves when its connection breaks, and nobody but the server can tell. False if something of it is
   * no longer here.
   */
  onPoll(): boolean {
    const { sent, acknowledged } = this.#window;
    if (sent === acknowledged) return true;
    const lost = this.replay(acknowledged);
    this.#lost = lost ?? [];
    return lost !== undefined;
  }

  /** What the last poll showed to be lost; once. */
  takeLost(): readonly OutgoingPacket[] {
    const lost = this.#lost;
    if (lost.length > 0) this.#lost = [];
    return lost;
  }

  /** The wait for the client begins. */
  suspend(reason: CloseReason): void {
    this.reason = reason;
    this.#lost = [];
    this.#host.server.deadlines.set(this, this.terms.windowMs);
  }

  /** The packets that a client lacks which has received so many; `undefined` if that can't be, or they are no longer here. */
  replay(received: number): OutgoingPacket[] | undefined {
    return this.#window
      .replay(received)
      ?.map((item) => (typeof item === "number" ? new OutgoingPacket("noop", `+${item}`) : item));
  }

  /** The client is back, with its try number `leg`; it is told what has arrived. */
  resume(leg: number): { received: number } {
    this.stop();
    this.leg = leg;
    this.reason = undefined;
    return { received: Number(this.#counts.take()) };
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#host.server.deadlines.clear(this);
  }

  override onDeadline(): void {
    if (this.reason !== undefined) this.#host.onWindowOver();
    else if (this.#counts.isOwing && !this.#host.confirms) this.#host.sendPacket(this.count("noop"));
  }

  #onMessage(data: RawData | undefined): void {
    // The bytes of text are measured where it matters; here its length will do.
    const isDue = this.#counts.add(
      typeof data === "string" ? data.length : ((data as Buffer | undefined)?.length ?? 0),
    );
    if (this.#host.confirms) return;
    if (isDue) this.#host.sendPacket(this.count("noop"));
    else if (this.queue === undefined) this.#host.server.deadlines.set(this, ACKNOWLEDGE_AFTER_MS);
  }

  #acknowledge(data: RawData | undefined): boolean {
    const count = readCount(data);
    if (count !== undefined && this.#window.acknowledge(count)) return true;
    this.#host.onMiscount();
    return false;
  }

  #onNoop(data: RawData | undefined): boolean {
    const noop = readNoop(data);
    if (noop !== undefined && "skipped" in noop) {
      this.#counts.skip(noop.skipped);
      return true;
    }
    return this.#acknowledge(data);
  }
}
