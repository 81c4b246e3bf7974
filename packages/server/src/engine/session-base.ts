// Who a session is, and what is sent in it: its id and request, its transport, and the queue that is handed to it once a turn. The base of
// Session, which adds what arrives, how the session moves to other transports, and how it ends.
import type { IncomingMessage } from "node:http";
import { SESSION_STATES, transition } from "@everwire/protocol";
import type { CloseReason, SessionState } from "@everwire/protocol";
import type { EngineServer } from "./engine-server.js";
import { TransportError } from "./errors.js";
import { GuardedEmitter } from "./guarded-emitter.js";
import { createMessage } from "./outgoing-packet.js";
import type { MessageData, OutgoingPacket, PacketOptions } from "./outgoing-packet.js";
import { viewOf } from "./packet-view.js";
import { RequestSummary } from "./request-summary.js";
import type { Resume } from "./resume.js";
import type { SendCallback } from "./send-callbacks.js";
import { SendQueue } from "./send-queue.js";
import type { Session } from "./session.js";
import type { Transport } from "./transports/transport.js";
import type { EngineErrorContext, UserCode } from "./user-code.js";

/** Bytes from which on a buffer counts as full: those of a stream of Node 20. */
const HIGH_WATER_BYTES = 16 * 1024;

/** What pings, and answers to the client's own, may take beyond the cap: their number is the client's affair, not the application's. */
const RESERVED_BYTES = 4 * 1024;

export abstract class SessionBase extends GuardedEmitter {
  readonly id: string;
  /** Revision of the Engine.IO protocol, fixed for the life of the session. */
  readonly protocol: 3 | 4;
  readonly server: EngineServer;
  /** Address of the client, as its first connection had it; `undefined` when that was WebTransport, which does not tell. */
  readonly remoteAddress: string;

  /** What it takes to resume this session; none if it can't be. @internal */
  resumption: Resume | undefined = undefined;
  /** @internal */
  protected state: SessionState = "opening";
  /** @internal */
  protected current: Transport;
  /** @internal */
  protected readonly queue = new SendQueue();
  /** A flush is due with this turn. @internal */
  protected isMarked = false;
  #overflowed = false;
  /** A batch is with the transport and has not left yet. @internal */
  protected isSending = false;
  // More waited than a stream would have taken at once: `drain` of the layer above follows.
  #isFull = false;
  #opening: IncomingMessage | RequestSummary | undefined;
  // Somebody has asked for the request, and may have put something on it.
  #isRequestKept = false;

  constructor(server: EngineServer, id: string, protocol: 3 | 4, transport: Transport, request?: IncomingMessage) {
    super();
    this.server = server;
    this.id = id;
    this.protocol = protocol;
    // Users know both as always there, and on the transports that are on by default they are.
    this.remoteAddress = (request && (request.socket.remoteAddress ?? "")) as string;
    this.#opening = request;
    this.current = transport;
  }

  /** @internal */
  protected override get guard(): UserCode {
    return this.server.userCode;
  }

  /** @internal */
  protected override describeListener(event: string): EngineErrorContext {
    return { kind: "engine-listener", event, session: this as unknown as Session };
  }

  get readyState(): SessionState {
    return this.state;
  }

  get transport(): Transport {
    return this.current;
  }

