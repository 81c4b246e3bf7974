// The in-memory adapter of a server with connection state recovery: it numbers and keeps the packets it delivers, and
// the sessions of sockets that went away, and gives both back to a client that returns in time. A session comes back
// only if every packet it missed can be sent; otherwise the client is told that it starts anew.
import { randomBytes } from "node:crypto";
import { clearInterval, setInterval } from "node:timers";
import { PacketType, type Packet } from "@everwire/protocol";
import type {
  AdapterNamespace,
  AdapterSocket,
  BroadcastOptions,
  EncodedPacket,
  PrivateSessionId,
  RecoveryLimits,
  Room,
  Session,
  SessionToPersist,
  SocketId,
} from "./adapter.js";
import { Adapter } from "./in-memory.js";
import { PacketLog } from "./packet-log.js";
import { Trail } from "./trail.js";

interface KeptSession {
  readonly session: SessionToPersist;
  readonly trail: Trail;
  readonly atMs: number;
}

const SWEEP_INTERVAL_MS = 60_000;
const DEFAULT_LIMITS: Required<RecoveryLimits> = {
  maxDisconnectionDuration: 120_000,
  maxStoredBytes: 32 * 1024 * 1024,
  maxStoredPackets: 200_000,
  maxStoredSessions: 50_000,
};
// An offset is the run of this adapter and the number of a packet in it. The run tells offsets of a former server apart.
const OFFSET = /^([\w-]{8})\.([0-9a-z]{1,11})$/;

