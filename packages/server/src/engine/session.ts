// One Engine.IO session on the server: a client, whichever transport carries it. It takes what arrives, keeps the heartbeat, moves to
// other transports, waits for a client whose connection broke, and says why it ended. Made by the engine server; users know it as the
// engine's Socket, the layer above sets `handler`. Methods named onX are calls from the layer below.
import type { IncomingMessage } from "node:http";
import { formatHandshake } from "@everwire/protocol";
import type { CloseReason, EnginePacketType, RawData } from "@everwire/protocol";
import type { EngineServer } from "./engine-server.js";
import { TransportError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import type { SessionHeartbeat } from "./heartbeat.js";
import { LegacyHeartbeat } from "./legacy-heartbeat.js";
import { NOOP, OutgoingPacket, PING, PONG, createMessage } from "./outgoing-packet.js";
import { queryOf } from "./request-query.js";
import { Resume } from "./resume.js";
import type { ResumeTerms } from "./resume-options.js";
import type { SendQueue } from "./send-queue.js";
import { SessionBase } from "./session-base.js";
import type { Transport } from "./transports/transport.js";
import { Upgrade } from "./upgrade.js";

/** The layer above a session. */
export interface SessionHandler {
  onMessage(data: string | Buffer): void;
  onClose(reason: CloseReason, description?: unknown): void;
  /** Everything that was sent has left; `wasFull` tells that it was much. */
  onDrain?(wasFull: boolean): void;
  onUpgrade?(): void;
}

// What it is to the layers below (TransportHandler, HeartbeatHost, UpgradeHost, Flushable) stays out of the published types, so it
// is not declared here but checked where it is handed over.
export class Session extends SessionBase {
  /** The layer above. */
  handler: SessionHandler | undefined = undefined;

  readonly #heartbeat: SessionHeartbeat;
  #upgrade: Upgrade | undefined = undefined;
  #upgraded = false;

  /** `terms`: what the client was offered, if the session can be resumed. */
  constructor(
    server: EngineServer,
    id: string,
    protocol: 3 | 4,
    transport: Transport,
    request?: IncomingMessage,
    terms?: ResumeTerms,
  ) {
    super(server, id, protocol, transport, request);
    this.#heartbeat = protocol === 3 ? new LegacyHeartbeat(this) : new Heartbeat(this);
    if (terms !== undefined) this.resumption = new Resume(this, terms);
    transport.handler = this;
  }

  get upgrading(): boolean {
    return this.#upgrade !== undefined;
  }

  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** The transport itself tells the client what has arrived. @internal */
  get confirms(): boolean {
    return this.current.confirms;
  }

  /**
   * Closes once all that is queued has left; with `discard` at once, dropping what the transport does not take at this moment. `why` goes
   * along with the close, for people to read.
   */
  close(discard = false, why?: string): this {
    if (why !== undefined) this.current.endReason = why;
    // What only waits for the end of the turn goes now.
    if (this.isMarked) this.flush();
    if (this.state === "suspended") {
      if (discard || this.resumption === undefined) this.onClosed("forced close");
      else this.resumption.closesAfterwards = true;
      return this;
    }
    if (this.state === "open") this.move("closing");
    else if (!discard || this.state !== "closing") return this;
    if (discard || this.queue.isEmpty) this.current.close(discard);
    return this;
  }

  /** Sends the open packet and starts to live. @internal */
  open(): void {
    const { initialPacket } = this.server.opts;
    this.move("open");
    const terms = this.resumption && { resume: this.server.offer(this.resumption.terms) };
    this.enqueue(new OutgoingPacket("open", formatHandshake({ ...this.server.describe(this), ...terms })));
    if (initialPacket !== undefined) this.enqueue(createMessage(initialPacket));
    this.emit("open");
    this.#heartbeat.start();
    this.flush();
  }

  /** Starts to probe a better transport; false if that can't be now. @internal */
  beginUpgrade(candidate: Transport): boolean {
    if (this.state !== "open" || this.#upgraded || this.#upgrade !== undefined) return false;
    // Only where the client was told that it may: not from one WebSocket to another, and not with upgrades switched off.
    if (!this.server.upgrades(this.current.name).includes(candidate.name)) return false;
    this.#upgrade = new Upgrade(this, candidate);
    this.#upgrade.start();
    return true;
  }

  /** Its transport is gone. */
  #suspend(resume: Resume, reason: CloseReason, description: unknown): void {
    this.move("suspended");
    this.#heartbeat.stop();
    this.#upgrade?.cut();
    this.current.handler = undefined;
    this.current.abandon();
    this.dropVolatile();
    resume.suspend(reason);
    this.emit("suspend", reason, description);
  }

  /** Waits for the client to come back. */
  #await({ isWhole, bytes, terms }: Resume, description: unknown): void {
    if (this.state !== "suspended") return;
    if (isWhole && this.queue.bytes + bytes <= terms.maxBufferBytes)
      this.server.suspended.add(this, terms.maxSuspended);
    else this.onClosed("buffer overflow", description);
  }

  /**
   * The client is back on another transport, with its try number `leg`, and lacks these packets. The old transport may seem alive
   * still. @internal
   */
  resume(transport: Transport, leg: number, replay: readonly OutgoingPacket[]): void {
    const resume = this.resumption;
    if (resume === undefined) return;
    if (this.state === "open") this.#suspend(resume, "transport close", undefined);
    if (this.state !== "suspended") {
      transport.close();
      return;
    }
    this.server.suspended.delete(this);
    this.move("open");
    this.#upgraded = false;
    this.current = transport;
    transport.handler = this;
    const { received } = resume.resume(leg);
    const terms = { ...this.server.describe(this), resume: { ...this.server.offer(resume.terms), received } };
    this.#heartbeat.start();
    this.isSending = true;
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
    if (this.state !== "open") return;
    if (this.resumption !== undefined && !this.resumption.onPacket(type, data)) return;
    if (this.listenerCount("packet") > 0) this.emit("packet", data === undefined ? { type } : { type, data });
    // The direction is the session's: in revision 4 the server pings, in revision 3 the client did.
    if (type === "ping" || type === "pong") {
      this.#onBeat(type);
      return;
    }
    this.#heartbeat.onOtherPacket();
    if (type === "message") {
      this.handler?.onMessage(data as string | Buffer);
      if (this.listenerCount("data") > 0) this.emit("data", data);
      if (this.listenerCount("message") > 0) this.emit("message", data);
    } else if (type === "close") {
      this.onClosed("transport close");
    }
  }

  /** @internal */
  onReady(): void {
    const lost = this.resumption?.takeLost() ?? [];
    if (lost.length === 0) this.flush();
    else {
      this.isSending = true;
      this.current.send(lost);
    }
  }

  /** @internal */
  onDrain(): void {
    this.isSending = false;
    this.queue.onSent(this.current, this.server.userCode);
    if (!this.queue.isEmpty) return;
    if (this.listenerCount("drain") > 0) this.emit("drain");
    if (this.server.listenerCount("drain") > 0) this.server.emit("drain", this);
    this.handler?.onDrain?.(this.takeDrained());
    if (this.state === "closing") this.current.close();
  }

  /** @internal */
  onError(error: TransportError): void {
    const isMalformed = error.code === "ERR_PACKET_MALFORMED" || error.code === "ERR_PAYLOAD_MALFORMED";
    if (isMalformed) this.onClosed("parse error", error);
    else if (error.isFinal) this.onClosed("transport error", error);
    else this.#onBroken("transport error", error);
  }

  /** @internal */
  onClose(byPeer: boolean, isFinal = true): void {
    if (!byPeer) this.onClosed("forced close");
    else if (isFinal) this.onClosed("transport close");
    else this.#onBroken("transport close");
  }

  /** What a request of the transport says of the counts: how many messages of its body are known; `undefined`: that can't be. @internal */
  onRequest(request: IncomingMessage): number | undefined {
    if (this.resumption === undefined) return 0;
    const query = queryOf(request);
    const known = this.resumption.readRequest(query);
    const isPoll = request.method === "GET" && query.ack !== undefined;
    if (known === undefined || !isPoll || this.resumption.onPoll()) return known;
    this.onUnresumable();
    return undefined;
  }

  /** The client wants back what is not here any more, or never was. @internal */
  onUnresumable(): void {
    if (this.resumption?.isWhole === false) this.onClosed("buffer overflow");
    else this.onMiscount();
  }

  /** @internal */
  onMiscount(): void {
    this.onClosed("parse error", new TransportError("ERR_MISCOUNT", "failed to read packet: its count can't be"));
  }

  /** @internal */
  onWindowOver(): void {
    this.server.suspended.counters.expired += 1;
    this.onClosed("session expired");
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
    this.sendPacket(this.resumption?.count("ping") ?? PING);
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
    const previous = this.current;
    previous.handler = undefined;
    this.current = candidate;
    candidate.handler = this;
    if (previous.writable) previous.send([NOOP]);
    previous.close(true);
    this.#upgraded = true;
    this.emit("upgrade", candidate);
    this.handler?.onUpgrade?.();
    // The end of a batch that the previous one had taken will not be told any more.
    this.isSending = false;
    this.flush();
    if (this.isIdle) this.handler?.onDrain?.(this.takeDrained());
    if (this.state === "closing" && this.queue.isEmpty) candidate.close();
  }

  /** The transport is gone, and nobody wanted that. */
  #onBroken(reason: CloseReason, description?: unknown): void {
    const resume = this.resumption;
    if (resume === undefined || this.state !== "open") {
      this.onClosed(reason, description);
      return;
    }
    this.#suspend(resume, reason, description);
    this.#await(resume, description);
  }

  /** @internal */
  protected override onClosed(reason: CloseReason, description?: unknown): void {
    if (this.state === "closed") return;
    if (this.resumption !== undefined) {
      this.resumption.stop();
      this.server.suspended.delete(this);
      if (reason === "buffer overflow") this.server.suspended.counters.overflowed += 1;
    }
    this.move("closed");
    this.#heartbeat.stop();
    this.#upgrade?.abandon();
    this.queue.dropCallbacks();
    this.current.handler = undefined;
    // A limit of ours: no other server of this protocol has it.
    if (reason === "buffer overflow") this.current.endReason = reason;
    this.current.close(true);
    this.server.onSessionClose(this);
    // Listeners of `close` may still look at what was not sent.
    if (!this.queue.isEmpty) process.nextTick(dropPackets, this.queue);
    this.handler?.onClose(reason, description);
    this.emit("close", reason, description);
  }
}

function dropPackets(queue: SendQueue): void {
  queue.dropPackets();
}
