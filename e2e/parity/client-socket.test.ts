// A socket of the client: its state, what waits for a connection, its emitter, retries.
import { once } from "@everwire/testkit";
import type { Server } from "@everwire/server";
import { compare } from "./support/cases.js";
import { outcome, plain, settled, type Rig } from "./support/rig.js";

type Answer = (...args: unknown[]) => unknown;

async function listening(rig: Rig): Promise<Server> {
  const io = await rig.serve();
  io.on("connection", (socket) => {
    socket.onAny((event, ...args) => {
      rig.note(event, ...plain(args));
      const last = args.at(-1) as unknown;
      if (typeof last === "function") (last as Answer)("answer");
    });
  });
  return io;
}

compare("a socket of the client", [
  [
    "knows its state before it connects",
    async (rig) => {
      await rig.serve();
      const { id, connected, disconnected, active, recovered, nsp, sendBuffer, receiveBuffer, auth, io } = rig.client(
        "/",
        { autoConnect: false },
      );
      return [
        id,
        connected,
        disconnected,
        active,
        recovered,
        nsp,
        sendBuffer,
        receiveBuffer,
        auth,
        io instanceof rig.peer.client.Manager,
      ];
    },
    [undefined, false, true, false, false, "/", [], [], undefined, true],
  ],
  [
    "knows its state after it connected, and after it left",
    async (rig) => {
      await rig.serve();
      const client = rig.client("/", { autoConnect: false });
      const chained = [client.connect() === client, client.open() === client];
      const wanting = [client.active, client.connected];
      await once(client, "connect");
      const there = [typeof client.id, client.connected, client.disconnected, client.active];
      const left = [
        client.close() === client,
        client.disconnect() === client,
        client.id,
        client.connected,
        client.active,
      ];
      return [chained, wanting, there, left];
    },
    [
      [true, true],
      [true, false],
      ["string", true, false, true],
      [true, true, undefined, false, false],
    ],
  ],
  [
    "does not come in when it left before",
    async (rig) => {
      const io = await rig.serve();
      io.on("connection", () => rig.note("connection"));
      const client = rig.client();
      for (const event of ["connect", "disconnect", "connect_error"] as const) client.on(event, () => rig.note(event));
      client.disconnect();
      await rig.connected();
      return [rig.log, client.active];
    },
    [["connection"], false],
  ],
  [
    "has methods that are chained",
    async (rig) => {
      const { client } = await rig.pair();
      return [client.emit("m"), client.send("m"), client.compress(true), client.volatile, client.timeout(1)].map(
        (each) => (each as unknown) === client,
      );
    },
    [true, true, true, true, true],
  ],
  [
    "takes no second CONNECT, and no answer to nothing",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      client.on("connect", () => rig.note("connect"));
      client.on("disconnect", () => rig.note("disconnect"));
      for (const text of ["399[]", '2/other,["a"]']) socket.conn.send(text);
      await settled(pair);
      return [rig.log, client.connected];
    },
    [[], true],
  ],
  [
    "tells of a server that gives no id",
    async (rig) => {
      const engine = new rig.peer.engine.Server();
      const { createServer } = await import("node:http");
      const httpServer = createServer();
      engine.attach(httpServer, { path: "/socket.io" });
      engine.on("connection", (session: { send(text: string): void }) => session.send("0"));
      httpServer.listen(0, "127.0.0.1");
      await once(httpServer, "listening");
      rig.url = `http://127.0.0.1:${(httpServer.address() as { port: number }).port}`;
      const client = rig.client();
      const [error] = await once<[Error]>(client, "connect_error");
      client.disconnect();
      engine.close();
      httpServer.close();
      return /v2\.x with a v3\.x client/.test(error.message);
    },
    true,
  ],
  [
    "a listener that throws does not end it",
    async (rig) => {
      const pair = await rig.pair();
      const previous = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      const thrown = new Promise<string>((resolve) =>
        process.once("uncaughtException", ({ message }) => resolve(message)),
      );
      pair.client.once("m", () => {
        throw new Error("oops");
      });
      pair.socket.emit("m");
      const message = await thrown;
      for (const listener of previous) process.on("uncaughtException", listener);
      await settled(pair);
      return [message, pair.client.connected];
    },
    ["oops", true],
  ],
]);

compare("what waits for a connection", [
  [
    "is kept in order, and sent before `connect`",
    async (rig) => {
      await listening(rig);
      const client = rig.client("/", { autoConnect: false });
      client.emit("a", 1);
      client.emit("b", 2, (answer: unknown) => rig.note("answered", answer));
      const waiting = client.sendBuffer.map(({ type, data, id, options }) => [type, data, id, options]);
      const heard = new Promise((resolve) =>
        client.on("connect", () => client.emit("c", () => resolve(client.sendBuffer.length))),
      );
      client.connect();
      return [waiting, await heard, rig.log];
    },
    [
      [
        [2, ["a", 1], undefined, { compress: true }],
        [2, ["b", 2], 0, { compress: true }],
      ],
      0,
      [
        ["a", 1],
        ["b", 2, "function"],
        ["c", "function"],
        ["answered", "answer"],
      ],
    ],
  ],
  [
    "is dropped when its time is over",
    async (rig) => {
      await rig.serve();
      const client = rig.client("/", { autoConnect: false });
      const asked = outcome(client.timeout(5).emitWithAck("m"));
      return [client.sendBuffer.length, await asked, client.sendBuffer.length];
    },
    [1, "rejects operation has timed out", 0],
  ],
  [
    "keeps its acknowledgement over a disconnection",
    async (rig) => {
      const io = await rig.serve();
      io.on("connection", (socket) => socket.on("ask", (answer: Answer) => answer("late")));
      const client = await rig.connected();
      client.disconnect();
      const asked = client.emitWithAck("ask");
      client.connect();
      return asked;
    },
    "late",
  ],
  [
    "events that came before CONNECT was answered are replayed, before `connect`",
    async (rig) => {
      const io = await rig.serve();
      io.use((socket, next) => {
        socket.emit("early", 1);
        socket.emit("early", Buffer.from("x"));
        next();
      });
      const client = rig.client();
      client.on("early", (value) => rig.note("early", value, client.connected));
      client.on("connect", () => rig.note("connect", client.receiveBuffer));
      await once(client, "connect");
      return rig.log;
    },
    [
      ["early", 1, true],
      ["early", Buffer.from("x"), true],
      ["connect", []],
    ],
  ],
]);