  /** The request that opened the session, its query parsed as `_query`; `undefined` when that was WebTransport, which has none. */
  get request(): IncomingMessage {
    this.#isRequestKept = true;
    if (this.#opening instanceof RequestSummary) this.#opening = this.#opening.restore();
    return this.#opening as IncomingMessage;
  }

  /** Lets the request go, unless somebody has asked for it. @internal */
  releaseRequest(): void {
    if (this.#isRequestKept || this.#opening === undefined || this.#opening instanceof RequestSummary) return;
    this.#opening = new RequestSummary(this.#opening);
  }

  /** What waits for the transport. */
  get writeBuffer(): readonly OutgoingPacket[] {
    return this.queue.packets;
  }

  /** Bytes that the client has not been sent yet: queued here, and in its socket. */
  get bufferedBytes(): number {
    return this.queue.bytes + this.current.bufferedBytes;
  }

  /** Nothing is queued, and the transport has taken what was sent. */
  get isIdle(): boolean {
    return this.queue.isEmpty && !this.isSending;
  }

  /** More waits than a stream would take at once: `onDrain` of the layer above will say that this is over. */
  get needsDrain(): boolean {
    return this.#isFull || this.queue.bytes >= HIGH_WATER_BYTES;
  }

  /** True when a packet would go out with this turn, and nothing is queued in it yet: the moment for a volatile one. */
  get writable(): boolean {
    return this.state === "open" && this.queue.isEmpty && this.current.writable;
  }

  /** Queues a message: text, a Buffer, any view or an ArrayBuffer. The callback runs once it has left. */
  send(data: MessageData, options?: Partial<PacketOptions> | SendCallback, callback?: SendCallback): this {
    const onSent = typeof options === "function" ? options : callback;
    const isQueued = this.enqueue(createMessage(data, typeof options === "function" ? undefined : options));
    if (isQueued && typeof onSent === "function") this.queue.addCallback(onSent);
    return this;
  }

  /** The same as `send`. */
  write(data: MessageData, options?: Partial<PacketOptions> | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /** Queues a ready packet, which many sessions may share. */
  sendPacket(packet: OutgoingPacket): void {
    this.enqueue(packet);
  }

  /** Queues the parts of one message, a text and its attachments: all of them, or none. */
  sendPackets(packets: readonly OutgoingPacket[]): void {
    const [first] = packets;
    if (first === undefined) return;
    if (packets.length === 1) this.enqueue(first);
    else this.enqueue(first, packets);
  }

  /** Hands all that is queued to the transport, if it takes a batch. Called by the outbox at the end of a turn. @internal */
  flush(): void {
    this.isMarked = false;
    if (this.#overflowed) {
      const why = "the client does not read and too much is waiting for it";
      this.onClosed("buffer overflow", new TransportError("ERR_BUFFER_OVERFLOW", `failed to queue packet: ${why}`));
    }
    if (this.queue.isEmpty || this.state === "closed" || !this.current.writable) return;
    if (this.queue.bytes >= HIGH_WATER_BYTES) this.#isFull = true;
    const packets = this.queue.take();
    this.resumption?.onSending(packets);
    if (this.listenerCount("flush") > 0) this.emit("flush", packets);
    if (this.server.listenerCount("flush") > 0) this.server.emit("flush", this, packets);
    // Unless a listener has closed the session.
    if (this.readyState === "closed") return;
    this.isSending = true;
    this.current.send(packets);
    if (!this.isIdle && this.current.bufferedBytes >= HIGH_WATER_BYTES) this.#isFull = true;
  }

  /** Queues one packet, or the parts of one message. False if they were dropped. @internal */
  protected enqueue(packet: OutgoingPacket, parts?: readonly OutgoingPacket[]): boolean {
    if (!this.#takes() || this.#overflowed) return false;
    if (this.listenerCount("packetCreate") > 0)
      for (const part of parts ?? [packet]) this.emit("packetCreate", viewOf(part));
    const isReady = this.current.writable;
    const bytes =
      parts === undefined ? SendQueue.sizeOf(packet) : parts.reduce((sum, part) => sum + SendQueue.sizeOf(part), 0);
    if (!this.queue.hasRoomFor(bytes, this.#roomBytes(isReady)) && !this.#makeRoom(packet, bytes, isReady))
      return false;
    if (parts === undefined) this.queue.push(packet);
    else for (const part of parts) this.queue.push(part);
    if (isReady) this.#mark();
    return true;
  }

  /** There is no room: asks what to do. True if it may be queued nevertheless. */
  #makeRoom(packet: OutgoingPacket, bytes: number, isReady: boolean): boolean {
    const roomBytes = this.#roomBytes(isReady);
    // A client that is spared may not starve for want of a ping; but it can't have answers without end and read none.
    if (packet.type !== "message" && this.queue.hasRoomFor(bytes, roomBytes + RESERVED_BYTES)) return true;
    const { onOverflow } = this.server.opts;
    if (onOverflow === "drop-volatile") {
      this.dropVolatile();
      if (packet.isVolatile) return false;
      if (this.queue.hasRoomFor(bytes, roomBytes)) return true;
    } else if (typeof onOverflow === "function" && packet.type === "message") {
      const session = this as unknown as Session;
      const context = { kind: "option", event: "onOverflow", session } as const;
      if (this.server.userCode.call(context, undefined, onOverflow, [session, packet, bytes]) === "drop") return false;
    }
    // Closed with the turn and not within the caller's loop over a room.
    this.#overflowed = true;
    this.#mark();
    return false;
  }

  /** @internal */
  protected dropVolatile(): void {
    if (this.queue.bytes >= HIGH_WATER_BYTES) this.#isFull = true;
    this.queue.dropVolatile();
  }

  /** Nothing waits any more; true if it was much. @internal */
  protected takeDrained(): boolean {
    const wasFull = this.#isFull;
    this.#isFull = false;
    return wasFull;
  }

  /** The end of the session, whatever the reason. @internal */
  protected abstract onClosed(reason: CloseReason, description?: unknown): void;

  /** @internal */
  protected move(to: SessionState): void {
    this.state = transition<SessionState>(SESSION_STATES, this.state, to);
  }

  #takes(): boolean {
    return this.state === "open" || (this.state === "suspended" && this.resumption?.closesAfterwards !== true);
  }

  /** What may wait in the queue. */
  #roomBytes(isReady: boolean): number {
    if (this.state === "suspended" && this.resumption !== undefined)
      return this.resumption.terms.maxBufferBytes - this.resumption.bytes;
    // A transport that takes a batch has next to nothing of the last one left; else that counts too.
    return this.server.opts.maxBufferedBytes - (isReady ? 0 : this.current.bufferedBytes);
  }

  #mark(): void {
    if (this.isMarked) return;
    this.isMarked = true;
    this.server.outbox.mark(this);
  }
}
