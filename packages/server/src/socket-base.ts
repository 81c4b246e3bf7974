// Who a socket is and where: its ids, how it came in, what the application keeps with it, and its rooms. The base of
// Socket, which adds what is sent and received.
import type { IncomingMessage } from "node:http";
import type {
  EventsMap,
  Packet,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  ServerDisconnectReason,
  SocketState,
} from "@everwire/protocol";
import { returned } from "./adapter-result.js";
import type { Room, Session, SocketId } from "./adapter/adapter.js";
import { toList } from "./broadcast.js";
import { CatchAllEmitter } from "./catch-all-emitter.js";
import type { Connection } from "./connection.js";
import { Departures } from "./departures.js";
import type { ListenerErrorContext, ListenerKind } from "./error-boundary.js";
import { serverError } from "./errors.js";
import { buildHandshake, type Handshake } from "./handshake.js";
import type { Namespace } from "./namespace.js";
import { createPid } from "./recovery.js";
import type { Server } from "./server.js";
import type { AnyListener, AnySocket } from "./types.js";

export type DisconnectReason = ServerDisconnectReason;

/* eslint-disable @typescript-eslint/no-explicit-any -- an Error, or whatever an engine that was bound says; users just read it */
export interface SocketReservedEvents {
  disconnect: (reason: DisconnectReason, description?: any) => void;
  disconnecting: (reason: DisconnectReason, description?: any) => void;
  error: (error: Error) => void;
  drain: () => void;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The listener of `error` that every socket has. */
const ignore = (): void => undefined;

const BEGIN_MS = Date.now();

/** Stands for data that nobody has set or asked for; any value at all may be set. */
const NO_DATA = Symbol("no data");

export abstract class SocketBase<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends CatchAllEmitter<ListenEvents, SocketReservedEvents> {
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly client: Connection;
  /** Id of this socket, unrelated to that of the connection below; but for clients of Socket.IO 2, which know that one only. */
  readonly id: SocketId;
  /** Whether this is a session taken up again with not one packet missed. */
  readonly recovered: boolean;
  /** Private id under which the session can be taken up again. @internal */
  readonly pid: string | undefined;

  /** @internal */
  protected state: SocketState = "connecting";
  // Rooms joined while a session is about to be taken up again: its adapter is not to be touched before.
  /** @internal */
  protected heldRooms: Set<Room> | undefined;
  // Where the session is kept in a log that is none of ours.
  /** @internal */
  protected readonly departures: Departures | undefined;
  #data: SocketData | typeof NO_DATA = NO_DATA;
  readonly #auth: Record<string, unknown> | undefined;
  // Counted from when the process began: a small integer takes no memory of its own.
  readonly #issuedMs = Date.now() - BEGIN_MS;
  #handshake: Handshake | undefined;

  constructor(
    nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    client: Connection,
    auth: Record<string, unknown> | undefined,
    session: Session | null,
  ) {
    super();
    this.nsp = nsp;
    this.client = client;
    this.#auth = auth;
    this.recovered = session !== null;
    if (session === null) {
      this.id = client.dialect.createSocketId(nsp.name, client.id);
      this.pid = nsp.server.resolved.recovery === undefined || !client.dialect.recovers ? undefined : createPid();
    } else {
      this.id = session.sid;
      this.pid = session.pid;
      this.#data = session.data as SocketData;
      this.heldRooms = new Set(session.rooms);
    }
    if (this.pid !== undefined && nsp.recoveryLog !== undefined) this.departures = new Departures();
  }

  get server(): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.nsp.server;
  }

  /** Session of the engine below. */
  get conn(): Connection["conn"] {
    return this.client.conn;
  }

  /** The HTTP request that opened the session. */
  get request(): IncomingMessage {
    return this.client.request;
  }

  /** Bytes that wait for the client, of all sockets of its connection. */
  get bufferedBytes(): number {
    return this.client.bufferedBytes;
  }

