// Connection state recovery: what is added to the wire, what a client that comes back is given, and who is not.
import { collect, once, turns, until } from "@everwire/testkit";
import { compare } from "./support/cases.js";
import type { Rig } from "./support/rig.js";

async function cutOff(rig: Rig, options: object, before: boolean): Promise<unknown[]> {
  const { io, socket, client } = await rig.pair(
    { connectionStateRecovery: options },
    { reconnection: true, reconnectionDelay: 10 },
  );
  if (before) {
    const first = once(client, "before");
    socket.emit("before");
    await first;
  }
  const back = once<[typeof socket]>(io, "connection");
  client.io.engine.close();
  return back;
}

compare("recovery of a session", [
  [
    "is off unless asked for: nothing is added, nothing is kept",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      io.sockets.adapter.persistSession = () => rig.note("persist");
      io.sockets.adapter.restoreSession = () => (rig.note("restore"), Promise.resolve(null));
      const heard = once(client, "m");
      socket.emit("m", 1);
      const args = await heard;
      client.io.engine.close();
      await once(socket, "disconnect");
      await rig.connected("/", { auth: { pid: "x", offset: "y" } });
      return [args, rig.log];
    },
    [[1], []],
  ],
  [
    "has defaults and an adapter for it",
    async (rig) => {
      const io = await rig.serve({ connectionStateRecovery: {} });
      return [io.sockets.adapter instanceof rig.peer.adapter.SessionAwareAdapter, io.opts.connectionStateRecovery];
    },
    [true, { maxDisconnectionDuration: 120_000, skipMiddlewares: true }],
  ],
  [
    "adds a private id to the answer of CONNECT and an offset to storable events",
    async (rig) => {
      const { io } = await rig.pair({ connectionStateRecovery: {} });
      const wire = await rig.raw();
      const connection = once<[Awaited<ReturnType<Rig["pair"]>>["socket"]]>(io, "connection");
      wire.send("40");
      const [socket] = await connection;
      const answer = JSON.parse((await wire.nextText()).slice(2)) as object;
      socket.emit("a", 1);
      socket.emit("b", 1, () => undefined);
      io.emit("c");
      const events = [await wire.nextText(), await wire.nextText(), await wire.nextText()].map(
        (text) => JSON.parse(text.replace(/^\d+/, "")) as unknown[],
      );
      return [Object.keys(answer), events.map((each) => each.map((arg) => typeof arg))];
    },
    [
      ["sid", "pid"],
      [
        ["string", "number", "string"],
        ["string", "number"],
        ["string", "string"],
      ],
    ],
  ],
  [
    "adds none to volatile events",
    async (rig) => {
      const { io, socket, client } = await rig.pair({ connectionStateRecovery: {} });
      const first = once(client, "stored");
      socket.emit("stored");
      await first;
      await turns();
      const heard = once(client, "one");
      socket.volatile.emit("one", "text");
      const one = await heard;
      await turns();
      const second = once(client, "two");
      io.volatile.emit("two", "text");
      return [one.length, (await second).length];
    },
    [1, 1],
    // A text at the end of an event is what clients take for the offset; here it stays a true one.
    { here: [2, 2] },
  ],
  [
    "gives id, rooms, data and what was missed, before `connect`",
    async (rig) => {
      const { io, socket, client } = await rig.pair(
        { connectionStateRecovery: {} },
        { reconnection: true, reconnectionDelay: 10 },
      );
      const first = once(client, "m");
      socket.emit("m", 0);
      await first;
      const { id } = socket;
      socket.data = { x: 1 };
      void socket.join("r");
      io.use((_socket, next) => {
        rig.note("middleware");
        next();
      });
      socket.on("disconnect", () => {
        io.emit("m", 1);
        io.to("r").emit("m", 2);
        io.to(id).emit("m", 3);
        io.except("r").emit("m", "not for this one");
        io.volatile.emit("m", "volatile");
      });
      client.on("m", (value) => rig.note(value));
      client.on("connect", () => rig.note("connect", client.recovered, client.id === id));
      const back = once<[typeof socket]>(io, "connection");
      const connected = once(client, "connect");
      client.io.engine.close();
      const [next] = await back;
      await connected;
      return [
        rig.log,
        next.recovered,
        next.id === id,
        next.data,
        next.rooms.has("r"),
        Object.keys(next.handshake.auth),
      ];
    },
    [[1, 2, 3, ["connect", true, true]], true, true, { x: 1 }, true, ["pid", "offset"]],
  ],
  [
    "asks middlewares when told to, which see a recovered socket",
    async (rig) => {
      const io = await rig.serve({ connectionStateRecovery: { skipMiddlewares: false } });
      io.use((socket, next) => {
        rig.note(socket.recovered);
        next();
      });
      await cutOff(rig, {}, true);
      return rig.log;
    },
    [false, true],
  ],
  [
    "is not given by an adapter that knows nothing of it",
    async (rig) => {
      const { io } = await rig.pair({ connectionStateRecovery: {}, adapter: rig.peer.adapter.Adapter });
      const connection = once<[{ recovered: boolean }]>(io, "connection");
      await rig.connected("/", { auth: { pid: "x", offset: "y" } });
      return (await connection)[0].recovered;
    },
    false,
  ],
  [
    "gives a new session for an unknown id or offset",
    async (rig) => {
      const { io } = await rig.pair({ connectionStateRecovery: {} });
      const connections = collect<[{ recovered: boolean }]>(io, "connection", 2);
      await rig.connected("/", { auth: { pid: "unknown", offset: "x" } });
      await rig.connected("/", { auth: { pid: 5, offset: [] } });
      return (await connections).map(([socket]) => socket.recovered);
    },
    [false, false],
  ],
  [
    "is not for who was disconnected on purpose",
    async (rig) => {
      const { io, socket, client } = await rig.pair({ connectionStateRecovery: {} });
      io.sockets.adapter.persistSession = () => rig.note("persist");
      socket.disconnect();
      const other = await rig.pair();
      other.client.disconnect();
      await until(() => io.sockets.sockets.size === 0, "all to be gone");
      return [rig.log, client.connected];
    },
    [[], false],
  ],
  [
    "is for who was cut off, whoever did it",
    async (rig) => {
      const { io, socket, client } = await rig.pair({ connectionStateRecovery: {} });
      io.sockets.adapter.persistSession = ({ sid, pid, rooms, data }) =>
        rig.note(typeof sid, typeof pid, Array.isArray(rooms), data);
      client.io.engine.close();
      await once(socket, "disconnect");
      const other = await rig.pair();
      other.socket.conn.close();
      await once(other.client, "disconnect");
      await rig.pair();
      await io.close();
      return rig.log;
    },
    Array(3).fill(["string", "string", true, {}]),
  ],
  [
    "listeners of what goes out see the offset",
    async (rig) => {
      const { io, socket } = await rig.pair({ connectionStateRecovery: {} });
      socket.onAnyOutgoing((...args) => rig.note(args.length));
      socket.emit("a", 1);
      io.emit("b");
      return rig.log;
    },
    [3, 2],
  ],
]);
