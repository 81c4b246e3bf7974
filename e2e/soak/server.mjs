// The server of the soak test, in a process of its own with --expose-gc: rooms, answers, broadcasts, recovery, and on demand what it
// holds in memory and open. Told over IPC.
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { Server } from "@everwire/server";

const http = createServer();
const io = new Server(http, {
  pingInterval: 2_000,
  pingTimeout: 3_000,
  resume: { windowMs: 4_000, maxBufferBytes: 256 * 1024 },
  connectionStateRecovery: { maxDisconnectionDuration: 4_000 },
});
let events = 0;
let connects = 0;

function serve(socket) {
  connects += 1;
  socket.on("echo", (value, done) => {
    events += 1;
    done(value);
  });
  socket.on("enter", async (room, done) => {
    events += 1;
    await socket.join(room);
    done();
  });
  socket.on("go", async (room, done) => {
    events += 1;
    await socket.leave(room);
    done();
  });
  socket.on("tell", (room, value) => {
    events += 1;
    io.to(room).emit("told", value);
  });
  socket.on("poll", (room, done) => {
    events += 1;
    io.to(room)
      .timeout(1_000)
      .emit("ask", (_error, answers) => done(answers?.length));
  });
  socket.on("note", () => (events += 1));
}
io.on("connection", serve);
io.of("/side").on("connection", serve);
setInterval(() => io.volatile.emit("tick", events), 20).unref();

/** What has to go when the clients have gone. */
function open() {
  const adapters = [io.sockets.adapter, io.of("/side").adapter];
  return {
    clients: io.engine.clientsCount,
    suspended: io.engine.counters.suspended,
    sockets: io.sockets.sockets.size + io.of("/side").sockets.size,
    rooms: adapters.reduce((sum, { rooms }) => sum + rooms.size, 0),
    sids: adapters.reduce((sum, { sids }) => sum + sids.size, 0),
    ...storedBy(adapters),
  };
}

/** What is kept for recovery; swept once a minute. */
function storedBy(adapters) {
  const sum = { storedPackets: 0, storedSessions: 0 };
  for (const { stored } of adapters) {
    sum.storedPackets += stored.packets;
    sum.storedSessions += stored.sessions;
  }
  return sum;
}

async function measure() {
  // A collection frees what the one before it has finalized; sockets are let go in turns of their own.
  for (let i = 0; i < 2; i += 1) {
    await turn();
    globalThis.gc();
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heapUsed, external, arrayBuffers, rss, resources, open: open() };
}

const commands = {
  open: () => process.send({ open: { ...open(), events, connects, counters: io.engine.counters } }),
  measure: async () => process.send({ measure: await measure() }),
};
process.on("message", ({ command }) => commands[command]());
process.on("disconnect", () => process.exit());
http.listen(0, "127.0.0.1", () => process.send({ ready: http.address().port }));
