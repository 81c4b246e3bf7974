// The interop application on a JavaScript server, stock or ours: the same lines run on both. python/server.py is its twin.
//
// namespaces   "/", "/other", "/guarded" (refuses all but auth.token "secret"), JavaScript only: /^\/room-\d+$/
// echo(...args)              emits "echo" back with the same arguments
// mirror(...args, ack)       acks with the same arguments
// silent(ack)                never acks
// ask(timeoutMs, event, ...args, ack)   emits `event` with an ack, then acks "answered" and the answers, or "timed out"
// handshake(ack)             acks { auth, query, header }: what the handshake brought
// transport(ack)             acks the name of the server side's transport
// join(room, ack), leave(room, ack)
// say({ room, skip }, event, ...args)   emits to the room, or to all of the namespace; `skip` leaves the sender out
// collect(value), collected(ack)        keeps values; acks the list and forgets it
// burst(event, from, count, binary, ack) emits `count` numbered events, with a binary value each when asked, then acks
// kick(close)                disconnects the socket, or its whole connection
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import { Journal } from "./journal.js";
import type { Ack, JsNamespace, JsServer, JsServerSocket, ServerModule } from "./js-modules.js";
import type { RunningServer, ServerEntry, ServerOptions, ServerPort } from "./ports.js";

/** Above the largest message of the cases, base64 and JSON included. */
export const MAX_MESSAGE_BYTES = 4_000_000;

export function jsServer(name: string, module: ServerModule): ServerPort {
  return {
    name,
    has: new Set(["server api"]),
    burst: Infinity,
    start: (options = {}) => startJsServer(module, options),
  };
}

async function startJsServer(module: ServerModule, options: ServerOptions): Promise<RunningServer> {
  const journal = new Journal<ServerEntry>();
  let io: JsServer | undefined;
  const connections = new Set<NetSocket>();
  let port = 0;

  const up = async (): Promise<void> => {
    const httpServer = createServer((_request, response) => {
      response.writeHead(404).end(); // what is not under the server's path comes here
    });
    httpServer.on("connection", (socket: NetSocket) => {
      connections.add(socket);
      socket.once("close", () => connections.delete(socket));
    });
    io = new module.Server(httpServer, { maxHttpBufferSize: MAX_MESSAGE_BYTES, ...options.extra });
    if (options.upgradeDelayMs !== undefined) delayUpgrades(httpServer, options.upgradeDelayMs);
    serveInteropApp(io, journal);
    port = await listen(httpServer, port);
  };
  const down = async (): Promise<void> => {
    await io?.close();
    io = undefined;
  };
  const crash = async (): Promise<void> => {
    for (const socket of connections) socket.resetAndDestroy();
    await down(); // what is left to close are the listeners: nothing can reach the clients any more
  };

  await up();
  return {
    url: `http://127.0.0.1:${port}`,
    journal,
    up,
    down,
    crash,
    stop: down,
    js: () => {
      if (!io) throw new Error("failed to use the server: it is down");
      return io;
    },
  };
}

function listen(httpServer: HttpServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    httpServer.once("error", reject);
    httpServer.listen(port, "127.0.0.1", () => {
      resolve((httpServer.address() as AddressInfo).port);
    });
  });
}

/** Puts itself before the listeners that are there: an upgrade request reaches them later. */
function delayUpgrades(httpServer: HttpServer, delayMs: number): void {
  const listeners = httpServer.listeners("upgrade");
  httpServer.removeAllListeners("upgrade");
  httpServer.on("upgrade", (...args) => {
    setTimeout(() => {
      for (const listener of listeners) Reflect.apply(listener, httpServer, args);
    }, delayMs);
  });
}

function serveInteropApp(io: JsServer, journal: Journal<ServerEntry>): void {
  const guarded = io.of("/guarded");
  guarded.use((socket, next) => {
    if (socket.handshake.auth["token"] === "secret") next();
    else next(Object.assign(new Error("not for you"), { data: { code: 42, reasons: ["token", "🔒"] } }));
  });
  for (const namespace of [io, io.of("/other"), guarded, io.of(/^\/room-\d+$/)]) {
    namespace.on("connection", (socket) => {
      journal.push({ kind: "connect", namespace: socket.nsp.name, id: socket.id });
      socket.on("disconnect", (reason) => {
        journal.push({ kind: "disconnect", namespace: socket.nsp.name, id: socket.id, reason: String(reason) });
      });
      addListeners(socket, socket.nsp);
    });
  }
}

function addListeners(socket: JsServerSocket, namespace: JsNamespace): void {
  let collected: unknown[] = [];

  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("mirror", (...args) => {
    splitAck(args)(...args);
  });
  socket.on("silent", () => undefined);
  socket.on("ask", (...args) => {
    const ack = splitAck(args);
    const [timeoutMs, event, ...rest] = args;
    socket.timeout(Number(timeoutMs)).emit(String(event), ...rest, (error: unknown, ...answers: unknown[]) => {
      if (error) ack("timed out");
      else ack("answered", ...answers);
    });
  });
  socket.on("handshake", (ack) => {
    const { auth, query, headers } = socket.handshake;
    (ack as Ack)({ auth, query: { token: query["token"], text: query["text"] }, header: headers["x-interop"] ?? null });
  });
  socket.on("transport", (ack) => {
    (ack as Ack)(socket.conn.transport.name);
  });
  socket.on("join", (room, ack) => {
    socket.join(String(room));
    (ack as Ack)("joined");
  });
  socket.on("leave", (room, ack) => {
    socket.leave(String(room));
    (ack as Ack)("left");
  });
  socket.on("say", (target, event, ...args) => {
    const { room, skip } = target as { room?: string; skip?: boolean };
    const from = skip ? socket.broadcast : namespace;
    (room === undefined ? from : from.to(room)).emit(String(event), ...args);
  });
  socket.on("collect", (value) => {
    collected.push(value);
  });
  socket.on("collected", (ack) => {
    (ack as Ack)(collected);
    collected = [];
  });
  socket.on("burst", (event, from, count, binary, ack) => {
    for (let index = Number(from); index < Number(from) + Number(count); index++) {
      if (binary) socket.emit(String(event), index, Buffer.from(String(index)));
      else socket.emit(String(event), index);
    }
    (ack as Ack)(count);
  });
  socket.on("kick", (close) => {
    socket.disconnect(close === true);
  });
}

/** Takes the ack function from the end of a listener's arguments. */
function splitAck(args: unknown[]): Ack {
  const ack = args.pop();
  if (typeof ack !== "function") throw new Error("failed to ack: the client did not ask for it");
  return ack as Ack;
}
