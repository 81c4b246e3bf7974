// One session of the engine and the sockets that share it, one for each namespace: the server's twin of the client's
// Manager. It decodes what comes in, queues it for the sockets, and writes what they send. Users know it as `socket.client`.
import type { IncomingMessage } from "node:http";
import { type Packet, PacketType, type ServerDisconnectReason } from "@everwire/protocol";
import type { EncodedPacket, WriteOptions } from "./adapter/adapter.js";
import { Admission } from "./admission.js";
import { CURRENT, type Dialect, LEGACY } from "./dialect.js";
import { dispatchLater } from "./dispatch.js";
import { Alarm } from "./engine/deadlines.js";
import { OutgoingPacket, optionsOf } from "./engine/outgoing-packet.js";
import type { Session } from "./engine/session.js";
import { TokenBucket } from "./engine/token-bucket.js";
import { serverError } from "./errors.js";
import { disconnected, FlushWaiters } from "./flush-waiters.js";
import type { IntakeOwner } from "./packet-intake.js";
import { isHeld, type RecoveryGate } from "./recovery-gate.js";
import { type ForeignSession, openPort, type SessionPort } from "./session-port.js";
import type { AnyServer, AnySocket } from "./types.js";

/** The session ended; waits in the queue behind what was received before. */
class Closed {
  readonly reason: ServerDisconnectReason;
  readonly description: unknown;

  constructor(reason: ServerDisconnectReason, description: unknown) {
    this.reason = reason;
    this.description = description;
  }
}

/** A message was no packet; waits there too. */
class Undecodable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

const NONE: readonly Admission[] = [];
const ATTACHMENTS_TIMEOUT_MS = 30_000;

/** To the layers below it is a SessionHandler, a DispatchTarget and an IntakeOwner; users see none of that. */
export class Connection {
  readonly server: AnyServer;
  /** The session below, as its engine made it. */
  readonly conn: Session;
  /** @internal */
  reader: IntakeOwner["reader"] = undefined;
  /** @internal */
  gates: Set<RecoveryGate> | undefined;
  readonly #port: SessionPort;
  // Most connections have one socket, and need no map for it.
  #only: AnySocket | undefined;
  #others: Map<string, AnySocket> | undefined;
  #admissions = NONE;
  // Namespaces that the server put the client out of: what is still on its way from there is no offence.
  #left: Set<string> | undefined;
  #hasJoined = false;
  #waiting: FlushWaiters | undefined;
  readonly #rate: TokenBucket | undefined;
  #queued = 0;
  #isClosed = false;
  #awaited: "namespace" | "attachments" | undefined;
  #deadline: Alarm | undefined;

  constructor(server: AnyServer, session: Session | ForeignSession) {
    this.server = server;
    this.conn = session as Session;
    this.#port = openPort(session, this);
    const { maxMessagesPerSecond } = server.resolved;
    if (maxMessagesPerSecond !== Infinity) this.#rate = new TokenBucket(maxMessagesPerSecond, performance.now());
    this.#watch();
    if (this.dialect.startsInMain) this.#onConnect({ type: PacketType.CONNECT, nsp: "/" });
  }

  /** The form of the protocol that the client knows, by the revision of its session. @internal */
  get dialect(): Dialect {
    return this.conn.protocol === 3 ? LEGACY : CURRENT;
  }

  /** Id of the session. */
  get id(): string {
    return this.conn.id;
  }

  /** The HTTP request that opened the session. */
  get request(): IncomingMessage {
    return this.conn.request;
  }

  get isOpen(): boolean {
    const { readyState } = this.#port;
    return !this.#isClosed && (readyState === "open" || readyState === "suspended");
  }

