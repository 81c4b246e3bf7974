// Resume: what a session has that can be resumed (docs/PROTOCOL.md, "Session resume"): its counts, the watch over a silent connection,
// and while it is suspended the tries to bring it back. Made at the handshake; the session tells it what comes and goes.
import type { CloseReason, EnginePacket, HandshakeData, ResumeTerms } from "@everwire/protocol";
import { parseHandshake } from "#codec";
import type { TransportError } from "../errors.js";
import { Delivery } from "./delivery.js";
import { MAX_TIMER_MS } from "./heartbeat.js";
import { Liveness } from "./liveness.js";
import type { ResolvedOptions, ResumeOptions } from "./options.js";
import { MIN_WAIT_MS, Resumption } from "./resumption.js";
import { isMessage, type QueuedPacket } from "./send-buffer.js";
import type { AvailableTransport, TransportList } from "./transport-list.js";
import type { CloseDetails, Transport } from "./transports/transport.js";

/** Messages that may be on their way without a sign of their arrival: several times what an acknowledgement is due after. */
const MAX_UNHEARD_BYTES = 256 * 1024;

/** What it needs of its session. */
export interface ResumeHandler {
  /** Send a ping with this count. */
  onAsk(count: string): void;
  /** The server should hear how many messages came. */
  onDue(): void;
  /** Nothing is heard of the server. */
  onDead(): void;
  /** A transport for the next try, not opened yet. */
  onTry(available: AvailableTransport): Transport;
  /** The server has taken the session up again over this transport, and lacks these. */
  onResumed(transport: Transport, handshake: HandshakeData, replay: QueuedPacket[]): void;
  /** It will not come back. `lateMs`: and that much earlier it should have been given up. */
  onLost(reason: CloseReason, details?: CloseDetails | TransportError, lateMs?: number): void;
}

export class Resume {
  readonly delivery: Delivery;
  readonly #opts: ResolvedOptions;
  readonly #handler: ResumeHandler;
  readonly #windowMs: number;
  readonly #liveness: Liveness;
  #resumption: Resumption | undefined;
  /** What the next break waits before it is mended: longer each time that the line breaks before anything has come over it. */
  #haltMs = 0;

  constructor(opts: ResolvedOptions, terms: ResumeTerms, handler: ResumeHandler) {
    const { windowMs = Infinity, maxBufferBytes = opts.maxBufferedBytes } = Object(opts.resume) as ResumeOptions;
    this.#opts = opts;
    this.#handler = handler;
    this.#windowMs = Math.min(windowMs, terms.windowMs, MAX_TIMER_MS);
    const delivery = new Delivery(opts, maxBufferBytes, () => handler.onDue());
    const ask = (): number => {
      handler.onAsk(delivery.take());
      // More than this is acknowledged piece by piece, and so is heard of meanwhile.
      return Math.min(delivery.bytes, MAX_UNHEARD_BYTES);
    };
    this.delivery = delivery;
    this.#liveness = new Liveness(opts, ask, () => handler.onDead());
  }

  /** A packet came. False if it says what can't be. */
  onPacket(packet: EnginePacket, transport: Transport): boolean {
    this.#haltMs = 0;
    this.#liveness.onHeard();
    if (isMessage(packet)) this.#liveness.onTraffic();
    return this.delivery.onPacket(packet, transport);
  }

  onSend(packets: readonly QueuedPacket[], transport: Transport): void {
    if (packets.some(isMessage)) this.#liveness.onTraffic();
    this.delivery.onSend(packets, transport);
  }

  /** The page is back, or the network. */
  onWake(): void {
    if (this.#resumption) this.#resumption.hurry();
    else this.#liveness.probe();
  }

  /** The page is put away: what would be opened now, the browser would close. */
  onHide(): void {
    this.#resumption?.rest();
  }

  /**
   * The session is suspended: tries over the transport that broke, then over the others, again and again. `lateMs`: the line broke so
   * long ago, if above 0, and the server has waited since then.
   */
  begin(transports: TransportList, broken: string, lateMs: number): void {
    const order = transports.from(broken);
    const haltMs = this.#haltMs;
    this.#haltMs = Math.min(haltMs * 2 || MIN_WAIT_MS, this.#opts.reconnectionDelayMax);
    this.#resumption = new Resumption(this.#opts, this.#windowMs - Math.max(0, lateMs), haltMs, {
      onTry: (attempt) => {
        this.delivery.leg++;
        const transport = this.#handler.onTry(order[attempt % order.length] as AvailableTransport);
        Object.assign(transport.query, { ew: 1, resume: this.delivery.take() });
        return transport;
      },
      onAnswer: (transport, packet) => this.#onAnswer(transport, packet),
      onUnknown: (details) => this.#handler.onLost("session unknown", details),
      onExpired: (lateMs) => this.#handler.onLost("session expired", undefined, lateMs),
    });
  }

  /** The transport is gone, or back, or the session is over. */
  stop(): void {
    this.delivery.stop();
    this.#liveness.stop();
    this.#resumption?.stop();
    this.#resumption = undefined;
  }

  #onAnswer(transport: Transport, { type, data }: EnginePacket): boolean {
    let handshake: HandshakeData;
    try {
      handshake = parseHandshake(type === "open" && data);
    } catch {
      return false;
    }
    const { sid, resume: { received } = {} } = handshake;
    if (sid !== transport.query.sid || received === undefined) return false;
    this.stop();
    const replay = this.delivery.replay(received);
    if (replay) this.#handler.onResumed(transport, handshake, replay);
    else {
      // In good order, so that the server does not wait for it.
      transport.close();
      this.#handler.onLost(this.delivery.hasOverflowed ? "buffer overflow" : "parse error");
    }
    return true;
  }
}