export class SessionAwareAdapter extends Adapter {
  readonly #limits: Required<RecoveryLimits>;
  readonly #run = randomBytes(6).toString("base64url");
  readonly #log: PacketLog;
  readonly #trails = new Map<SocketId, Trail>();
  readonly #sessions = new Map<PrivateSessionId, KeptSession>();
  readonly #pids = new Map<SocketId, PrivateSessionId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(nsp: AdapterNamespace) {
    super(nsp);
    this.#limits = withDefaults(nsp.server.opts.connectionStateRecovery);
    this.#log = new PacketLog({ maxPackets: this.#limits.maxStoredPackets, maxBytes: this.#limits.maxStoredBytes });
  }

  override close(): Promise<void> | void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    return super.close();
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const trail = this.#trails.get(id) ?? this.#begin(id);
    for (const room of rooms) trail.join(room, this.#log.last);
    return super.addAll(id, rooms);
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    this.#trails.get(id)?.leave(room, this.#log.last);
    return super.del(id, room);
  }

  override delAll(id: SocketId): void {
    this.#trails.delete(id);
    super.delAll(id);
  }

  /** A socket that returns goes on where it was; any other starts here. */
  #begin(id: SocketId): Trail {
    const pid = this.#pids.get(id);
    const kept = pid === undefined ? undefined : this.#sessions.get(pid);
    const trail = kept?.trail ?? new Trail(id, this.#log.last);
    trail.noteConnected(this.#log.after(trail.disconnectedAt), this.#log.droppedUpTo);
    if (pid !== undefined) this.#forget(pid);
    this.#trails.set(id, trail);
    return trail;
  }

  /** Keeps the session of a socket that was just disconnected. Called while the socket is still in its rooms. */
  override persistSession(session: SessionToPersist): void {
    const trail = this.#trails.get(session.sid) ?? new Trail(session.sid, this.#log.last);
    for (const room of session.rooms) trail.join(room, this.#log.last);
    trail.noteDisconnected(this.#log.last);
    this.#forget(session.pid);
    this.#sessions.set(session.pid, { session, trail, atMs: performance.now() });
    this.#pids.set(session.sid, session.pid);
    this.#trails.delete(session.sid);
    if (this.#sessions.size > this.#limits.maxStoredSessions) {
      const oldest = this.#sessions.keys().next();
      if (oldest.done !== true) this.#forget(oldest.value);
    }
    this.#startSweep();
  }

  override restoreSession(pid: PrivateSessionId, offset: string | undefined): Promise<Session | null> {
    return Promise.resolve(this.findSession(pid, offset));
  }

  /** The session, if it is still here and nothing is lost of it. It stays until its socket joins again. */
  findSession(pid: PrivateSessionId, offset: string | undefined): Session | null {
    const kept = this.#sessions.get(pid);
    if (kept === undefined) return null;
    if (performance.now() - kept.atMs > this.#limits.maxDisconnectionDuration) {
      this.#forget(pid);
      return null;
    }
    const received = this.#parseOffset(offset);
    if (received === null) return null;
    const from = kept.trail.missingAfter(received, this.#log.droppedUpTo);
    if (from === undefined) return null;
    const missedPackets: unknown[][] = [];
    const missedEncoded: EncodedPacket[] = [];
    for (const packet of this.#log.after(from)) {
      if (!kept.trail.isFor(packet)) continue;
      if (packet.data === undefined) return null;
      missedPackets.push(packet.data);
      missedEncoded.push(packet.encoded);
    }
    return { ...kept.session, missedPackets, missedEncoded };
  }

  /** undefined: the client has received none of this session's packets; null: that is no offset of ours. */
  #parseOffset(offset: string | undefined): number | undefined | null {
    if (offset === undefined || offset === "") return undefined;
    const match = OFFSET.exec(offset);
    if (match === null) return null;
    // Every packet of this run that ends in a text carries an offset of this run. One of another run was remembered
    // from a session on a former server, so nothing of this session has arrived since.
    if (match[1] !== this.#run) return undefined;
    const number = Number.parseInt(match[2] ?? "", 36);
    return number <= this.#log.last ? number : null;
  }

  noteUnstored(id: SocketId, packetId: number): void {
    this.#trails.get(id)?.noteUnstored(this.#log.skip(), packetId);
  }

  noteReceived(id: SocketId, packetId: number): void {
    this.#trails.get(id)?.noteReceived(packetId);
  }

  protected override send(packet: Packet, options: BroadcastOptions, register?: (socket: AdapterSocket) => void): void {
    const data: unknown = packet.data;
    if (packet.type !== PacketType.EVENT || !Array.isArray(data)) {
      super.send(packet, options, register);
    } else if (register !== undefined) {
      this.#sendUnstored(packet, options, register);
    } else if (packet.id !== undefined || options.flags?.volatile === true) {
      // A client takes a text at the end of an event for an offset, so there has to be one behind it.
      if (packet.id === undefined && typeof data.at(-1) === "string") data.push(this.#offset(this.#log.last));
      super.send(packet, options);
    } else {
      this.#sendStored(packet, data, options);
    }
  }

  #sendStored(packet: Packet, data: unknown[], options: BroadcastOptions): void {
    data.push(this.#offset(this.#log.last + 1));
    let encoded: EncodedPacket;
    try {
      encoded = this.encode(packet);
    } catch (error) {
      data.pop();
      throw error;
    }
    const number = this.#log.add({ ...target(options), atMs: performance.now(), data, encoded });
    this.#startSweep();
    const { droppedUpTo } = this.#log;
    this.deliver(packet, encoded, options, (socket) => {
      this.#trails.get(socket.id)?.noteSent(number, droppedUpTo);
    });
  }

  #sendUnstored(packet: Packet, options: BroadcastOptions, register: (socket: AdapterSocket) => void): void {
    const encoded = this.encode(packet);
    const id = packet.id ?? 0;
    // Volatile packets may be missed by agreement; any other leaves a mark for those who are away.
    const isVolatile = options.flags?.volatile === true;
    const number = isVolatile
      ? this.#log.last
      : this.#log.add({ ...target(options), atMs: performance.now(), data: undefined, encoded: [] });
    this.deliver(packet, encoded, options, (socket) => {
      register(socket);
      if (!isVolatile) this.#trails.get(socket.id)?.noteUnstored(number, id);
    });
  }

  #offset(number: number): string {
    return `${this.#run}.${number.toString(36)}`;
  }

  #forget(pid: PrivateSessionId): void {
    const kept = this.#sessions.get(pid);
    if (kept === undefined) return;
    this.#sessions.delete(pid);
    if (this.#pids.get(kept.session.sid) === pid) this.#pids.delete(kept.session.sid);
  }

  /** What is kept right now. */
  get stored(): { packets: number; bytes: number; sessions: number } {
    return { packets: this.#log.size, bytes: this.#log.bytes, sessions: this.#sessions.size };
  }

  /** Drops what is too old; returns whether anything is left. Called once a minute. */
  protected sweep(): boolean {
    const oldestMs = performance.now() - this.#limits.maxDisconnectionDuration;
    this.#log.expire(oldestMs);
    for (const [pid, kept] of this.#sessions) {
      if (kept.atMs >= oldestMs) break;
      this.#forget(pid);
    }
    return this.#log.size > 0 || this.#sessions.size > 0;
  }

  #startSweep(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      if (this.sweep()) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }, SWEEP_INTERVAL_MS);
    this.#timer.unref();
  }
}

function target(options: BroadcastOptions): { rooms: Set<Room>; except: Set<Room> | undefined } {
  return { rooms: options.rooms, except: options.except };
}

function withDefaults(limits: RecoveryLimits | undefined): Required<RecoveryLimits> {
  const given = Object.entries(limits ?? {}).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
