// The adapter of a single server: rooms in two maps, broadcasts written straight to the sockets of this process.
// Adapters over a broker extend it: they publish, and leave the delivery on each server to this class.
import { PacketType, type Packet } from "@everwire/protocol";
import { LazyEmitter } from "../emitter.js";
import type {
  AdapterContract,
  AdapterNamespace,
  AdapterSocket,
  BroadcastOptions,
  EncodedPacket,
  PrivateSessionId,
  Room,
  Session,
  SessionToPersist,
  SocketId,
  WriteOptions,
} from "./adapter.js";
import { frameText } from "./text-frame.js";

/** In-memory adapter; also the base class of adapters that connect several servers. */
export class Adapter extends LazyEmitter implements AdapterContract {
  readonly nsp: AdapterNamespace;
  /** Members of each room. */
  readonly rooms = new Map<Room, Set<SocketId>>();
  /** Rooms of each socket. */
  readonly sids = new Map<SocketId, Set<Room>>();

  constructor(nsp: AdapterNamespace) {
    super();
    this.nsp = nsp;
  }

  /** Called once, when the namespace is made. */
  init(): Promise<void> | void {
    // Nothing to connect to: adapters over a broker override this.
  }

  /** Called when the namespace is removed or the server closes. */
  close(): Promise<void> | void {
    // Nothing to let go of.
  }

  /** Number of servers that share this namespace. */
  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  /** How many say how many clients they have, when an acknowledged broadcast is local. */
  get localCount(): number {
    return 1;
  }

  /** Puts a socket into rooms. The set is the adapter's from then on. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    let own = this.sids.get(id);
    if (own === undefined && rooms.size === 1 && rooms.has(id) && !this.rooms.has(id)) {
      this.#joinOwn(id, rooms);
      return;
    }
    if (own === undefined) {
      own = new Set();
      this.sids.set(id, own);
    }
    for (const room of rooms) {
      if (own.has(room)) continue;
      this.#unshare(id);
      own.add(room);
      let members = this.rooms.get(room);
      if (members === undefined) {
        this.rooms.set(room, (members = new Set()));
        if (this.listenerCount("create-room") > 0) {
          this.emit("create-room", room);
          // The listener may have joined or emptied the room.
          members = this.rooms.get(room);
        }
      }
      // It may be another's own, whose set says both.
      if (members === this.sids.get(room)) {
        this.#unshare(room);
        members = this.rooms.get(room);
      }
      if (members === undefined || members.has(id)) continue;
      members.add(id);
      if (this.listenerCount("join-room") > 0) this.emit("join-room", room, id);
      // The listener may have put the socket out, which is in no room then, nor gets into the others.
      if (this.sids.get(id) !== own) return;
    }
  }

  // Most sockets are in no room but their own, which has no other member: one set says both.
  #joinOwn(id: SocketId, own: Set<Room>): void {
    this.sids.set(id, own);
    this.rooms.set(id, own);
    this.emit("create-room", id);
    this.emit("join-room", id, id);
  }

  // Before either changes. The rooms of a socket stay the same object, for users hold `socket.rooms`.
  #unshare(id: SocketId): void {
    const own = this.sids.get(id);
    // With another room in it it is shared no more.
    if (own?.size === 1 && own === this.rooms.get(id)) this.rooms.set(id, new Set(own));
  }

  del(id: SocketId, room: Room): Promise<void> | void {
    this.#unshare(id);
    this.sids.get(id)?.delete(room);
    this.#leave(room, id);
  }

  delAll(id: SocketId): void {
    const own = this.sids.get(id);
    if (own === undefined) return;
    this.#unshare(id);
    for (const room of own) this.#leave(room, id);
    this.sids.delete(id);
  }

  #leave(room: Room, id: SocketId): void {
    this.#unshare(room);
    const members = this.rooms.get(room);
    if (members === undefined) return;
    if (members.delete(id) && this.listenerCount("leave-room") > 0) this.emit("leave-room", room, id);
    if (members.size === 0 && this.rooms.delete(room) && this.listenerCount("delete-room") > 0)
      this.emit("delete-room", room);
  }

  /** Sends one packet to everyone that `options` name; it is encoded once. */
  broadcast(packet: Packet, options: BroadcastOptions): void {
    this.send(packet, options);
  }