  /** Sends one packet of one socket. Encodes at once: data that can't be encoded is the caller's error. */
  sendPacket(packet: Packet, flags?: { volatile?: boolean; compress?: boolean }): void {
    if (!this.isOpen || (flags?.volatile === true && !this.#port.writable)) return;
    const options = flags === undefined ? undefined : optionsOf(flags);
    const parts = this.server.encoder.encode(packet);
    if (parts.length === 1) this.#port.sendPacket(new OutgoingPacket("message", parts[0], options));
    else this.#port.sendPackets(parts.map((part) => new OutgoingPacket("message", part, options)));
  }

  /** Sends a packet that an adapter has encoded for many. All parts of a volatile one go, or none. */
  writeToEngine(encodedPackets: EncodedPacket, options: WriteOptions): void {
    if (!this.isOpen || (options.volatile === true && !this.#port.writable)) return;
    if (this.gates !== undefined && isHeld(this.gates, encodedPackets, options)) return;
    const prepared = options.prepared ?? this.server.prepareOnce(encodedPackets, options);
    if (prepared.length === 1) this.#port.sendPacket(prepared[0] as OutgoingPacket);
    else this.#port.sendPackets(prepared as readonly OutgoingPacket[]);
  }

  /** Disconnects every socket and closes the session once that is sent. */
  disconnect(): void {
    for (const socket of this.#sockets()) socket.disconnect();
    this.#finish("server namespace disconnect");
    this.#port.close();
  }

  /** The server is about to go: the client gets what was sent, and connects again, to another. */
  moveOn(): void {
    this.#finish("server shutting down");
    this.#port.close(false, "server shutting down");
  }

  /** Bytes that the client has not been sent yet. */
  get bufferedBytes(): number {
    return this.#port.bufferedBytes ?? 0;
  }

  /** So much waits that `drain` of its sockets will follow. */
  get needsDrain(): boolean {
    return this.isOpen && this.#port.needsDrain === true;
  }

  /** Resolves when the transport has taken all that was sent; rejects with ERR_DISCONNECTED when the connection ends first. */
  flushed(): Promise<void> {
    if (this.#isClosed) return Promise.reject(disconnected());
    if (this.#port.isIdle !== false) return Promise.resolve();
    return (this.#waiting ??= new FlushWaiters()).add();
  }

  /** @internal */
  onDrain(wasFull: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
    if (!wasFull || this.#isClosed) return;
    this.#only?.onDrain();
    if (this.#others !== undefined) for (const socket of [...this.#others.values()]) socket.onDrain();
  }

  /** A newer connection takes over the session of one of these sockets: this one is dead, though nobody noticed yet. */
  supersede(): void {
    this.#finish("transport close");
    this.#port.close(true);
  }

  /** A socket was let into its namespace. @internal */
  add(socket: AnySocket): void {
    const { name } = socket.nsp;
    if (this.#only === undefined && this.#others === undefined) {
      this.#only = socket;
    } else {
      this.#others ??= new Map();
      this.#others.set(name, socket);
    }
    this.#left?.delete(name);
    this.#hasJoined = true;
    this.#watch();
  }

  /** A socket left. @internal */
  remove(socket: AnySocket, reason: ServerDisconnectReason): void {
    const { name } = socket.nsp;
    if (this.#only === socket) this.#only = undefined;
    else if (this.#others?.get(name) === socket) this.#others.delete(name);
    if (this.#others?.size === 0) this.#others = undefined;
    if (this.#isClosed) return;
    if (reason === "server namespace disconnect") {
      this.#left ??= new Set();
      if (this.#left.size < this.server.resolved.maxNamespaces) this.#left.add(name);
    }
    this.#watch();
  }

  /** A CONNECT packet was answered, or came to nothing. @internal */
  endAdmission(admission: Admission): void {
    const others = this.#admissions.filter((other) => other !== admission);
    this.#admissions = others.length === 0 ? NONE : others;
  }

  /** @internal */
  onMessage(data: string | Buffer): void {
    if (this.#isClosed) return;
    if (this.#rate !== undefined && !this.#rate.take(performance.now())) {
      // Behind what was within the limit.
      this.onClose("too many messages");
      this.#port.close(false, "too many messages");
      return;
    }
    try {
      this.server.intake.read(this, data);
    } catch (error) {
      this.#queue(new Undecodable(error));
    }
    if (this.reader !== undefined || this.#awaited === "attachments") this.#watch();
  }

  /** @internal */
  onDecoded(packet: Packet): void {
    this.#queue(packet);
  }

  /** @internal */
  onClose(reason: ServerDisconnectReason, description?: unknown): void {
    // What was received before the end is still handed on before it.
    if (this.#queued > 0) this.#queue(new Closed(reason, description));
    else this.#finish(reason, description);
  }

  #queue(item: unknown): void {
    this.#queued++;
    dispatchLater(this, item);
  }

  /** @internal */
  onDispatch(item: unknown): void {
    this.#queued--;
    if (this.#isClosed) return;
    try {
      if (item instanceof Closed) this.#finish(item.reason, item.description);
      else if (item instanceof Undecodable) this.#onUndecodable(item.error);
      else this.#onPacket(item as Packet);
    } catch (error) {
      // Not the listeners, which are guarded each, but an adapter or a parser.
      this.server.boundary.report(error, { kind: "adapter" });
      this.#refuse();
    }
  }

  #onPacket(packet: Packet): void {
    if (packet.type === PacketType.CONNECT) {
      this.#onConnect(packet);
      return;
    }
    const socket = packet.type === PacketType.CONNECT_ERROR ? undefined : this.#find(packet.nsp);
    if (socket !== undefined) socket.onPacket(packet);
    else if (packet.type === PacketType.CONNECT_ERROR || !this.#mayStillArrive(packet)) this.#refuse();
  }

  // Late packets for a namespace that the client was put out of, and a client that gives up while it waits at the door.
  #mayStillArrive(packet: Packet): boolean {
    if (packet.type === PacketType.DISCONNECT) {
      for (const admission of this.#admissions) {
        if (admission.name !== packet.nsp) continue;
        admission.cancel();
        return true;
      }
    }
    return this.#left?.has(packet.nsp) === true;
  }

  #onConnect(packet: Packet): void {
    const { name, auth } = this.dialect.readConnect(packet);
    if (this.#find(name) !== undefined) {
      this.#refuse();
      return;
    }
    // A client that asks anew while it waits has forgotten its first request.
    for (const admission of this.#admissions) if (admission.name === name) admission.cancel();
    const admission = new Admission(this, name, auth);
    const count = (this.#only === undefined ? 0 : 1) + (this.#others?.size ?? 0) + this.#admissions.length;
    if (count >= this.server.resolved.maxNamespaces) {
      admission.refuse(new Error("too many namespaces"));
      return;
    }
    this.#admissions = [...this.#admissions, admission];
    admission.start();
  }

  /**
   * The peer broke the protocol. A session with nothing left to send is closed at once, and says so itself ("forced close");
   * one that has is only closing yet.
   */
  #refuse(): void {
    this.#port.close();
    this.#finish("forced server close");
  }

  #onUndecodable(error: unknown): void {
    for (const socket of this.#sockets()) socket.onError(error);
    this.#finish("forced close", error);
    this.#port.close();
  }

  #finish(reason: ServerDisconnectReason, description?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    const { reader } = this;
    this.reader = undefined;
    // It may be a decoder of the user.
    if (reader !== undefined) this.server.boundary.call({ kind: "adapter" }, reader, () => reader.destroy(), []);
    for (const admission of this.#admissions) admission.cancel();
    this.#waiting?.reject();
    for (const socket of this.#sockets()) socket.onDisconnect(reason, description);
  }

  #find(name: string): AnySocket | undefined {
    return this.#only?.nsp.name === name ? this.#only : this.#others?.get(name);
  }

  #sockets(): AnySocket[] {
    const others = this.#others === undefined ? [] : [...this.#others.values()];
    return this.#only === undefined ? others : [this.#only, ...others];
  }

  /** What this connection is waited for, if for anything: a namespace, or, once it has one, the attachments of a packet. */
  #watch(): void {
    const { connectTimeout } = this.server.resolved;
    // A client at the door gets no more time by starting a packet. One that was in a namespace may come back as late as it likes.
    const isAtTheDoor = !this.#hasJoined && connectTimeout !== Infinity;
    const awaited = isAtTheDoor ? "namespace" : this.reader?.waiting === true ? "attachments" : undefined;
    if (awaited === this.#awaited) return;
    this.#unwatch();
    if (awaited === undefined) return;
    this.#awaited = awaited;
    this.#deadline = new Alarm(awaited === "namespace" ? () => this.#refuse() : () => this.#onAttachmentsMissing());
    this.server.deadlines.set(this.#deadline, awaited === "namespace" ? connectTimeout : ATTACHMENTS_TIMEOUT_MS);
  }

  #unwatch(): void {
    this.#awaited = undefined;
    if (this.#deadline === undefined) return;
    this.server.deadlines.clear(this.#deadline);
    this.#deadline = undefined;
  }

  #onAttachmentsMissing(): void {
    if (this.#port.readyState === "suspended" && this.#deadline !== undefined) {
      // They come when the client does.
      this.server.deadlines.set(this.#deadline, ATTACHMENTS_TIMEOUT_MS);
      return;
    }
    const why = "its attachments did not arrive in time";
    this.#onUndecodable(serverError("ERR_ATTACHMENTS_TIMEOUT", `failed to read packet: ${why}`));
  }
}
