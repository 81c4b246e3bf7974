// What makes an adapter tell the truth that keeps sessions in a log of its own, shared with other servers. Such an adapter says what
// its log holds; what it does not hold, what it holds that was volatile, and what was sent while it looked, is found out here,
// by marks in the log that no socket gets. Put over the adapter by its namespace; an Admission takes sessions up through it.
import { randomBytes } from "node:crypto";
import { clearTimeout, setTimeout } from "node:timers";
import { type Packet, PacketType } from "@everwire/protocol";
import { watchAdapter } from "./adapter-result.js";
import type { AdapterContract, BroadcastOptions, Room, Session, SessionToPersist } from "./adapter/adapter.js";
import { Adapter } from "./adapter/in-memory.js";
import { AWAY, awayRoom, fromKeptRooms, returnRoom, toKeptRooms } from "./kept-rooms.js";
import { LogOrder } from "./log-order.js";

/** Names of events that no client ever gets. */
const UNKEPT = "~everwire:unkept";
const FENCE = "~everwire:fence";
const FENCE_TIMEOUT_MS = 5_000;
// Each look gives as much as the adapter reads at once.
const MAX_LOOKS = 100;

export class RecoveryLog {
  readonly #adapter: AdapterContract;
  readonly #broadcast: AdapterContract["broadcast"];
  readonly #persist: AdapterContract["persistSession"];
  readonly #restore: AdapterContract["restoreSession"];
  readonly #order: LogOrder | undefined;
  /** What was put down, of each session that was looked up. */
  readonly #kept = new WeakMap<Session, SessionToPersist>();
  readonly #fences = new Map<Room, () => void>();
  // Nothing that was sent was read back in time: not asked for again before something is.
  #isBlind = false;

  constructor(adapter: AdapterContract) {
    this.#adapter = adapter;
    this.#broadcast = adapter.broadcast.bind(adapter);
    this.#persist = adapter.persistSession.bind(adapter);
    this.#restore = adapter.restoreSession.bind(adapter);
    const broadcastWithAck = adapter.broadcastWithAck.bind(adapter);
    adapter.broadcast = (packet, options) => this.#send(packet, options);
    adapter.broadcastWithAck = (packet, options, onCount, onAck) => {
      const forget = broadcastWithAck(packet, options, onCount, onAck);
      if (options.flags?.volatile !== true) this.#markUnkept(options);
      return forget;
    };
    adapter.persistSession = (session) => this.#persist({ ...session, rooms: toKeptRooms(session.rooms) });
    adapter.restoreSession = (pid, offset) => this.#find(pid, offset);
    if (LogOrder.isFor(adapter)) this.#order = new LogOrder(adapter, (data) => this.#onRead(data));
  }

  /** Whether an adapter has to be helped: it gives sessions back, and not at once. */
  static isFor(adapter: AdapterContract): boolean {
    if (adapter.nsp.server.opts.connectionStateRecovery === undefined || adapter.findSession !== undefined)
      return false;
    return adapter.restoreSession !== Adapter.prototype.restoreSession;
  }

