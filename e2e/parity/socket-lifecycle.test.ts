// The emitters of the server, how it ends and begins again, and an engine that was set up elsewhere.
import { EventEmitter, once as onceOf } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { once } from "@everwire/testkit";
import { compare } from "./support/cases.js";
import { closeHttp } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { outcome, type Rig } from "./support/rig.js";

compare("emitters of the server", [
  [
    "emitting does not reach its own listeners",
    async (rig) => {
      const io = await rig.serve();
      io.on("m", rig.note);
      io.emit("m", 1);
      io.sockets.emit("m", 2);
      return rig.log;
    },
    [],
  ],
  [
    "events of other servers do",
    async (rig) => {
      const io = await rig.serve();
      io.on("m", rig.note);
      io.sockets._onServerSideEmit(["m", 1, "b"]);
      return rig.log;
    },
    [[1, "b"]],
  ],
  [
    "events.once() of the server and of its namespace",
    async (rig) => {
      const io = await rig.serve();
      const heard = [onceOf(io, "connection"), onceOf(io.sockets, "connect")];
      await rig.connected();
      return (await Promise.all(heard)).map(([socket]) => (socket as object).constructor.name);
    },
    ["Socket", "Socket"],
  ],
  [
    "events.once() of a socket",
    async (rig) => {
      const { socket, client } = await rig.pair();
      const heard = onceOf(socket, "m");
      client.emit("m", 1, "b");
      return heard;
    },
    [1, "b"],
  ],
  [
    "once, off and prependListener",
    async (rig) => {
      const io = await rig.serve();
      const off = (): void => rig.note("off");
      io.once("connection", () => rig.note("once"));
      io.on("connection", off);
      io.off("connection", off);
      io.prependListener("connection", () => rig.note("first"));
      await rig.connected();
      await rig.connected();
      return [rig.log, io.listenerCount("connection"), io.listeners("connection").length];
    },
    [["first", "once", "first"], 1, 1],
  ],
  [
    "a socket has the limit of listeners of every emitter",
    async (rig) => {
      const { io, socket } = await rig.pair();
      return [io, socket, io.sockets.adapter].map(
        (each) => each.getMaxListeners() === EventEmitter.defaultMaxListeners,
      );
    },
    [true, true, true],
  ],
]);

compare("close()", [
  [
    "gives a promise of nothing, and never rejects",
    async (rig) => {
      const io = await rig.serve();
      const closing = io.close();
      return [closing instanceof Promise, await outcome(closing), await outcome(io.close())];
    },
    [true, undefined, undefined],
  ],
  [
    "tells its callback",
    async (rig) => {
      const io = await rig.serve();
      return new Promise((resolve) => void io.close(resolve));
    },
    undefined,
  ],
  [
    "tells the callback of an HTTP server that does not run",
    async ({ peer }) => {
      const io = new peer.server.Server(createServer());
      return new Promise((resolve) => void io.close((error) => resolve((error as NodeJS.ErrnoException).code)));
    },
    "ERR_SERVER_NOT_RUNNING",
  ],
  [
    "says why, to both sides, while the rooms are still there",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      socket.on("disconnecting", (reason) => rig.note(reason, socket.rooms.size, socket.connected));
      socket.on("disconnect", (reason) => rig.note(reason, socket.rooms.size, socket.connected));
      const lost = once(client, "disconnect");
      await io.close();
      return [rig.log, (await lost)[0], client.active];
    },
    [
      [
        ["server shutting down", 1, true],
        ["server shutting down", 0, false],
      ],
      "transport close",
      true,
    ],
  ],
  [
    "closes the adapter of each namespace",
    async (rig) => {
      const io = await rig.serve();
      for (const name of ["/", "/a"]) io.of(name).adapter.close = () => rig.note(name);
      await io.close();
      return rig.log;
    },
    ["/", "/a"],
  ],
  [
    "is not the end: the server listens again and clients come back",
    async (rig) => {
      const { io, client } = await rig.pair({}, { reconnection: true, reconnectionDelay: 10 });
      const { port } = rig;
      await io.close();
      const back = once(client, "connect");
      io.listen(port);
      onTestFinished(() => closeHttp(io.httpServer as ReturnType<typeof createServer>));
      await back;
      return client.connected;
    },
    true,
  ],
]);

const bound =
  (whose: "its own" | "the stock one") =>
  async (rig: Rig): Promise<unknown> => {
    const maker = whose === "its own" ? rig.peer : (PEERS.find(({ name }) => name === "stock") ?? rig.peer);
    const httpServer = createServer();
    const engine = new maker.engine.Server();
    engine.attach(httpServer, { path: "/socket.io" });
    const io = new rig.peer.server.Server();
    const isChained = io.bind(engine) === io;
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    onTestFinished(() => {
      engine.close();
      closeHttp(httpServer);
    });
    rig.url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
    io.on("connection", (socket) => socket.on("m", (data, answer) => answer(data)));
    const client = await rig.connected();
    const heard = Promise.all([once(client, "a"), once(client, "b")]);
    io.compress(false).emit("a", 1);
    io.volatile.emit("b", 2);
    io.emit("b", 3);
    await heard;
    const lost = once(client, "disconnect");
    const answer = await client.emitWithAck("m", Buffer.from("x"));
    io.disconnectSockets(true);
    return [isChained, answer, (io.engine as unknown) === engine, (await lost)[0]];
  };

compare(
  "an engine that was set up by hand",
  (["its own", "the stock one"] as const).map((whose) => [
    `is bound: ${whose}`,
    bound(whose),
    [true, Buffer.from("x"), true, "io server disconnect"],
  ]),
);
