// One client in one namespace, as users hold it. It turns `emit` into packets for its connection, and packets that the
// connection hands over into calls of listeners and acks. Made by an Admission; its namespace and connection know it.
import {
  type AllButLast,
  type DecorateServerAcknowledgements,
  type DecorateAcknowledgementsWithMultipleResponses,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type FirstNonErrorArg,
  type Last,
  type Packet,
  PacketType,
  RESERVED_EVENTS,
  SOCKET_STATES,
  transition,
} from "@everwire/protocol";
import type { AdapterSocket, BroadcastFlags, EncodedPacket, Room, Session } from "./adapter/adapter.js";
import { type AckCallback, AckRegistry } from "./acks.js";
import { BroadcastOperator } from "./broadcast.js";
import type { ListenerErrorContext } from "./error-boundary.js";
import { serverError } from "./errors.js";
import { type PacketMiddleware, receiveEvent } from "./incoming.js";
import type { Released } from "./recovery-gate.js";
import { isRecoverable } from "./recovery.js";
import { type DisconnectReason, SocketBase } from "./socket-base.js";
import { isOwnEvent } from "./typed-emitter.js";

/** A broadcast that starts from a socket and leaves it out. */
type Others<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

const NO_FLAGS: Readonly<BroadcastFlags> = Object.freeze({});

export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what users keep here is theirs; they name the type
  SocketData = any,
