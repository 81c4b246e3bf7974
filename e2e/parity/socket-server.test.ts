// The server as an application makes it: arguments, getters that are setters, what its methods give back, what it is an instance
// of, and how it ends.
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { once } from "@everwire/testkit";
import { compare } from "./support/cases.js";
import { attempt } from "./support/rig.js";

const nothing = (): void => undefined;
const HANDLER = /express request handler function/;

compare("a server is made", [
  [
    "with the defaults that users know",
    ({ peer }) => {
      const io = new peer.server.Server();
      return [
        io.path(),
        io.connectTimeout(),
        io.serveClient(),
        io.adapter() === peer.adapter.Adapter,
        io.httpServer,
        io.engine,
      ];
    },
    ["/socket.io", 45_000, true, true, undefined, undefined],
  ],
  ["with options alone", ({ peer }) => new peer.server.Server({ path: "/x/" }).path(), "/x"],
  [
    "with undefined or null for the server",
    ({ peer }) => [
      new peer.server.Server(undefined, { path: "/x" }).path(),
      new peer.server.Server(null as never, { path: "/x" }).path(),
    ],
    ["/x", "/x"],
  ],
  [
    "on an HTTP server, which it keeps",
    async (rig) => {
      const io = await rig.serve();
      return [io.httpServer === rig.httpServer, typeof io.engine.clientsCount];
    },
    [true, "number"],
  ],
  [
    "on port 0, at once",
    async ({ peer }) => {
      const io = new peer.server.Server(0);
      onTestFinished(() => io.close());
      const httpServer = io.httpServer as ReturnType<typeof createServer>;
      if (!httpServer.listening) await once(httpServer, "listening");
      const { port } = httpServer.address() as AddressInfo;
      return [port > 0, (await fetch(`http://127.0.0.1:${port}/elsewhere`)).status];
    },
    [true, 404],
  ],
  [
    "and listens on a port that is a text",
    async ({ peer }) => {
      const io = new peer.server.Server();
      onTestFinished(() => io.close());
      const isChained = io.listen("0") === io;
      const httpServer = io.httpServer as ReturnType<typeof createServer>;
      if (!httpServer.listening) await once(httpServer, "listening");
      return isChained;
    },
    true,
  ],
  [
    "and attached later; its own options win",
    ({ peer }) => {
      const httpServer = createServer();
      const io = new peer.server.Server({ path: "/own", pingInterval: 7_000 });
      const isChained = io.attach(httpServer, { path: "/given", pingInterval: 8_000, pingTimeout: 123 }) === io;
      const { pingInterval, pingTimeout } = io.engine.opts;
      io.engine.close();
      return [isChained, io.path(), pingInterval, pingTimeout];
    },
    [true, "/own", 7_000, 123],
  ],
  [
    "not on a request handler",
    ({ peer }) => [
      HANDLER.test(String(attempt(() => new peer.server.Server(nothing as never)))),
      HANDLER.test(String(attempt(() => new peer.server.Server().listen(nothing as never)))),
      HANDLER.test(String(attempt(() => new peer.server.Server().attach(nothing as never)))),
    ],
    [true, true, true],
  ],
]);

compare("members of a server", [
  [
    "classes",
    ({ peer }) => {
      const io = new peer.server.Server();
      const { Namespace, Server } = peer.server;
      return [
        io instanceof Server,
        io.sockets instanceof Namespace,
        io.of(/x/) instanceof Namespace,
        io.sockets.adapter instanceof peer.adapter.Adapter,
      ];
    },
    [true, true, true, true],
  ],
  [
    "names of the classes",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      return [io, io.sockets, socket, client, client.io, io.sockets.adapter, io.of(/x/), io.to("a")].map(
        (each) => each.constructor.name,
      );
    },
    ["Server", "Namespace", "Socket", "Socket", "Manager", "Adapter", "ParentNamespace", "BroadcastOperator"],
  ],
  [
    "all that users hold on the server is an emitter of Node, on the client it is not",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      return [io, io.sockets, socket, io.sockets.adapter, socket.conn, io.engine, client, client.io].map(
        (each) => each instanceof EventEmitter,
      );
    },
    [true, true, true, true, true, true, false, false],
  ],
  [
    "`sockets` is the main namespace",
    ({ peer }) => {
      const io = new peer.server.Server();
      return [io.sockets === io.of("/"), io.sockets === io.of(""), io.sockets.name, io.sockets.server === io];
    },
    [true, true, "/", true],
  ],
  [
    "setters are chained",
    ({ peer }) => {
      const io = new peer.server.Server();
      const chained = [
        io.path("/q/"),
        io.connectTimeout(1),
        io.serveClient(false),
        io.adapter(peer.adapter.Adapter),
      ].map((each) => each === io);
      return [...chained, io.path(), io.connectTimeout(), io.serveClient()];
    },
    [true, true, true, true, "/q", 1, false],
  ],
  [
    "methods give back the server, the namespace or true",
    async (rig) => {
      const io = await rig.serve();
      const { sockets } = io;
      return [
        io.use((_socket, next) => next()) === io,
        sockets.use((_socket, next) => next()) === sockets,
        io.emit("x"),
        io.send("x") === io,
        io.write("x") === io,
        sockets.send("x") === sockets,
        sockets.write("x") === sockets,
      ];
    },
    Array(7).fill(true),
  ],
  [
    "methods of its emitter are those of the main namespace, and give it back",
    async (rig) => {
      const io = await rig.serve();
      const sockets: unknown = io.sockets;
      return [
        io.on("x", nothing) === sockets,
        io.once("x", nothing) === sockets,
        io.off("x", nothing) === sockets,
        io.sockets.listenerCount("x"),
        io.removeAllListeners("x") === sockets,
        io.eventNames(),
        io.setMaxListeners(3) === sockets,
        io.getMaxListeners(),
      ];
    },
    [true, true, true, 1, true, [], true, 3],
  ],
  [
    "the namespaces have the same methods as the server",
    async (rig) => {
      const io = await rig.serve();
      const names =
        "on once off emit to in except use send write compress timeout serverSideEmit serverSideEmitWithAck fetchSockets socketsJoin socketsLeave disconnectSockets allSockets".split(
          " ",
        );
      const of = io.of("/n") as unknown as Record<string, unknown>;
      return names.filter(
        (name) =>
          typeof of[name] !== "function" || typeof (io as unknown as Record<string, unknown>)[name] !== "function",
      );
    },
    [],
  ],
  [
    "an acknowledged broadcast without rooms starts from an operator only",
    async (rig) => {
      const io = await rig.serve();
      return [
        typeof io.timeout(1).emitWithAck,
        typeof io.to("a").emitWithAck,
        "emitWithAck" in io,
        "send" in io.to("a"),
      ];
    },
    ["function", "function", false, false],
  ],
]);
