// One Engine.IO session on the server: a client, whichever transport carries it. It queues what is sent, hands it to its transport
// once a turn, keeps the heartbeat, and says why it ended. Made by the engine server; users know it as the engine's Socket, the
// layer above sets `handler`. Methods named onX are calls from the layer below.
import type { IncomingMessage } from "node:http";
import { SESSION_STATES, formatHandshake, transition } from "@everwire/protocol";
import type { CloseReason, EnginePacketType, RawData, SessionState } from "@everwire/protocol";
import { LazyEmitter } from "../emitter.js";
import type { EngineServer } from "./engine-server.js";
import { TransportError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import type { SessionHeartbeat } from "./heartbeat.js";
import { LegacyHeartbeat } from "./legacy-heartbeat.js";
import { NOOP, OutgoingPacket, PING, PONG, createMessage } from "./outgoing-packet.js";
import type { MessageData, PacketOptions } from "./outgoing-packet.js";
import { viewOf } from "./packet-view.js";
import { OpeningRequest } from "./request-summary.js";
import { queryOf } from "./request-query.js";
import { Resume } from "./resume.js";
import type { ResumeTerms } from "./resume-options.js";
import type { SendCallback } from "./send-callbacks.js";
import { SendQueue } from "./send-queue.js";
import type { Transport } from "./transports/transport.js";
import { Upgrade } from "./upgrade.js";

/** The layer above a session. */
export interface SessionHandler {
  onMessage(data: string | Buffer): void;
  onClose(reason: CloseReason, description?: unknown): void;
  /** Everything that was sent has left. */
  onDrain?(): void;
  onUpgrade?(): void;
}

// What it is to the layers below (TransportHandler, HeartbeatHost, UpgradeHost, Flushable) stays out of the published types, so it
// is not declared here but checked where it is handed over.
export class Session extends LazyEmitter {
  readonly id: string;
  /** Revision of the Engine.IO protocol, fixed for the life of the session. */
  readonly protocol: 3 | 4;
  readonly server: EngineServer;
  /** Address of the client, as its first connection had it; `undefined` when that was WebTransport, which does not tell. */
  readonly remoteAddress: string;
  /** The layer above. */
  handler: SessionHandler | undefined = undefined;

  readonly #opening: OpeningRequest | undefined;
  #state: SessionState = "opening";
  #transport: Transport;
  readonly #heartbeat: SessionHeartbeat;
  #upgrade: Upgrade | undefined = undefined;
  #upgraded = false;

  readonly #queue = new SendQueue();
  #marked = false;
  #overflowed = false;
  /** Only in a session that can be resumed. */
  readonly #resume: Resume | undefined;

  /** `terms`: what the client was offered, if the session can be resumed. */
  constructor(
    server: EngineServer,
    id: string,
    protocol: 3 | 4,
    transport: Transport,
    request?: IncomingMessage,
    terms?: ResumeTerms,
  ) {
    super();
    this.server = server;
    this.id = id;
    this.protocol = protocol;
    // Users know both as always there, and on the transports that are on by default they are.
    this.remoteAddress = (request && (request.socket.remoteAddress ?? "")) as string;
    this.#opening = request && new OpeningRequest(request);
    this.#heartbeat = protocol === 3 ? new LegacyHeartbeat(this) : new Heartbeat(this);
    this.#resume = terms === undefined ? undefined : new Resume(this, terms);
    this.#transport = transport;
    transport.handler = this;
  }

  get readyState(): SessionState {
    return this.#state;
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** The request that opened the session, its query parsed as `_query`; `undefined` when that was WebTransport, which has none. */
  get request(): IncomingMessage {
    return this.#opening?.get() as IncomingMessage;
  }

  /** Lets the request go, unless somebody has asked for it. @internal */
  releaseRequest(): void {
    this.#opening?.release();
  }

  get upgrading(): boolean {
    return this.#upgrade !== undefined;
  }

  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** What waits for the transport. */
  get writeBuffer(): readonly OutgoingPacket[] {
    return this.#queue.packets;
  }

  /** Bytes that the client has not been sent yet: queued here, and in its socket. */
  get bufferedBytes(): number {
    return this.#queue.bytes + this.#transport.bufferedBytes;
  }

  /** What it takes to resume this session; none if it can't be. @internal */
  get resumption(): Resume | undefined {
    return this.#resume;
  }

  /** The transport itself tells the client what has arrived. @internal */
  get confirms(): boolean {
    return this.#transport.confirms;
  }

  /** True when a packet would go out with this turn, and nothing is queued in it yet: the moment for a volatile one. */
  get writable(): boolean {
    return this.#state === "open" && this.#queue.isEmpty && this.#transport.writable;
  }

  /** Queues a message: text, a Buffer, any view or an ArrayBuffer. The callback runs once it has left. */
  send(data: MessageData, options?: Partial<PacketOptions> | SendCallback, callback?: SendCallback): this {
    const onSent = typeof options === "function" ? options : callback;
    const isQueued = this.#enqueue(createMessage(data, typeof options === "function" ? undefined : options));
    if (isQueued && typeof onSent === "function") this.#queue.addCallback(onSent);
    return this;
  }

  /** The same as `send`. */
  write(data: MessageData, options?: Partial<PacketOptions> | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /** Queues a ready packet, which many sessions may share. */
  sendPacket(packet: OutgoingPacket): void {
    this.#enqueue(packet);
  }

  /** Closes once all that is queued has left; with `discard` at once, dropping what the transport does not take at this moment. */
  close(discard = false): this {
    // What only waits for the end of the turn goes now.
    if (this.#marked) this.flush();
    if (this.#state === "suspended") {
      if (discard || this.#resume === undefined) this.#onClosed("forced close");
      else this.#resume.closesAfterwards = true;
      return this;
    }
    if (this.#state === "open") this.#move("closing");
    else if (!discard || this.#state !== "closing") return this;
    if (discard || this.#queue.isEmpty) this.#transport.close(discard);
    return this;
  }

  /** Sends the open packet and starts to live. @internal */
  open(): void {
    const { initialPacket } = this.server.opts;
    this.#move("open");
    const terms = this.#resume && { resume: this.server.offer(this.#resume.terms) };
    this.#enqueue(new OutgoingPacket("open", formatHandshake({ ...this.server.describe(this), ...terms })));
    if (initialPacket !== undefined) this.#enqueue(createMessage(initialPacket));
    this.emit("open");
    this.#heartbeat.start();
    this.flush();
  }

  /** Hands all that is queued to the transport, if it takes a batch. Called by the outbox at the end of a turn. @internal */
  flush(): void {
    this.#marked = false;
    if (this.#overflowed) {
      const why = "the client does not read and too much is waiting for it";
      this.#onClosed("buffer overflow", new TransportError("ERR_BUFFER_OVERFLOW", `failed to queue packet: ${why}`));
    }
    if (this.#queue.isEmpty || this.#state === "closed" || !this.#transport.writable) return;
    const packets = this.#queue.take();
    this.#resume?.onSending(packets);
    this.emit("flush", packets);
    this.server.emit("flush", this, packets);
    // Unless a listener has closed the session.
    if (this.readyState !== "closed") this.#transport.send(packets);
  }

  /** Starts to probe a better transport; false if that can't be now. @internal */
  beginUpgrade(candidate: Transport): boolean {
    if (this.#state !== "open" || this.#upgraded || this.#upgrade !== undefined) return false;
    // Only where the client was told that it may: not from one WebSocket to another, and not with upgrades switched off.
    if (!this.server.upgrades(this.#transport.name).includes(candidate.name)) return false;
    this.#upgrade = new Upgrade(this, candidate);
    this.#upgrade.start();
    return true;
  }

  /** Waits for the client to come back: its transport broke. */
  #suspend(resume: Resume, reason: CloseReason, description: unknown): void {
    this.#move("suspended");
    this.#heartbeat.stop();
    this.#upgrade?.abandon();
    this.#transport.handler = undefined;
    this.#transport.abandon();
    this.#queue.dropVolatile();
    resume.suspend(reason);
    this.emit("suspend", reason, description);
    if (this.readyState !== "suspended") return;
    if (resume.isWhole && this.#queue.bytes + resume.bytes <= resume.terms.maxBufferBytes)
      this.server.suspended.add(this, resume.terms.maxSuspended);
    else this.#onClosed("buffer overflow", description);
  }

  /**
   * The client is back on another transport, with its try number `leg`, and lacks these packets. The old transport may seem alive
   * still. @internal
   */
  resume(transport: Transport, leg: number, replay: readonly OutgoingPacket[]): void {
    const resume = this.#resume;
    if (resume === undefined) return;
    if (this.#state === "open") this.#suspend(resume, "transport close", undefined);
    if (this.#state !== "suspended") {
      transport.close();
      return;
    }
    this.server.suspended.delete(this);
    this.#move("open");
    this.#upgraded = false;
    this.#transport = transport;
    transport.handler = this;
    const { received } = resume.resume(leg);
    const terms = { ...this.server.describe(this), resume: { ...this.server.offer(resume.terms), received } };
    this.#heartbeat.start();
    transport.send([new OutgoingPacket("open", formatHandshake(terms)), ...replay]);
    const { counters } = this.server.suspended;
    counters.resumed += 1;
    counters.replayed += replay.length;
    this.emit("resume", { replayed: replay.length });
    this.flush();
    if (resume.closesAfterwards) this.close();
  }

  /** @internal */
  onPacket(type: EnginePacketType, data: RawData | undefined): void {
    if (this.#state !== "open") return;
    if (this.#resume !== undefined && !this.#resume.onPacket(type, data)) return;
    if (this.listenerCount("packet") > 0) this.emit("packet", data === undefined ? { type } : { type, data });
    // The direction is the session's: in revision 4 the server pings, in revision 3 the client did.
    if (type === "ping" || type === "pong") {
      this.#onBeat(type);
      return;
    }
    this.#heartbeat.onOtherPacket();
    if (type === "message") {
      this.handler?.onMessage(data as string | Buffer);
      this.emit("data", data);
      this.emit("message", data);
    } else if (type === "close") {
      this.#onClosed("transport close");
    }
  }

  /** @internal */
  onReady(): void {
    this.flush();
  }

  /** @internal */
  onDrain(): void {
    this.#queue.onSent(this.#transport);
    if (!this.#queue.isEmpty) return;
    this.emit("drain");
    this.server.emit("drain", this);
    this.handler?.onDrain?.();
    if (this.#state === "closing") this.#transport.close();
  }

  /** @internal */
  onError(error: TransportError): void {
    const isMalformed = error.code === "ERR_PACKET_MALFORMED" || error.code === "ERR_PAYLOAD_MALFORMED";
    if (isMalformed) this.#onClosed("parse error", error);
    else if (error.isFinal) this.#onClosed("transport error", error);
    else this.#onBroken("transport error", error);
  }

  /** @internal */
  onClose(byPeer: boolean, isFinal = true): void {
    if (!byPeer) this.#onClosed("forced close");
    else if (isFinal) this.#onClosed("transport close");
    else this.#onBroken("transport close");
  }

  /** What a request of the transport says of the counts: how many messages of its body are known; `undefined`: that can't be. @internal */
  onRequest(request: IncomingMessage): number | undefined {
    return this.#resume === undefined ? 0 : this.#resume.readRequest(queryOf(request));
  }

  /** The client wants back what is not here any more, or never was. @internal */
  onUnresumable(): void {
    if (this.#resume?.isWhole === false) this.#onClosed("buffer overflow");
    else this.onMiscount();
  }

  /** @internal */
  onMiscount(): void {
    this.#onClosed("parse error", new TransportError("ERR_MISCOUNT", "failed to read packet: its count can't be"));
  }

  /** @internal */
  onWindowOver(): void {
    this.server.suspended.counters.expired += 1;
    this.#onClosed("session expired");
  }

  #onBeat(type: "ping" | "pong"): void {
    if (type !== this.#heartbeat.beat) {
      this.onError(new TransportError("ERR_HEARTBEAT_DIRECTION", "invalid heartbeat direction"));
      return;
    }
    this.#heartbeat.onBeat();
    if (type === "ping") this.sendPacket(PONG);
    this.emit("heartbeat");
  }

  /** @internal */
  onPingDue(): void {
    this.sendPacket(this.#resume?.count("ping") ?? PING);
  }

  /** @internal */
  onPingTimeout(): void {
    this.#onBroken("ping timeout");
  }

  /** @internal */
  onProbed(candidate: Transport): void {
    this.emit("upgrading", candidate);
  }

  /** @internal */
  onUpgradeEnd(): void {
    this.#upgrade = undefined;
  }

  /** @internal */
  replaceTransport(candidate: Transport): void {
    const previous = this.#transport;
    previous.handler = undefined;
    this.#transport = candidate;
    candidate.handler = this;
    if (previous.writable) previous.send([NOOP]);
    previous.close(true);
    this.#upgraded = true;
    this.emit("upgrade", candidate);
    this.handler?.onUpgrade?.();
    this.flush();
    if (this.#state === "closing" && this.#queue.isEmpty) candidate.close();
  }

  #enqueue(packet: OutgoingPacket): boolean {
    if ((this.#state !== "open" && this.#state !== "suspended") || this.#overflowed) return false;
    if (this.listenerCount("packetCreate") > 0) this.emit("packetCreate", viewOf(packet));
    const isReady = this.#transport.writable;
    if (!this.#queue.hasRoomFor(packet, this.#roomBytes(isReady))) {
      if (this.server.opts.onOverflow?.(this, packet) === "drop") return false;
      // Closed with the turn and not within the caller's loop over a room.
      this.#overflowed = true;
      this.#mark();
      return false;
    }
    this.#queue.push(packet);
    if (isReady) this.#mark();
    return true;
  }

  /** What may wait in the queue. */
  #roomBytes(isReady: boolean): number {
    if (this.#state === "suspended" && this.#resume !== undefined)
      return this.#resume.terms.maxBufferBytes - this.#resume.bytes;
    // A transport that takes a batch has next to nothing of the last one left; else that counts too.
    return this.server.opts.maxBufferedBytes - (isReady ? 0 : this.#transport.bufferedBytes);
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.server.outbox.mark(this);
  }

  /** The transport is gone, and nobody wanted that. */
  #onBroken(reason: CloseReason, description?: unknown): void {
    if (this.#resume !== undefined && this.#state === "open") this.#suspend(this.#resume, reason, description);
    else this.#onClosed(reason, description);
  }

  #onClosed(reason: CloseReason, description?: unknown): void {
    if (this.#state === "closed") return;
    if (this.#resume !== undefined) {
      this.#resume.stop();
      this.server.suspended.delete(this);
      if (reason === "buffer overflow") this.server.suspended.counters.overflowed += 1;
    }
    this.#move("closed");
    this.#heartbeat.stop();
    this.#upgrade?.abandon();
    this.#queue.dropCallbacks();
    this.#transport.handler = undefined;
    this.#transport.close(true);
    this.server.onSessionClose(this);
    // Listeners of `close` may still look at what was not sent.
    if (!this.#queue.isEmpty) process.nextTick(dropPackets, this.#queue);
    this.handler?.onClose(reason, description);
    this.emit("close", reason, description);
  }

  #move(to: SessionState): void {
    this.#state = transition<SessionState>(SESSION_STATES, this.#state, to);
  }
}

function dropPackets(queue: SendQueue): void {
  queue.dropPackets();
}
