// Rooms as people write them by hand where the library has none: a set of connections for each name.

export class HandMadeRooms {
  #rooms = new Map();

  join(name, socket) {
    const room = this.#rooms.get(name) ?? new Set();
    this.#rooms.set(name, room.add(socket));
    socket.on("close", () => room.delete(socket));
  }

  /** @returns {Iterable<import("ws").WebSocket>} */
  in(name) {
    return this.#rooms.get(name) ?? [];
  }
}