  /**
   * Everything that a session missed, up to a point in the log that lies behind this call; undefined when that can't be told.
   * The socket is in its rooms already, and what is sent to it is held: it has what came behind that point, and more.
   */
  async complete(session: Session, offset: string | undefined): Promise<unknown[][] | undefined> {
    const room = returnRoom(randomBytes(9).toString("base64url"));
    if (!(await this.#fence(room))) return undefined;
    const kept = { ...toRecord(session), rooms: [...toKeptRooms(session.rooms), room] };
    let missed: readonly unknown[][] = session.missedPackets;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const last = offsetOf(missed.at(-1));
      await this.#persist(kept);
      const seen = await this.#restore(session.pid, last ?? offset);
      if (seen === null) return undefined;
      const more = seen.missedPackets;
      missed = last === undefined ? more : [...missed, ...more];
      if (more.some(([name]) => name === UNKEPT)) return undefined;
      const end = missed.findIndex(([name, id]) => name === FENCE && id === room);
      if (end !== -1) return (await this.#isKnown(kept, offset)) ? missed.slice(0, end) : undefined;
      if (more.length === 0) return undefined;
    }
    return undefined;
  }

  // A log is read in parts, and what it drops meanwhile is passed over. It drops the oldest first: what the client saw last is
  // there still, so all that came behind it was there while it was read.
  async #isKnown(kept: SessionToPersist, offset: string | undefined): Promise<boolean> {
    await this.#persist(kept);
    return (await this.#restore(kept.pid, offset)) !== null;
  }

  /** Puts a session down again that was looked at and not taken up. */
  putBack(session: Session): Promise<void> | void {
    const kept = this.#kept.get(session);
    if (kept !== undefined) return this.#persist(kept);
  }

  async #find(pid: string, offset: string | undefined): Promise<Session | null> {
    const session = await this.#restore(pid, offset);
    // An adapter may give anything for nothing.
    if (session?.missedPackets.some(([name]) => name === UNKEPT) !== false) return null;
    const { rooms, leftBehind } = fromKeptRooms(session.rooms);
    const found = { ...session, rooms };
    this.#kept.set(found, toRecord(session));
    if (leftBehind === undefined) return found;
    // It lacks what was sent last before it left a room, and perhaps more of that room.
    if (session.missedPackets.some((data) => data.at(-1) === leftBehind)) return null;
    // What was found is of those rooms too: it is looked up again when the session is completed.
    found.missedPackets = [];
    return found;
  }

  #send(packet: Packet, options: BroadcastOptions): Promise<void> | void {
    const data: unknown = packet.data;
    const { volatile = false, local = false } = options.flags ?? {};
    if (packet.type !== PacketType.EVENT || !Array.isArray(data) || !(volatile || local)) {
      return this.#broadcast(packet, options);
    }
    // A client takes a text at the end of an event for its offset; an empty one is the offset of nothing.
    if (typeof data.at(-1) === "string" && !(this.#adapter instanceof Adapter)) data.push("");
    if (!volatile) {
      const sent = this.#broadcast(packet, options);
      this.#markUnkept(options);
      return sent;
    }
    // It may be missed by agreement, and is not brought back.
    return this.#broadcast(packet, { ...options, except: new Set(options.except).add(AWAY) });
  }

  /** An event went out that the log does not hold: whoever has not received it by now has missed it for good. */
  #markUnkept({ rooms, except = new Set() }: BroadcastOptions): void {
    const target = rooms.size === 0 ? [AWAY] : Array.from(rooms, awayRoom);
    const mark = { type: PacketType.EVENT, nsp: this.#adapter.nsp.name, data: [UNKEPT] };
    const options = { rooms: new Set(target), except: new Set(Array.from(except, awayRoom)), flags: {} };
    watchAdapter(this.#adapter, this.#broadcast(mark, options));
  }

  /** Resolves when everything that was sent before has reached the sockets here; false when that does not come to pass. */
  #fence(room: Room): Promise<boolean> {
    if (this.#isBlind) return Promise.resolve(false);
    const packet = { type: PacketType.EVENT, nsp: this.#adapter.nsp.name, data: [FENCE, room, 0] };
    const send = async (): Promise<void> =>
      this.#broadcast(packet, { rooms: new Set([room]), except: new Set(), flags: {} });
    return new Promise((resolve) => {
      const settle = (isUp: boolean): void => {
        clearTimeout(timer);
        this.#fences.delete(room);
        resolve(isUp);
      };
      const timer = setTimeout(() => {
        this.#isBlind = true;
        settle(false);
      }, FENCE_TIMEOUT_MS);
      timer.unref();
      if (this.#order !== undefined) this.#fences.set(room, () => settle(true));
      send().then(
        () => {
          // An adapter that reads nothing back has delivered what it sends when it says so.
          if (this.#order === undefined) settle(true);
        },
        () => settle(false),
      );
    });
  }

  #onRead(data: unknown): void {
    this.#isBlind = false;
    if (!Array.isArray(data) || data[0] !== FENCE) return;
    this.#fences.get(data[1] as Room)?.();
  }
}

function toRecord({ sid, pid, rooms, data }: Session): SessionToPersist {
  return { sid, pid, rooms, data };
}

function offsetOf(packet: readonly unknown[] | undefined): string | undefined {
  const last = packet?.at(-1);
  return typeof last === "string" && last !== "" ? last : undefined;
}
