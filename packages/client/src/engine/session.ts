// Session: one Engine.IO session (`Socket` for users of the engine): handshake, heartbeat, the write buffer, suspension and end.
// The Manager holds it by `handler`; users listen to its events.
import { ENGINE_PROTOCOL, EverwireError, SESSION_STATES, transition } from "@everwire/protocol";
import type { BinaryType, CloseReason, EnginePacket, HandshakeData, RawData } from "@everwire/protocol";
import { nextTick } from "#platform";
import { Emitter } from "../emitter.js";
import { TransportError } from "../errors.js";
import { trace } from "../trace.js";
import { Heartbeat } from "./heartbeat.js";
import { Link, type LinkHandler } from "./link.js";
import { resolveOptions, type ResolvedOptions, type SessionOptions } from "./options.js";
import { watchPage } from "./page-watch.js";
import { Resume, type ResumeHandler } from "./resume.js";
import { SendBuffer, isMessage, makePacket, type QueuedPacket } from "./send-buffer.js";
import type { SendOptions, SessionEvents, SessionHandler } from "./session-events.js";
import type { AvailableTransport } from "./transport-list.js";
import type { CloseDetails, Transport } from "./transports/transport.js";

type SessionState = keyof typeof SESSION_STATES;
type NoEvents = { [Event in never]: never };

export class Session extends Emitter<NoEvents, NoEvents, SessionEvents> {
  static readonly protocol = ENGINE_PROTOCOL;
  /** An upgrade to WebSocket has succeeded in this process; see `rememberUpgrade`. */
  static priorWebsocketSuccess = false;

  id: string | undefined;
  readonly opts: ResolvedOptions;
  readonly hostname: string;
  readonly port: string;
  readonly secure: boolean;
  handler: SessionHandler | undefined;
  /** How long ago, by the clock, the session should have ended: the page, or the device, was asleep then. @internal */
  lateMs = 0;