  /**
   * The same with an acknowledgement: `clientCountCallback` is told how many sockets were asked, `ack` gets each answer.
   * Returns a function that forgets the answers still awaited.
   */
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: unknown[]) => void,
  ): unknown {
    const id = this.nsp._ids++;
    packet.id = id;
    let clientCount = 0;
    this.send(packet, options, (socket) => {
      clientCount++;
      socket.acks.set(id, ack);
    });
    clientCountCallback(clientCount);
    return () => {
      for (const socket of this.nsp.sockets.values()) {
        if (socket.forgetAck === undefined) socket.acks.delete(id);
        else socket.forgetAck(id);
      }
    };
  }

  /** Ids of the sockets in any of `rooms`, or of all. */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    this.each({ rooms }, (socket) => ids.add(socket.id));
    return Promise.resolve(ids);
  }

  /** Rooms of one socket; undefined when it is unknown. */
  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id);
  }

  fetchSockets(options: BroadcastOptions): Promise<unknown[]> {
    const sockets: AdapterSocket[] = [];
    this.each(options, (socket) => sockets.push(socket));
    return Promise.resolve(sockets);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.each(options, (socket) => this.#guard(() => void socket.join(rooms)));
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.each(options, (socket) => {
      for (const room of rooms) this.#guard(() => void socket.leave(room));
    });
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.each(options, (socket) => void socket.disconnect(close));
  }

  /** Tells listeners of rooms that come and go; one that fails is reported, and keeps nobody out. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (this.listenerCount(event) === 0) return event === "error" ? super.emit(event, ...args) : false;
    if (this.nsp.guard === undefined) return super.emit(event, ...args);
    for (const listener of this.rawListeners(event)) this.#guard(() => Reflect.apply(listener, this, args) as unknown);
    return true;
  }

  // One socket that may not join does not keep the others out.
  #guard(run: () => unknown): void {
    if (this.nsp.guard === undefined) run();
    else this.nsp.guard("adapter", run);
  }

  /** There is no other server here, and nobody to answer: it warns, and does nothing. */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- for those who override it
  serverSideEmit(_packet: unknown[]): void {
    // eslint-disable-next-line no-console -- the warning that users know; whoever tests for it looks there
    console.warn("this adapter does not support the serverSideEmit() functionality");
  }

  /** Only an adapter that recovers sessions keeps one. */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- for those who override it
  persistSession(_session: SessionToPersist): Promise<void> | void {
    // Gone with its socket.
  }

  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- for those who override it
  restoreSession(_pid: PrivateSessionId, _offset: string | undefined): Promise<Session | null> | null {
    return null;
  }

  /** Encodes and delivers. `register` is there when the packet asks for an acknowledgement; it sees each recipient first. */
  protected send(packet: Packet, options: BroadcastOptions, register?: (socket: AdapterSocket) => void): void {
    this.deliver(packet, this.encode(packet), options, register);
  }

  /** One encoding of `packet`, in this namespace. */
  protected encode(packet: Packet): EncodedPacket {
    packet.nsp = this.nsp.name;
    return this.nsp.server.encoder.encode(packet);
  }

  /** Hands one encoded packet to every socket of this process that `options` name. `onEach` sees each one first. */
  protected deliver(
    packet: Packet,
    encoded: EncodedPacket,
    options: BroadcastOptions,
    onEach?: (socket: AdapterSocket) => void,
  ): void {
    const { volatile, compress } = options.flags ?? {};
    const server = this.nsp.server;
    const write: WriteOptions = { preEncoded: true, volatile, compress };
    const [text] = encoded;
    if (server.prepare !== undefined) write.prepared = server.prepare(encoded, write);
    else if (encoded.length === 1 && typeof text === "string") write.wsPreEncodedFrame = frameText(text);
    const isEvent = packet.type === PacketType.EVENT || packet.type === PacketType.BINARY_EVENT;
    this.each(options, (socket) => {
      onEach?.(socket);
      if (isEvent) socket.notifyOutgoingListeners?.(packet);
      socket.client.writeToEngine(encoded, write);
    });
  }

  /** Calls back with each connected socket of this process that `options` name, once. */
  protected each(options: BroadcastOptions, callback: (socket: AdapterSocket) => void): void {
    const { rooms } = options;
    const excluded = this.#excluded(options.except);
    if (rooms.size === 0) {
      for (const id of this.sids.keys()) this.#visit(id, excluded, callback);
      return;
    }
    // One room has no duplicates, so the set that several need is spared.
    const visited = rooms.size > 1 ? new Set<SocketId>() : undefined;
    for (const room of rooms) {
      const members = this.rooms.get(room);
      if (members === undefined) continue;
      for (const id of members) {
        if (visited?.has(id) === true) continue;
        visited?.add(id);
        this.#visit(id, excluded, callback);
      }
    }
  }

  #visit(id: SocketId, excluded: Set<SocketId> | undefined, callback: (socket: AdapterSocket) => void): void {
    if (excluded?.has(id) === true) return;
    const socket = this.nsp.sockets.get(id);
    if (socket !== undefined) callback(socket);
  }

  #excluded(rooms: Set<Room> | undefined): Set<SocketId> | undefined {
    if (rooms === undefined || rooms.size === 0) return undefined;
    const ids = new Set<SocketId>();
    for (const room of rooms) {
      const members = this.rooms.get(room);
      if (members !== undefined) for (const id of members) ids.add(id);
    }
    return ids;
  }
}
