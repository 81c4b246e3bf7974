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

/** The rooms of a session as it is put down. */
export function toKeptRooms(rooms: Iterable<Room>): Room[] {
  const own = [...rooms];
  return [...own, AWAY, ...own.map(awayRoom)];
}

/** The rooms of a session that is taken up, whoever put it down. */
export function fromKeptRooms(rooms: Iterable<Room>): Room[] {
  return [...rooms].filter((room) => !room.startsWith(AWAY));
}
