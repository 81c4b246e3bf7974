/*
 * One Engine.IO session on the server: a client, whichever transport carries it. It queues what is sent, hands it to its transport
 * once a turn, keeps the heartbeat, and says why it ended. Made by the engine server; users know it as the engine's Socket, the
 * layer above sets `handler`. Methods named onX are calls from the layer below.
 */
import type { IncomingMessage } from "node:http";
import { SESSION_STATES, formatHandshake, transition } from "@everwire/protocol";
import type { CloseReason, EnginePacketType, RawData, SessionState } from "@everwire/protocol";
import { LazyEmitter } from "../emitter.js";
import type { EngineServer } from "./engine-server.js";
import { TransportError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import { NOOP, OutgoingPacket, PING, createMessage } from "./outgoing-packet.js";
import type { MessageData, PacketOptions } from "./outgoing-packet.js";
import { RequestSummary } from "./request-summary.js";
import { SendCallbacks } from "./send-callbacks.js";
import type { SendCallback } from "./send-callbacks.js";
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

const NO_PACKETS: readonly OutgoingPacket[] = Object.freeze([]);

/** What a queued packet costs besides its data, so that a flood of empty ones has an end too. */
const PACKET_OVERHEAD_BYTES = 64;

// What it is to the layers below (TransportHandler, HeartbeatHost, UpgradeHost, Flushable) stays out of the published types, so it
// is not declared here but checked where it is handed over.
export class Session extends LazyEmitter {
  readonly id: string;
  /** Revision of the Engine.IO protocol, fixed for the life of the session. */
  readonly protocol: 3 | 4;
  readonly server: EngineServer;
  /** Address of the client, as its first connection had it. */
  readonly remoteAddress: string;
  /** The layer above. */
  handler: SessionHandler | undefined = undefined;

  #state: SessionState = "opening";
  #transport: Transport;
  readonly #heartbeat: Heartbeat;
  #upgrade: Upgrade | undefined = undefined;
  #upgraded = false;

  #queue: OutgoingPacket[] | undefined = undefined;
  /** Data of the queue, and a fixed amount for each packet. */
  #queuedBytes = 0;
  #marked = false;
  #overflowed = false;
  #callbacks: SendCallbacks | undefined = undefined;

  #request: IncomingMessage | RequestSummary;
  #isRequestTaken = false;

  constructor(server: EngineServer, id: string, protocol: 3 | 4, transport: Transport, request: IncomingMessage) {
    super();
    this.server = server;
    this.id = id;
    this.protocol = protocol;
    this.remoteAddress = request.socket.remoteAddress ?? "";
    this.#request = request;
    this.#heartbeat = new Heartbeat(this);
    this.#transport = transport;
    transport.handler = this;
  }

  get readyState(): SessionState {
    return this.#state;
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** The request that opened the session, its query parsed as `_query`. */
  get request(): IncomingMessage {
    this.#isRequestTaken = true;
    if (this.#request instanceof RequestSummary) this.#request = this.#request.restore();
    return this.#request;
  }

  /** Lets the request go, unless somebody has asked for it. @internal */
  releaseRequest(): void {
    if (this.#isRequestTaken || this.#request instanceof RequestSummary) return;
    this.#request = new RequestSummary(this.#request);
  }

  get upgrading(): boolean {
    return this.#upgrade !== undefined;
  }

  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** What waits for the transport. */
  get writeBuffer(): readonly OutgoingPacket[] {
    return this.#queue ?? NO_PACKETS;
  }

  /** Bytes that the client has not been sent yet: queued here, and in its socket. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#transport.bufferedBytes;
  }

  /** True when a packet would go out with this turn, and nothing is queued in it yet: the moment for a volatile one. */
  get writable(): boolean {
    return this.#state === "open" && this.#queue === undefined && this.#transport.writable;
  }

  /** Queues a message: text, a Buffer, any view or an ArrayBuffer. The callback runs once it has left. */
  send(data: MessageData, options?: Partial<PacketOptions> | SendCallback, callback?: SendCallback): this {
    const onSent = typeof options === "function" ? options : callback;
    const isQueued = this.#enqueue(createMessage(data, typeof options === "function" ? undefined : options));
    if (isQueued && onSent !== undefined) (this.#callbacks ??= new SendCallbacks()).add(onSent);
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

  /** Closes once all that is queued has left; with `discard` at once, dropping it. */
  close(discard = false): this {
    if (this.#state === "open") this.#move("closing");
    else if (!discard || this.#state !== "closing") return this;
    if (discard || this.#queue === undefined) this.#transport.close(discard);
    return this;
  }

  /** Sends the open packet and starts to live. @internal */
  open(): void {
    const { initialPacket } = this.server.opts;
    this.#move("open");
    this.#enqueue(new OutgoingPacket("open", formatHandshake(this.server.describe(this))));
    if (initialPacket !== undefined) this.#enqueue(createMessage(initialPacket));
    this.emit("open");
    this.#heartbeat.start();
    this.flush();
  }

  /** Hands all that is queued to the transport, if it takes a batch. Called by the outbox at the end of a turn. @internal */
  flush(): void {
    this.#marked = false;
    if (this.#overflowed) this.#onOverflow();
    const packets = this.#queue;
    if (packets === undefined || this.#state === "closed" || !this.#transport.writable) return;
    this.#queue = undefined;
    this.#queuedBytes = 0;
    this.#callbacks?.handOver();
    this.emit("flush", packets);
    this.server.emit("flush", this, packets);
    this.#transport.send(packets);
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

  /** @internal */
  onPacket(type: EnginePacketType, data: RawData | undefined): void {
    if (this.#state !== "open") return;
    if (this.listenerCount("packet") > 0) this.emit("packet", data === undefined ? { type } : { type, data });
    // The direction is the session's: in revision 4 the server pings.
    if (type === "pong") {
      this.#heartbeat.onPong();
      this.emit("heartbeat");
      return;
    }
    this.#heartbeat.onOtherPacket();
    if (type === "message") {
      this.#onMessage(data as string | Buffer);
    } else if (type === "ping") {
      this.onError(new TransportError("ERR_HEARTBEAT_DIRECTION", "invalid heartbeat direction"));
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
    this.#callbacks?.run(this.#transport);
    if (this.#queue !== undefined) return;
    this.emit("drain");
    this.server.emit("drain", this);
    this.handler?.onDrain?.();
    if (this.#state === "closing") this.#transport.close();
  }

  /** @internal */
  onError(error: TransportError): void {
    const isMalformed = error.code === "ERR_PACKET_MALFORMED" || error.code === "ERR_PAYLOAD_MALFORMED";
    this.#onClosed(isMalformed ? "parse error" : "transport error", error);
  }

  /** @internal */
  onClose(byPeer: boolean): void {
    this.#onClosed(byPeer ? "transport close" : "forced close");
  }

  /** @internal */
  onPingDue(): void {
    this.sendPacket(PING);
  }

  /** @internal */
  onPingTimeout(): void {
    this.#onClosed("ping timeout");
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
    this.#attach(candidate);
    if (previous.writable) previous.send([NOOP]);
    previous.close(true);
    this.#upgraded = true;
    this.emit("upgrade", candidate);
    this.handler?.onUpgrade?.();
    this.flush();
    if (this.#state === "closing" && this.#queue === undefined) candidate.close();
  }

  /** From here on the session reads from and writes to this transport only. */
  #attach(transport: Transport): void {
    this.#transport.handler = undefined;
    this.#transport = transport;
    transport.handler = this;
  }

  #enqueue(packet: OutgoingPacket): boolean {
    if (this.#state !== "open" || this.#overflowed) return false;
    if (this.listenerCount("packetCreate") > 0) this.emit("packetCreate", packet);
    const bytes = this.#queuedBytes + packet.byteLength + PACKET_OVERHEAD_BYTES;
    const isReady = this.#transport.writable;
    // A transport that takes a batch has next to nothing of the last one left; else that counts too.
    if (bytes + (isReady ? 0 : this.#transport.bufferedBytes) > this.server.opts.maxBufferedBytes) {
      // Closed with the turn and not within the caller's loop over a room.
      this.#overflowed = true;
      this.#mark();
      return false;
    }
    this.#queuedBytes = bytes;
    if (this.#queue === undefined) this.#queue = [packet];
    else this.#queue.push(packet);
    if (isReady) this.#mark();
    return true;
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.server.outbox.mark(this);
  }

  #onMessage(data: string | Buffer): void {
    this.handler?.onMessage(data);
    this.emit("data", data);
    this.emit("message", data);
  }

  #onOverflow(): void {
    const why = "the client does not read and too much is waiting for it";
    this.#onClosed("buffer overflow", new TransportError("ERR_BUFFER_OVERFLOW", `failed to queue packet: ${why}`));
  }

  #onClosed(reason: CloseReason, description?: unknown): void {
    if (this.#state === "closed") return;
    this.#move("closed");
    this.#heartbeat.stop();
    this.#upgrade?.abandon();
    this.#callbacks = undefined;
    this.#transport.handler = undefined;
    this.#transport.close(true);
    this.server.onSessionClose(this);
    // Listeners of `close` may still look at what was not sent.
    if (this.#queue !== undefined) process.nextTick(dropQueue, this);
    this.handler?.onClose(reason, description);
    this.emit("close", reason, description);
  }

  /** @internal */
  dropQueue(): void {
    this.#queue = undefined;
    this.#queuedBytes = 0;
  }

  #move(to: SessionState): void {
    this.#state = transition<SessionState>(SESSION_STATES, this.#state, to);
  }
}

function dropQueue(session: Session): void {
  session.dropQueue();
}