>
  extends SocketBase<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  implements AdapterSocket
{
  #isLeaving = false;
  // Its session is taken up again: it is in its rooms, and not yet connected.
  #isReturning = false;
  #isPutOut = false;
  #flags: Readonly<BroadcastFlags> = NO_FLAGS;
  #acks: AckRegistry | undefined;
  #middlewares: PacketMiddleware[] | undefined;

  /** Callbacks of the answers still awaited, by packet id. */
  get acks(): Map<number, AckCallback> {
    return this.#registry.callbacks;
  }

  get #registry(): AckRegistry {
    this.#acks ??= new AckRegistry();
    return this.#acks;
  }

  /** Sends an event; with a callback at the end, it gets the client's answer. */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
  // The name and the arguments as the one list that they are in a packet: no second list is made of them.
  override emit(...data: unknown[]): boolean {
    const [ev] = data as [string];
    if (RESERVED_EVENTS.has(ev)) {
      const args = data.slice(1);
      if (isOwnEvent(this, ev, args)) return super.emit(ev, ...args);
      throw serverError("ERR_RESERVED_EVENT", `"${ev}" is a reserved event name`);
    }
    const flags = this.#takeFlags();
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    const callback = data.at(-1);
    if (typeof callback === "function") {
      data.pop();
      this.#emitWithId(packet, callback as AckCallback, flags);
    } else if (this.pid !== undefined && (this.state === "connected" || this.#isReturning)) {
      // Through the adapter, which keeps the packet for the case that it is missed.
      this.#watch(this.nsp.adapter.broadcast(packet, { rooms: new Set([this.id]), except: new Set(), flags }));
    } else if (this.state !== "disconnected") {
      this.notifyOutgoingListeners(packet);
      this.client.sendPacket(packet, flags);
    }
    return true;
  }

  #emitWithId(packet: Packet, callback: AckCallback, flags: Readonly<BroadcastFlags>): void {
    const invoke = (run: () => void): void => {
      this.nsp.server.boundary.call(this.errorContext("ack", (packet.data as unknown[])[0]), this, run, []);
    };
    const id = this.nsp._ids++;
    packet.id = id;
    if (this.state === "disconnected") {
      // Nobody will answer: who set a timeout hears of that, unless the process ends before.
      if (flags.timeout !== undefined) this.#registry.addTimed(id, flags.timeout, callback, invoke).unref();
      return;
    }
    if (this.#registry.callbacks.size >= this.nsp.server.resolved.maxPendingAcks) {
      this.#onTooManyAcks(packet, callback);
      if (flags.timeout !== undefined) this.#registry.addTimed(id, flags.timeout, callback, invoke).unref();
      return;
    }
    this.notifyOutgoingListeners(packet);
    this.client.sendPacket(packet, flags);
    if (flags.timeout === undefined) this.#registry.add(id, callback);
    else this.#registry.addTimed(id, flags.timeout, callback, invoke);
    if (this.pid !== undefined && flags.volatile !== true) this.nsp.adapter.noteUnstored?.(this.id, id);
  }

  // Not thrown: a client that answers nothing must not end the loop, or the timer, that asks all of them. What it does not get would be
  // a gap, so it is cut off.
  #onTooManyAcks(packet: Packet, callback: AckCallback): void {
    const why = `the client owes ${this.#registry.callbacks.size} answers`;
    const error = serverError("ERR_TOO_MANY_ACKS", `failed to emit with an acknowledgement: ${why}`);
    callback.onRefused?.(error);
    this.nsp.server.boundary.report(error, this.errorContext("ack", (packet.data as unknown[])[0]));
    this.disconnect(true);
  }

  /** Sends an event and promises the client's answer; rejects only after `timeout()`, and with ERR_TOO_MANY_ACKS. */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    const takesError = this.#flags.timeout !== undefined;
    return new Promise((resolve, reject) => {
      const callback: AckCallback = (...answer) => {
        const [error, response] = takesError ? (answer as [Error | null, unknown]) : [null, answer[0]];
        if (error === null) resolve(response as never);
        else reject(error);
      };
      callback.onRefused = reject;
      this.emit(ev, ...([...(args as unknown[]), callback] as EventParams<EmitEvents, Ev>));
    });
  }

  /** Sends the event `message`. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.emit("message" as never, ...(args as never));
    return this;
  }

  /** The same as `send()`. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** For the next event: milliseconds that the client has to answer; the callback then gets an error or null first. */
  timeout(
    timeout: number,
  ): Socket<ListenEvents, DecorateServerAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    this.#flags = { ...this.#flags, timeout };
    return this.any as Socket<ListenEvents, DecorateServerAcknowledgements<EmitEvents>, ServerSideEvents, SocketData>;
  }

  /** For the next event: whether it may be compressed. */
  compress(compress: boolean): this {
    this.#flags = { ...this.#flags, compress };
    return this;
  }

  /** For the next event: if the client can't take it right now, it never gets it. */
  get volatile(): this {
    this.#flags = { ...this.#flags, volatile: true };
    return this;
  }

  #takeFlags(): Readonly<BroadcastFlags> {
    const flags = this.#flags;
    this.#flags = NO_FLAGS;
    return flags;
  }

  /** Everyone in a room but this socket. */
  to(room: Room | Room[]): Others<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  /** The same as `to()`. */
  in(room: Room | Room[]): Others<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  /** Everyone but this socket and those in a room. */
  except(room: Room | Room[]): Others<EmitEvents, SocketData> {
    return this.broadcast.except(room);
  }

  /** Everyone but this socket. */
  get broadcast(): Others<EmitEvents, SocketData> {
    const flags = this.#takeFlags();
    return new BroadcastOperator(this.nsp.adapter, new Set(), new Set([this.id]), flags);
  }

  /** Everyone on this server but this socket. */
  get local(): Others<EmitEvents, SocketData> {
    return this.broadcast.local;
  }

  /** Leaves the namespace; with `close`, all of them, and closes the connection. */
  disconnect(close = false): this {
    if (close) {
      this.client.disconnect();
    } else if (this.connected) {
      this.client.sendPacket({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
      this.onDisconnect("server namespace disconnect");
    } else if (this.#isReturning) {
      this.#isPutOut = true;
    }
    return this;
  }

  /** Adds a middleware for every event of this socket; it may alter the array, and `next(error)` drops the event. */
  use(middleware: PacketMiddleware): this {
    this.#middlewares = [...(this.#middlewares ?? []), middleware];
    return this;
  }

  forgetAck(id: number): void {
    this.#acks?.forget(id);
  }

  /** Its session is taken up again: it gets into its rooms, and hears of itself when it is connected. @internal */
  onReturn(): Promise<void> | void {
    this.#isReturning = true;
    return this.#joinAll();
  }

  #joinAll(): Promise<void> | void {
    const rooms = this.heldRooms ?? new Set<Room>();
    this.heldRooms = undefined;
    return this.nsp.adapter.addAll(this.id, rooms.add(this.id));
  }

  /** Whether somebody disconnected it before it was connected. @internal */
  get isPutOut(): boolean {
    return this.#isPutOut;
  }

  /** The namespace takes the socket in. A session taken up again goes on: what it missed goes first. @internal */
  onConnect(session: Session | null, released?: readonly Released[]): void {
    this.state = transition(SOCKET_STATES, this.state, "connected");
    if (!this.#isReturning) this.#watch(this.#joinAll());
    this.#isReturning = false;
    if (released === undefined) {
      session?.missedPackets.forEach((data, index) => this.#replay(data, session.missedEncoded?.[index]));
    }
    for (const packet of released ?? []) {
      if ("missed" in packet) this.#replay(packet.missed, undefined);
      else this.client.writeToEngine(packet.encoded, packet.options);
    }
    const data = this.client.dialect.describeSocket(this.id, this.pid);
    this.client.sendPacket({ type: PacketType.CONNECT, nsp: this.nsp.name, data });
  }

  // Adapters over a broker may give back a promise.
  #watch(result: unknown): void {
    if (result !== undefined) this.nsp.server.boundary.watch(result, this.errorContext("adapter", "connection"));
  }

  // What the application did not ask for: a throw would leave the socket half out.
  #ask(run: () => unknown): void {
    this.nsp.server.boundary.call(this.errorContext("adapter", "disconnect"), this.nsp.adapter, run, []);
  }

  #replay(data: unknown[], encoded: EncodedPacket | undefined): void {
    if (encoded !== undefined) this.client.writeToEngine(encoded, {});
    else this.client.sendPacket({ type: PacketType.EVENT, nsp: this.nsp.name, data });
  }

  /** The connection decoded a packet for this socket. @internal */
  onPacket(packet: Packet): void {
    if (!this.connected) return;
    switch (packet.type) {
      case PacketType.EVENT:
        receiveEvent(this.any, packet, this.incoming, this.#middlewares);
        break;
      case PacketType.ACK:
        this.#onAck(packet);
        break;
      case PacketType.DISCONNECT:
        this.onDisconnect("client namespace disconnect");
        break;
    }
  }

  #onAck(packet: Packet): void {
    const { id } = packet;
    if (id === undefined) return;
    const callback = this.#acks?.take(id);
    if (callback === undefined) return;
    if (this.pid !== undefined) this.nsp.adapter.noteReceived?.(this.id, id);
    const context: ListenerErrorContext = { kind: "ack", socket: this.any, namespace: this.any.nsp };
    this.nsp.server.boundary.call(context, this, callback, packet.data as unknown[]);
  }

  /** Tells `error` listeners; without one, nobody. @internal */
  onError(error: unknown): void {
    this.nsp.server.boundary.emit(this, "error", [error], this.errorContext("listener", "error"));
  }

  /** The socket leaves its namespace, or never got in. @internal */
  onDisconnect(reason: DisconnectReason, description?: unknown): void {
    if (this.state === "disconnected" || this.#isLeaving) return;
    const { adapter } = this.nsp;
    const { boundary } = this.nsp.server;
    if (this.state === "connecting") {
      this.state = transition(SOCKET_STATES, this.state, "disconnected");
      if (this.heldRooms === undefined) this.#ask(() => adapter.delAll(this.id));
      if (this.#isReturning) this.nsp.remove(this.any);
      return;
    }
    this.#isLeaving = true;
    boundary.emit(this, "disconnecting", [reason, description], this.errorContext("listener", "disconnecting"));
    // An adapter that does not count packets with acknowledgement can't tell whether one was missed.
    const isAnswered = adapter.noteUnstored !== undefined || this.#acks?.isComplete !== false;
    const isComplete = isAnswered && this.departures?.isKnown !== false;
    if (this.pid !== undefined && isComplete && isRecoverable(reason)) {
      const { id: sid, pid, data } = this;
      const rooms = [...this.rooms, ...(this.departures?.toRooms(this.rooms) ?? [])];
      this.#ask(() => adapter.persistSession({ sid, pid, rooms, data }));
    }
    this.#ask(() => adapter.delAll(this.id));
    this.client.remove(this.any, reason);
    this.state = transition(SOCKET_STATES, this.state, "disconnected");
    this.nsp.remove(this.any);
    this.#acks?.abandon();
    boundary.emit(this, "disconnect", [reason, description], this.errorContext("listener", "disconnect"));
  }
}