  /**
   * So much waits (16 KiB, as in streams of Node) that one should stop here: `drain` will be emitted when it has left. Of all sockets
   * of the connection.
   */
  get writableNeedDrain(): boolean {
    return this.client.needsDrain;
  }

  /**
   * Resolves when the connection has taken all that was emitted so far, of all its sockets: await it between two large emits. Rejects
   * with ERR_DISCONNECTED when the client goes first.
   */
  flushed(): Promise<void> {
    return this.client.flushed();
  }

  get connected(): boolean {
    return this.state === "connected";
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** How the client came in. */
  get handshake(): Handshake {
    this.#handshake ??= buildHandshake(this.client.conn, this.#auth ?? {}, this.#issuedMs + BEGIN_MS);
    return this.#handshake;
  }

  /** Whatever the application keeps with the socket; other servers see it through `fetchSockets()`. */
  get data(): SocketData {
    if (this.#data === NO_DATA) this.#data = {} as SocketData;
    return this.#data;
  }

  set data(data: SocketData) {
    this.#data = data;
  }

  /** Rooms that the socket is in, its own among them. */
  get rooms(): Set<Room> {
    return this.heldRooms ?? this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  /** Joins one room or several; a promise where the adapter asks other servers. */
  join(rooms: Room | Room[]): Promise<void> | void {
    if (this.state === "disconnected") return;
    const wanted = new Set(toList(rooms));
    const own = this.rooms;
    const max = this.nsp.server.resolved.maxRooms;
    // Its own room does not count, nor does what it is in already.
    if (own.size + wanted.size > max + 1) {
      let more = 0;
      for (const room of wanted) if (!own.has(room)) more++;
      if (own.size + more > max + 1) {
        throw serverError("ERR_TOO_MANY_ROOMS", `failed to join a room: the socket would be in more than ${max}`);
      }
    }
    if (this.heldRooms === undefined) return returned(this.nsp.adapter, this.nsp.adapter.addAll(this.id, wanted));
    for (const room of wanted) this.heldRooms.add(room);
  }

  leave(room: Room): Promise<void> | void {
    if (this.heldRooms === undefined) {
      this.departures?.noteLeft(room);
      return returned(this.nsp.adapter, this.nsp.adapter.del(this.id, room));
    }
    this.heldRooms.delete(room);
  }

  /** Called by the adapter for each broadcast, and by the socket for each event of its own. */
  notifyOutgoingListeners(packet: Packet): void {
    this.departures?.noteWritten(packet);
    if (this.outgoing === undefined) return;
    const args = packet.data as unknown[];
    const context = this.errorContext("catch-all", args[0]);
    for (const listener of this.outgoing) this.nsp.server.boundary.call(context, this, listener, args);
  }

  // A listener of `error` that does nothing is always there, as users know it. It stands in no table: a socket that nobody listens
  // to has none.
  override listeners<Ev extends ReservedOrUserEventNames<SocketReservedEvents, ListenEvents>>(
    event: Ev,
  ): ReservedOrUserListener<SocketReservedEvents, ListenEvents, Ev>[] {
    const added = super.listeners(event);
    return event === "error" ? [ignore as (typeof added)[number], ...added] : added;
  }

  override listenerCount(event: string | symbol, listener?: AnyListener): number {
    const count = super.listenerCount(event, listener);
    return event === "error" && (listener === undefined || listener === ignore) ? count + 1 : count;
  }

  /** Much waited for the client, and has left. @internal */
  onDrain(): void {
    if (this.connected && this.listenerCount("drain") > 0)
      this.nsp.server.boundary.emit(this, "drain", [], this.errorContext("listener", "drain"));
  }

  /** @internal */
  errorContext(kind: ListenerKind, event: unknown): ListenerErrorContext {
    return {
      kind,
      event: typeof event === "string" ? event : String(event),
      socket: this.any,
      namespace: this.any.nsp,
    };
  }

  /** This socket, for who does not care about its event maps. @internal */
  protected get any(): AnySocket {
    return this as unknown as AnySocket;
  }
}
