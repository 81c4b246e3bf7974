// One process of the cluster: an Everwire server with the published cluster adapter. Tests tell it what to do over a namespace of
// its own, whose sockets are not those that are looked at.
import { createServer } from "node:http";
import { Server } from "@everwire/server";
import { createAdapter } from "@socket.io/cluster-adapter";

const httpServer = createServer();
const io = new Server(httpServer, { adapter: createAdapter({ heartbeatInterval: 200, heartbeatTimeout: 1_000 }) });

io.on("connection", (socket) => {
  socket.data = { pid: process.pid };
});
io.on("hello", (...args) => io.local.emit("hello", process.pid, ...args));
io.on("ask", (question, answer) => answer([process.pid, question]));

const target = (rooms) => (rooms.length === 0 ? io : io.to(rooms));
const COMMANDS = {
  pid: () => process.pid,
  emit: (rooms, ...args) => target(rooms).emit(...args),
  local: (...args) => io.local.emit(...args),
  ask: (timeoutMs, ...args) =>
    io
      .timeout(timeoutMs)
      .emitWithAck(...args)
      .catch((error) => ({ message: error.message, responses: error.responses })),
  join: (rooms, room) => target(rooms).socketsJoin(room),
  leave: (rooms, room) => target(rooms).socketsLeave(room),
  disconnect: (rooms, close) => target(rooms).disconnectSockets(close),
  fetch: async (rooms) => {
    const sockets = await target(rooms).fetchSockets();
    return sockets.map(({ id, data, handshake, rooms: own }) => ({ id, data, rooms: [...own], url: handshake.url }));
  },
  sendAll: (...args) => io.serverSideEmit(...args),
  askAll: (...args) => io.serverSideEmitWithAck(...args),
  count: () => io.of("/").adapter.serverCount(),
};

io.of("/control").on("connection", (socket) => {
  socket.on("do", async (command, args, done) => {
    try {
      done({ result: (await COMMANDS[command](...args)) ?? null });
    } catch (error) {
      done({ error: error.message });
    }
  });
});

// Each worker has a port of its own: the tests choose whom they talk to.
httpServer.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => {
  process.send({ port: httpServer.address().port });
});
process.once("disconnect", () => process.exit());
