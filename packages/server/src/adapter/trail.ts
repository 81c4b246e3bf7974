// What is known about how far one recoverable session got: the rooms it was in and when, the last packet sent to it, and
// what it is proven to have received. From this the session-aware adapter decides, exactly, what a returning client missed.
import type { LoggedPacket } from "./packet-log.js";
import type { Room, SocketId } from "./adapter.js";

interface Stay {
  readonly room: Room;
  readonly after: number;
  readonly upTo: number;
}

/** Rooms left that are remembered; a session that moves more than that while packets are in flight starts anew. */
const MAX_STAYS = 64;
/** Unanswered packets that are remembered one by one. */
const MAX_UNSTORED = 1_024;

export class Trail {
  readonly id: SocketId;
  /** Packets up to this number were sent before the session began. */
  readonly #begin: number;
  /** Last packet sent to this session. */
  #sent: number;
  // Between these two nothing was sent to this session, however much went to others.
  #quietAfter: number;
  #quietUpTo: number;
  /** The client answered a packet of this number, so it has everything up to it. */
  #confirmed: number;
  /** Last packet sent to this session that can't be sent again. */
  #lastUnstored = 0;
  #unstored: Map<number, number> | undefined;
  #disconnectedAt: number | undefined;
  readonly #joined = new Map<Room, number>();
  #stays: Stay[] | undefined;
  #knownAfter = 0;

  constructor(id: SocketId, now: number) {
    this.id = id;
    this.#begin = now;
    this.#sent = now;
    this.#quietAfter = now;
    this.#quietUpTo = now;
    this.#confirmed = now;
  }

  join(room: Room, now: number): void {
    if (!this.#joined.has(room)) this.#joined.set(room, now);
  }

  leave(room: Room, now: number): void {
    const after = this.#joined.get(room);
    if (after === undefined) return;
    this.#joined.delete(room);
    if (after === now) return;
    this.#stays ??= [];
    this.#stays.push({ room, after, upTo: now });
    if (this.#stays.length <= MAX_STAYS) return;
    this.#knownAfter = Math.max(this.#knownAfter, this.#stays.shift()?.upTo ?? 0);
  }

  /** A packet was sent that could be sent again. */
  noteSent(number: number, droppedUpTo: number): void {
    if (this.#sent <= droppedUpTo) {
      this.#quietAfter = this.#sent;
      this.#quietUpTo = number;
    }
    this.#sent = number;
  }

  /** A packet was sent that asks for an answer and can't be sent again. */
  noteUnstored(number: number, packetId: number): void {
    this.#lastUnstored = number;
    this.#unstored ??= new Map();
    this.#unstored.set(packetId, number);
    if (this.#unstored.size <= MAX_UNSTORED) return;
    const oldest = this.#unstored.keys().next();
    if (oldest.done !== true) this.#unstored.delete(oldest.value);
  }

  /** The client answered that packet: it has received everything up to it, since packets arrive in order. */
  noteReceived(packetId: number): void {
    const number = this.#unstored?.get(packetId);
    if (number === undefined || this.#unstored === undefined) return;
    this.#confirmed = Math.max(this.#confirmed, number);
    for (const [id, sent] of this.#unstored) {
      if (sent > number) break;
      this.#unstored.delete(id);
    }
  }

  noteDisconnected(now: number): void {
    this.#disconnectedAt = now;
  }

  /** The session goes on. `missed` are the packets kept since it was away; they are on their way now. */
  noteConnected(missed: Iterable<LoggedPacket>, droppedUpTo: number): void {
    for (const packet of missed) if (this.isFor(packet)) this.noteSent(packet.number, droppedUpTo);
    this.#disconnectedAt = undefined;
  }

  /** Number of the newest packet when the session went away. */
  get disconnectedAt(): number {
    return this.#disconnectedAt ?? Infinity;
  }

  /**
   * The number after which packets may be missing when the client's last one is `offset` (undefined: it got none), or
   * undefined when one is missing that can't be sent again. `droppedUpTo` is the end of what the log no longer holds.
   */
  missingAfter(offset: number | undefined, droppedUpTo: number): number | undefined {
    const received = Math.max(offset ?? 0, this.#begin, this.#confirmed);
    if (this.#lastUnstored > received) return undefined;
    const from = this.#resumeAfter(received);
    return from < droppedUpTo || from < this.#knownAfter ? undefined : from;
  }

  #resumeAfter(received: number): number {
    if (received >= this.#sent) return Math.max(received, this.#disconnectedAt ?? received);
    if (received >= this.#quietAfter && received < this.#quietUpTo) return this.#quietUpTo - 1;
    return received;
  }

  /** Whether that packet was, or would have been, sent to this session. */
  isFor(packet: LoggedPacket): boolean {
    if (packet.except !== undefined) {
      for (const room of packet.except) if (this.#wasIn(room, packet.number)) return false;
    }
    if (packet.rooms.size === 0) return true;
    for (const room of packet.rooms) if (this.#wasIn(room, packet.number)) return true;
    return false;
  }

  #wasIn(room: Room, number: number): boolean {
    const joinedAfter = this.#joined.get(room);
    if (joinedAfter !== undefined && number > joinedAfter) return true;
    return this.#stays?.some((stay) => stay.room === room && number > stay.after && number <= stay.upTo) ?? false;
  }
}
