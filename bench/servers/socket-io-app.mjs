// The applications of the servers that share an API: socket.io and everwire run the same lines. Each row names the application that it
// needs, so that listeners of other rows are no cost of this one.
import { BINARY_BYTES, EVENTS, NAMESPACES, TEXT } from "../messages.mjs";

/** Heartbeats are on, but none falls into a round: the load counts bytes. A message may be twice the size of the binary one. */
export const OPTIONS = { pingInterval: 600_000, serveClient: false, maxHttpBufferSize: 2 * BINARY_BYTES };

const JOIN_ROOMS = 100;
const TICK_MS = 1;
const TICKS_A_SECOND = 10_000;

const APPS = {
  talk(io) {
    io.on("connection", (socket) => {
      socket.on(EVENTS.echo, (data) => {
        socket.emit(EVENTS.echo, data);
      });
      socket.on(EVENTS.news, () => {
        io.emit(EVENTS.news, TEXT);
      });
      socket.on(EVENTS.burst, () => {
        for (let index = 0; index < 8; index++) io.emit(EVENTS.news, TEXT);
      });
    });
  },
  acks(io) {
    io.on("connection", (socket) => {
      socket.on(EVENTS.ack, (data, answer) => {
        answer(data);
      });
      socket.on(EVENTS.ticks, async (count) => {
        socket.emit(EVENTS.done, await tick(socket, count));
      });
    });
  },
  rooms(io) {
    io.on("connection", (socket) => {
      socket.on(EVENTS.join, async (room) => {
        await socket.join(room);
        socket.emit(EVENTS.done, room);
      });
      socket.on(EVENTS.shout, (room) => {
        io.to(room).emit(EVENTS.news, TEXT);
      });
      socket.on(EVENTS.joins, async (count) => {
        socket.emit(EVENTS.done, await joinAndLeave(socket, count));
      });
      socket.on(EVENTS.fetch, async (count) => {
        let found = 0;
        for (let index = 0; index < count; index++) found += (await io.fetchSockets()).length;
        socket.emit(EVENTS.done, found);
      });
    });
  },
  namespaces(io) {
    for (const name of NAMESPACES) io.of(name);
  },
};

export function serve(io, app) {
  APPS[app](io);
}

/** Joins and leaves a hundred rooms, again and again. Gives how many rooms it was in, over all rounds, while it was in all of them. */
async function joinAndLeave(socket, count) {
  const rooms = Array.from({ length: JOIN_ROOMS }, (_, index) => `room${index}`);
  const alone = socket.rooms.size;
  let joined = 0;
  while (joined < count) {
    for (const room of rooms) await socket.join(room);
    joined += socket.rooms.size - alone;
    for (const room of rooms) await socket.leave(room);
    if (socket.rooms.size !== alone) throw new Error("failed to leave a room");
  }
  return joined;
}

/** Emits ten thousand events a second, each with an acknowledgement. Gives how many were answered rightly. */
function tick(socket, count) {
  return new Promise((resolve) => {
    const start = performance.now();
    let sent = 0;
    let answered = 0;
    let right = 0;
    const onAnswer = (data) => {
      if (data === TEXT) right++;
      if (++answered === count) resolve(right);
    };
    const timer = setInterval(() => {
      const due = Math.min(count, Math.ceil(((performance.now() - start) * TICKS_A_SECOND) / 1_000));
      for (; sent < due; sent++) socket.emit(EVENTS.ticks, TEXT, onAnswer);
      if (sent === count) clearInterval(timer);
    }, TICK_MS);
  });
}
