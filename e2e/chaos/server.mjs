// The server of the chaos suite, in a process of its own: it numbers what it says in each room, asks its clients now and then, writes
// down what it hears, and does to itself what it is told over IPC. `node server.mjs everwire|socket.io`.
import { jump, stall } from "./clock.mjs";
import { createServer } from "node:http";
import { serveCommands } from "./child.mjs";
import { isWhole } from "./payload.mjs";

const isEverwire = process.argv[2] !== "socket.io";
const { Server } = await import(isEverwire ? "@everwire/server" : "socket.io");

const ASK_EACH = 5;
const ASK_TIMEOUT_MS = 40_000;

let http;
let io;
let forbidden;
let blips;
/** See the oracle's file for what stands in it. */
let report;

function open({ pingInterval, pingTimeout, windowMs, maxBufferBytes, hasVolatile, host = "127.0.0.1" }) {
  report = { heard: {}, said: {}, sockets: {}, asks: [] };
  forbidden = undefined;
  http = createServer();
  io = new Server(http, {
    pingInterval,
    pingTimeout,
    maxHttpBufferSize: 1e7,
    connectionStateRecovery: { maxDisconnectionDuration: windowMs },
    ...(isEverwire ? { resume: { windowMs, maxBufferBytes } } : undefined),
  });
  io.engine.use((request, _response, next) => {
    next(request._query.transport === forbidden ? new Error("forbidden for a while") : undefined);
  });
  io.on("connection", serve);
  let blip = 0;
  blips = hasVolatile ? setInterval(() => io.volatile.emit("blip", ++blip), 7) : undefined;
  http.listen(0, host, () => process.send({ open: http.address().port }));
}

function serve(socket) {
  const { name } = socket.handshake.auth;
  const state = (report.sockets[socket.id] ??= { name });
  delete state.reason;
  const asks = [];
  const heard = (report.heard[name] ??= []);
  socket.on("join", (rooms, done) => {
    socket.join(rooms);
    done(Object.fromEntries(rooms.map((room) => [room, report.said[room]?.length ?? 0])));
  });
  socket.on("say", (room, number, payload, done) => {
    heard.push([socket.id, room, number, isWhole(payload, number)]);
    const said = (report.said[room] ??= []);
    said.push([name, number]);
    io.to(room).emit("said", room, said.length, name, number, payload);
    done(number);
    if (heard.length % ASK_EACH === 0) asks.push(ask(socket));
  });
  socket.on("disconnect", (reason) => {
    state.reason = reason ?? "";
    for (const asked of asks) asked.isGone = true;
  });
}

function ask(socket) {
  const asked = { id: socket.id, number: report.asks.length + 1, answers: 0, isGone: false };
  report.asks.push(asked);
  socket.timeout(ASK_TIMEOUT_MS).emit("ask", asked.number, (error, answer) => {
    asked.answers += 1;
    if (error) asked.error = error.message;
    else asked.answer = answer;
  });
  return asked;
}

/** What is needed to see whether all is at rest. */
function status() {
  const openAsks = {};
  for (const { id, answers, isGone } of report.asks)
    if (answers === 0 && !isGone) openAsks[id] = (openAsks[id] ?? 0) + 1;
  const live = Object.entries(report.sockets)
    .filter(([, { reason }]) => reason === undefined)
    .map(([id]) => id);
  const said = Object.fromEntries(Object.entries(report.said).map(([room, list]) => [room, list.length]));
  return { openAsks, live, said };
}

serveCommands({
  open,
  stall: ({ ms }) => stall(ms),
  jump: ({ ms }) => jump(ms, false),
  forbid: ({ transport }) => (forbidden = transport),
  status: () => process.send({ status: status() }),
  report: () => process.send({ report: { ...report, counters: io.engine.counters } }),
  close() {
    clearInterval(blips);
    io.close(() => process.send({ closed: true }));
    http.closeAllConnections();
  },
});
