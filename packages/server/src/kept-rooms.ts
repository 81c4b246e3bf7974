// Rooms that no socket is in: every session that is put down gets them, and they are taken away when it is taken up again.
// What is sent to them reaches nobody, but lies in the log of the adapter, and comes back with what a session missed.
// Used by a RecoveryLog.
import type { Room } from "./adapter/adapter.js";

/** Every session that is away is in it. */
export const AWAY = "~everwire:away";

/** Where the sessions are that were in `room`. */
export function awayRoom(room: Room): Room {
  return `${AWAY}/${room}`;
}

/** A room for one session that comes back. */
export function returnRoom(token: string): Room {
  return `${AWAY}:${token}`;
}

const LEFT = `${AWAY}-`;
const LEFT_BEHIND = `${AWAY}=`;

/** Rooms that a session was in until after the event with `offset`. */
export function toDepartedRooms(left: Iterable<Room>, offset: string): Room[] {
  return [...Array.from(left).flatMap((room) => [room, LEFT + room]), LEFT_BEHIND + offset];
}

/** The rooms of a session as it is put down. */
export function toKeptRooms(rooms: Iterable<Room>): Room[] {
  const own = [...rooms];
  return [...own, AWAY, ...own.filter((room) => !room.startsWith(AWAY)).map(awayRoom)];
}

export interface KeptRooms {
  /** The rooms of the session. */
  readonly rooms: Room[];
  /** It had left others right before, behind the event with this offset. */
  readonly leftBehind: string | undefined;
}

/** Reads the rooms of a session that is taken up, whoever put it down. */
export function fromKeptRooms(kept: Iterable<Room>): KeptRooms {
  const all = [...kept];
  const left = new Set(all.filter((room) => room.startsWith(LEFT)).map((room) => room.slice(LEFT.length)));
  const leftBehind = all.find((room) => room.startsWith(LEFT_BEHIND))?.slice(LEFT_BEHIND.length);
  return { rooms: all.filter((room) => !room.startsWith(AWAY) && !left.has(room)), leftBehind };
}
