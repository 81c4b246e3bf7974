// The rooms that a socket left behind the last event that was written to it. Whoever lacks that event may lack others of those rooms,
// and no log can bring them to a session that is not in them any more: so a session is put down with its departures. Kept by a
// socket whose session lies in a log that other servers share.
import { type Packet, PacketType } from "@everwire/protocol";
import type { Room } from "./adapter/adapter.js";
import { toDepartedRooms } from "./kept-rooms.js";

/** A socket that leaves more rooms than that while nothing is written to it starts anew. */
const MAX_LEFT = 64;

export class Departures {
  #written: string | undefined;
  #writtenBefore: string | undefined;
  #left: Set<Room> | undefined;

  /** An event is about to be written; one that is kept ends in its offset. */
  noteWritten({ type, id, data }: Packet): void {
    if (type !== PacketType.EVENT || id !== undefined || !Array.isArray(data)) return;
    const last: unknown = data.at(-1);
    if (typeof last === "string" && last !== "") this.#written = last;
  }

  noteLeft(room: Room): void {
    if (this.#written === undefined) return;
    if (this.#writtenBefore !== this.#written) this.#left = undefined;
    this.#writtenBefore = this.#written;
    this.#left ??= new Set();
    if (this.#left.size <= MAX_LEFT) this.#left.add(room);
  }

  /** Whether there were not too many. */
  get isKnown(): boolean {
    return (this.#left?.size ?? 0) <= MAX_LEFT;
  }

  /** What stands for them among the rooms of a session that is in `rooms` at its end. */
  toRooms(rooms: ReadonlySet<Room>): Room[] {
    if (this.#writtenBefore === undefined || this.#left === undefined) return [];
    const left = [...this.#left].filter((room) => !rooms.has(room));
    return toDepartedRooms(left, this.#writtenBefore);
  }
}
