// The server of the chaos suite, in a process of its own: it numbers what it says in each room, writes down what it hears, and
// does to itself what it is told over IPC. `node server.mjs everwire|socket.io`.
import { createServer } from "node:http";

const isEverwire = process.argv[2] !== "socket.io";
const { Server } = await import(isEverwire ? "@everwire/server" : "socket.io");

let http;
let io;
/** Numbers heard, by "client room". */
let heard = {};
/** Last number said, by room. */
let said = {};
/** Why sockets left. */
let reasons = [];
let faults = [];
let forbidden;
let blips;

function open({ pingInterval, pingTimeout, windowMs, maxBufferBytes, hasVolatile }) {
  heard = {};
  said = {};
  reasons = [];
  faults = [];
  forbidden = undefined;
  http = createServer();
  const resume = { windowMs, maxBufferBytes };
  io = new Server(http, {
    pingInterval,
    pingTimeout,
    maxHttpBufferSize: 1e7,
    connectionStateRecovery: { maxDisconnectionDuration: windowMs },
    ...(isEverwire ? { resume } : undefined),
  });
  io.engine.use((request, _response, next) => {
    next(request._query.transport === forbidden ? new Error("forbidden for a while") : undefined);
  });
  io.on("connection", serve);
  let blip = 0;
  if (hasVolatile) blips = setInterval(() => io.volatile.emit("blip", ++blip), 7);
  http.listen(0, "127.0.0.1", () => process.send({ open: http.address().port }));
}

function serve(socket) {
  const { name } = socket.handshake.auth;
  socket.on("join", (rooms, done) => {
    socket.join(rooms);
    done(Object.fromEntries(rooms.map((room) => [room, said[room] ?? 0])));
  });
  socket.on("say", (room, number, payload, done) => {
    (heard[`${name} ${room}`] ??= []).push(number);
    if (payload?.length !== undefined && payload.length > 0 && payload[0] !== number % 256)
      faults.push(`payload of ${name} ${room} ${number}`);
    const next = (said[room] = (said[room] ?? 0) + 1);
    io.to(room).emit("said", room, next, payload);
    done(number);
  });
  socket.on("disconnect", (reason) => reasons.push(reason));
}

const commands = {
  open,
  stall: ({ ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
  forbid: ({ transport }) => (forbidden = transport),
  report: () => process.send({ report: { heard, said, reasons, faults, counters: io.engine.counters } }),
  close: () => {
    clearInterval(blips);
    io.close(() => process.send({ closed: true }));
    http.closeAllConnections();
  },
};

process.on("message", ({ command, ...args }) => commands[command](args));
process.on("disconnect", () => process.exit());
process.send({ ready: true });