  readonly #link: Link;
  readonly #heartbeat: Heartbeat;
  readonly #buffer = new SendBuffer();
  readonly #unwatchPage: () => void;
  /** Only of a session that can be resumed. */
  #resume: Resume | undefined;
  readonly #linkHandler: LinkHandler = {
    canUpgrade: () => this.#readyState === "open",
    onMade: (transport) => {
      if (this.id) transport.query.sid = this.id;
      else if (this.opts.resume) transport.query.ew = 1;
      this.#resume?.delivery.mark(transport);
    },
    onHandshake: (packet, handshake) => this.#onHandshake(packet, handshake),
    onOpen: () => undefined,
    onPacket: (packet) => this.#onPacket(packet),
    onDrain: () => this.#onDrain(),
    onError: (error) => this.#onError(error),
    onClose: (details, isFinal) => this.#break("transport close", details, isFinal),
    onProbed: (transport) => this.emitReserved("upgrading", transport),
    onSwap: (transport) => {
      Session.priorWebsocketSuccess = transport.name === "websocket";
      // The last answers to polls had no request behind them.
      this.#isAckDue = !!this.#resume?.delivery.isOwing;
      this.emitReserved("upgrade", transport);
      this.#finishClosing();
    },
    onUpgradeError: (error) => this.emitReserved("upgradeError", error),
    onUpgradeFailed: () => {
      this.#flush();
      this.#finishClosing();
    },
  };
  readonly #resumeHandler: ResumeHandler = {
    onAsk: (count) => this.#enqueue("ping", count),
    onDue: () => {
      this.#isAckDue = true;
      this.#buffer.plan(() => this.#flush());
    },
    onDead: () => this.#readyState === "open" && this.#break("ping timeout"),
    onTry: (available) => this.#link.make(available),
    onResumed: (transport, handshake, replay) => this.#onResumed(transport, handshake, replay),
    onLost: (reason, details, lateMs = 0) => {
      this.lateMs = lateMs;
      this.#close(reason, details);
    },
  };
  #readyState: SessionState = "opening";
  #maxPayload = Infinity;
  /** The server should hear how many messages came. */
  #isAckDue = false;

  constructor(uri?: string | SessionOptions | null, options: SessionOptions = {}) {
    super();
    const given = uri && typeof uri === "object" ? uri : options;
    const opts = resolveOptions(typeof uri === "string" ? uri : undefined, given);
    this.opts = opts;
    this.hostname = opts.hostname;
    this.port = opts.port;
    this.secure = opts.secure;
    this.#heartbeat = new Heartbeat(opts, () => this.#break("ping timeout"));
    this.#unwatchPage = watchPage(opts, {
      onOffline: () => this.#break("transport close", { description: "network connection lost" }),
      onLeave: () => {
        this.#link.cancelUpgrade();
        this.#lastTransport().leave();
      },
      onHide: () => {
        this.#break("transport close", { description: "page frozen" });
        this.#resume?.onHide();
      },
      onWake: () => !this.isStale() && this.#resume?.onWake(),
    });
    this.#link = new Link(opts, Session.priorWebsocketSuccess, this.#linkHandler);
    this.#open();
  }

  get readyState(): SessionState {
    return this.#readyState;
  }

  /** The transport in use. There is none only in a session that was given no transport at all. */
  get transport(): Transport {
    return this.#link.transport as Transport;
  }

  /** Packets that have not left yet. */
  get writeBuffer(): EnginePacket[] {
    return this.#buffer.packets;
  }

  get bufferedBytes(): number {
    return this.#buffer.bytes;
  }

  /** A packet given now leaves at once: nothing is before it and the transport takes it. */
  get writable(): boolean {
    const isAlive = this.#readyState === "open" && this.#heartbeat.lateMs <= 0;
    return isAlive && !this.#buffer.packets.length && this.#link.writable;
  }

  get upgrading(): boolean {
    return this.#link.isSwapping;
  }

  get binaryType(): BinaryType {
    return this.opts.binaryType;
  }

  set binaryType(type: BinaryType) {
    this.opts.binaryType = type;
    this.#link.transport?.setBinaryType(type);
  }

  /** Sends a message; `callback` runs on the next `flush`. Ignored once the session is closing. */
  send(data: RawData, options?: SendOptions | (() => void) | null, callback?: () => void): this {
    if (typeof options === "function") return this.send(data, null, options);
    this.#enqueue("message", data, { ...options, compress: options?.compress !== false }, callback);
    return this;
  }

  write(data: RawData, options?: SendOptions | (() => void) | null, callback?: () => void): this {
    return this.send(data, options, callback);
  }

  /** Closes when what is buffered has left and a running upgrade has ended. */
  close(): this {
    const state = this.#readyState;
    if (state === "opening" || state === "suspended") {
      if (state === "suspended") this.#lastTransport().close();
      this.#close("forced close");
    } else if (state === "open") {
      this.#moveTo("closing");
      this.#finishClosing();
    }
    return this;
  }

  /**
   * Whether the ping is overdue by the clock, as after a sleep: the session closes right after the question. One that can be
   * resumed is suspended instead, and not stale.
   */
  isStale(): boolean {
    const isStale = this.#heartbeat.lateMs > 0;
    if (isStale) nextTick(() => this.#break("ping timeout"));
    return isStale && !this.#resume;
  }

  #open(): void {
    if (this.#link.list.available.length) {
      this.#link.open();
      return;
    }
    nextTick(() => {
      const text = "No transports available";
      this.handler?.onError(new TransportError(text));
      this.emitReserved("error", text);
    });
  }

  #enqueue(type: EnginePacket["type"], data?: RawData, options?: SendOptions, callback?: () => void): void {
    if (this.#readyState === "closing" || this.#readyState === "closed") return;
    const packet = makePacket(type, data, options);
    const { bytes } = this.#buffer;
    const kept = this.#resume?.delivery.bytes ?? 0;
    // A single large message is the caller's own; the cap is for what piles up. What is kept to be sent again has its own.
    if (bytes && bytes + packet.byteLength > this.opts.maxBufferedBytes + kept) {
      this.#close(
        "buffer overflow",
        new EverwireError("ERR_BUFFER_OVERFLOW", "failed to send message: send buffer is full"),
      );
      return;
    }
    this.emitReserved("packetCreate", packet);
    this.#buffer.add(packet);
    if (callback) this.once("flush", callback);
    this.#buffer.plan(() => this.#flush());
  }

  #flush(): void {
    const state = this.#readyState;
    if ((state !== "open" && state !== "closing") || !this.#link.writable) return;
    if (this.#isAckDue) {
      this.#isAckDue = false;
      this.#buffer.add(makePacket("noop", this.#resume?.delivery.take()));
    }
    if (!this.#buffer.packets.length) return;
    const { transport } = this;
    const packets = this.#buffer.take(transport.batches ? this.#maxPayload : Infinity);
    this.#resume?.onSend(packets, transport);
    trace?.("wire", ">", transport.name, ...packets);
    transport.send(packets);
    this.emitReserved("flush");
  }

  #onDrain(): void {
    this.#resume?.delivery.onDrain(this.transport);
    const hadSent = this.#buffer.drained();
    if (this.#buffer.packets.length || this.#isAckDue) this.#flush();
    else if (hadSent) this.#onEmpty();
  }

  #onEmpty(): void {
    this.handler?.onDrain?.();
    this.emitReserved("drain");
    this.#finishClosing();
  }

  #onPacket(packet: EnginePacket): void {
    const { type, data } = packet;
    if (this.#resume) {
      if (type === "close") this.#close("transport close");
      else if (!this.#resume.onPacket(packet, this.transport)) this.#close("parse error");
      if (this.#readyState === "closed") return;
    }
    this.emitReserved("packet", packet);
    this.emitReserved("heartbeat");
    if (type === "message") {
      this.handler?.onMessage(data as RawData);
      this.emitReserved("data", data as RawData);
      this.emitReserved("message", data as RawData);
    } else if (type === "ping") {
      this.#heartbeat.restart();
      this.#enqueue("pong", this.#resume?.delivery.take());
      this.handler?.onPing?.();
      this.emitReserved("ping");
      this.emitReserved("pong");
    }
  }

  #onHandshake(packet: EnginePacket, handshake: HandshakeData): void {
    this.#onPacket(packet);
    // A listener may have closed the session, here and below.
    if (this.#readyState !== "opening") return;
    const { transport } = this;
    this.id = transport.query.sid = handshake.sid;
    this.#agree(transport, handshake);
    this.emitReserved("handshake", handshake);
    if (this.readyState !== "opening") return;
    this.#moveTo("open");
    Session.priorWebsocketSuccess = transport.name === "websocket";
    this.handler?.onOpen();
    this.emitReserved("open");
    this.#flush();
    this.#link.startUpgrade(handshake.upgrades, !!this.#resume);
  }

  #agree(transport: Transport, { maxPayload, pingInterval, pingTimeout, resume }: HandshakeData): void {
    delete transport.query.ew;
    delete transport.query.resume;
    this.#maxPayload = maxPayload || Infinity;
    this.#heartbeat.restart(pingInterval + pingTimeout);
    if (!resume || this.#resume || !this.opts.resume) return;
    this.#resume = new Resume(this.opts, resume, this.#resumeHandler);
    this.#resume.delivery.mark(transport);
  }

  #onError(error: TransportError): void {
    Session.priorWebsocketSuccess = false;
    // What is not understood, here or there, would only come again; a body that is too large would be sent again.
    this.#break("transport error", error, error.message === "parser error" || error.description === 413);
  }

  /** The connection is gone, or as good as. `isFinal`: and with it the session. */
  #break(reason: CloseReason, details?: CloseDetails | Error, isFinal?: boolean): void {
    if (this.#readyState === "suspended") return;
    this.lateMs = this.#heartbeat.lateMs;
    if (isFinal || !this.#resume || this.#readyState !== "open") {
      if (details instanceof TransportError) {
        this.handler?.onError(details);
        this.emitReserved("error", details);
      }
      this.#close(reason, details);
      return;
    }
    this.#moveTo("suspended");
    this.#rest();
    this.transport.drop();
    this.#buffer.reset(this.#buffer.unsent);
    this.handler?.onSuspend?.(reason, details);
    this.emitReserved("suspend", reason, details);
    if (this.readyState === "suspended") this.#resume.begin(this.#link.list, this.transport.name, this.lateMs);
  }

  #onResumed(transport: Transport, handshake: HandshakeData, replay: QueuedPacket[]): void {
    this.#link.attach(transport);
    this.#agree(transport, handshake);
    this.#buffer.replay(replay);
    this.#moveTo("open");
    const summary = { replayed: replay.filter(isMessage).length };
    this.handler?.onResume?.(summary);
    this.emitReserved("resume", summary);
    if (this.#buffer.packets.length) this.#flush();
    else this.#onEmpty();
    this.#link.startUpgrade(handshake.upgrades, !!this.#resume);
  }

  /**
   * What tells the server that the session is over when it is closed or left. Suspended, a transport made for that: never opened, and
   * above the leg of every try. One that can't send unopened, as WebSocket, tells nothing.
   */
  #lastTransport(): Transport {
    if (!this.#resume || this.#readyState !== "suspended") return this.transport;
    this.#resume.delivery.leg++;
    return this.#link.make(this.#link.list.from("polling")[0] as AvailableTransport);
  }

  #finishClosing(): void {
    if (this.#readyState === "closing" && !this.#buffer.packets.length && !this.upgrading) this.#close("forced close");
  }

  #close(reason: CloseReason, details?: CloseDetails | Error): void {
    if (this.#readyState === "closed") return;
    this.#moveTo("closed");
    this.#rest();
    this.#link.detach();
    this.#unwatchPage();
    this.id = undefined;
    this.handler?.onClose(reason, details);
    this.emitReserved("close", reason, details);
    // Only now: a listener may look at what did not leave.
    this.#buffer.reset([]);
  }

  /** No more on the transport in use. */
  #rest(): void {
    this.#heartbeat.stop();
    this.#resume?.stop();
    this.#link.cancelUpgrade();
    this.#isAckDue = false;
  }

  #moveTo(state: SessionState): void {
    this.#readyState = transition(SESSION_STATES, this.#readyState, state);
    trace?.("session", state, this.id);
  }
}
