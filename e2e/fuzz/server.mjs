// The server under the door fuzzer, in a process of its own, so that a crash, a block and a heap that grows show from outside. It serves
// two ports, one as it comes and one with every door open, and tells over IPC what it keeps.
import { createServer } from "node:http";
import { Server } from "@everwire/server";

/** A turn of the event loop that takes longer is a finding; only what this process itself has computed counts, not a busy machine. */
const BLOCKED_MS = 2_000;
const TICK_MS = 50;

const COMMON = {
  pingInterval: 400,
  pingTimeout: 1_500,
  upgradeTimeout: 400,
  bodyTimeout: 400,
  connectTimeout: 600,
  destroyUpgradeTimeout: 100,
  maxHttpBufferSize: 20_000,
  maxBufferedBytes: 1_000_000,
  maxChildNamespaces: 50,
  cleanupEmptyChildNamespaces: true,
  resume: { windowMs: 400, maxBufferBytes: 50_000, maxSuspended: 50 },
};
const DOORS = {
  plain: COMMON,
  open: {
    ...COMMON,
    allowEIO3: true,
    allowJSONP: true,
    perMessageDeflate: { threshold: 0 },
    httpCompression: { threshold: 0 },
    cookie: true,
    cors: { origin: ["http://app.example"], credentials: true },
    connectionStateRecovery: { maxDisconnectionDuration: 300, maxStoredPackets: 100, maxStoredSessions: 20 },
  },
};

const faults = [];
const servers = [];

function serve(options) {
  const http = createServer({ headersTimeout: 1_000, requestTimeout: 2_000, connectionsCheckingInterval: 250 });
  // What is no affair of the server under the fuzzer is answered, or it would wait for ever.
  http.on("request", (_request, response) => response.writeHead(404).end());
  const io = new Server(http, options);
  /** What came last on each. */
  const connections = new Map();
  http.on("connection", (socket) => {
    connections.set(socket, "nothing");
    socket.on("close", () => connections.delete(socket));
  });
  for (const event of ["request", "upgrade"])
    http.prependListener(event, ({ socket, method, url }) => connections.set(socket, `${event} ${method} ${url}`));
  io.on("connection", greet);
  io.of("/n").on("connection", greet);
  io.of(/^\/dyn-\d+$/).on("connection", greet);
  servers.push({ http, io, connections });
  return new Promise((resolve) => http.listen(0, "127.0.0.1", () => resolve(http.address().port)));
}

function greet(socket) {
  socket.on("echo", (value, done) => done?.(value));
  socket.on("join", (room) => socket.join(room));
  socket.on("say", (...values) => socket.nsp.volatile.emit("said", ...values));
  socket.on("ask", () => socket.emit("question", Buffer.from([1, 2]), () => undefined));
  socket.onAny((name, ...values) => {
    if (name === "m") socket.emit("m", ...values);
  });
}

/** What is kept for peers, all servers together. */
function books() {
  const sum = { sessions: 0, suspended: 0, sockets: 0, rooms: 0, children: 0, bufferedBytes: 0, connections: 0 };
  for (const { io, connections } of servers) {
    sum.sessions += io.engine.clientsCount;
    sum.suspended += io.engine.counters.suspended;
    for (const session of Object.values(io.engine.clients)) sum.bufferedBytes += session.bufferedBytes;
    sum.connections += connections.size;
    for (const [name, namespace] of io._nsps) {
      sum.sockets += namespace.sockets.size;
      sum.rooms += namespace.adapter.rooms.size;
      if (name.startsWith("/dyn-")) sum.children += 1;
    }
  }
  return sum;
}

function describe([socket, last]) {
  const { bytesRead, bytesWritten, writableLength, readableFlowing, readableEnded, writableEnded } = socket;
  return { last, bytesRead, bytesWritten, writableLength, readableFlowing, readableEnded, writableEnded };
}

const commands = {
  books: () => ({ ...books(), faults: faults.splice(0) }),
  heap: () => {
    globalThis.gc?.();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return { bytes: heapUsed + external + arrayBuffers };
  },
  connections: () => ({ list: servers.flatMap(({ connections }) => Array.from(connections, describe)) }),
};

for (const event of ["uncaughtException", "unhandledRejection"])
  process.on(event, (error) => faults.push(`${event}: ${error?.stack ?? error}`));

let lastMs = performance.now();
let lastCpu = process.cpuUsage();
setInterval(() => {
  const nowMs = performance.now();
  const { user, system } = process.cpuUsage(lastCpu);
  const cpuMs = (user + system) / 1000;
  if (nowMs - lastMs > BLOCKED_MS && cpuMs > BLOCKED_MS) faults.push(`the event loop was blocked for ${cpuMs} ms`);
  lastMs = nowMs;
  lastCpu = process.cpuUsage();
}, TICK_MS).unref();

process.on("message", ({ command }) => process.send({ [command]: commands[command]() }));
process.on("disconnect", () => process.exit());
const plain = await serve(DOORS.plain);
const open = await serve(DOORS.open);
process.send({ ready: { plain, open } });
