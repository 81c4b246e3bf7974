// Rooms and broadcasts: who gets what, what operators are, and what can be done to many sockets at once.
import { once, turns, until } from "@everwire/testkit";
import type { Server, Socket } from "@everwire/server";
import { compare, type Case } from "./support/cases.js";
import type { Rig } from "./support/rig.js";

interface Trio {
  io: Server;
  sockets: [Socket, Socket, Socket];
}

// Three clients: the second is in room r, the third in r and q. The broadcast is followed by one that everybody gets.
const reached =
  (send: (trio: Trio) => unknown) =>
  async (rig: Rig): Promise<unknown> => {
    const { io } = await rig.pair();
    const clients = [await rig.connected(), await rig.connected(), await rig.connected()];
    const sockets = clients.map(({ id }) => io.sockets.sockets.get(id as string)) as Trio["sockets"];
    void sockets[1].join("r");
    void sockets[2].join(["r", "q"]);
    const who: number[] = [];
    clients.forEach((client, index) => client.on("m", () => who.push(index)));
    const ends = Promise.all(clients.map((client) => once(client, "end")));
    send({ io, sockets });
    io.emit("end");
    await ends;
    return who.sort();
  };

const SCOPES: readonly (readonly [title: string, send: (trio: Trio) => unknown, who: number[]])[] = [
  ["io.emit", ({ io }) => io.emit("m"), [0, 1, 2]],
  ["io.of('/').emit", ({ io }) => io.of("/").emit("m"), [0, 1, 2]],
  ["io.local.emit", ({ io }) => io.local.emit("m"), [0, 1, 2]],
  ["io.compress(false).emit", ({ io }) => io.compress(false).emit("m"), [0, 1, 2]],
  ["io.to(room)", ({ io }) => io.to("r").emit("m"), [1, 2]],
  ["io.in(room)", ({ io }) => io.in("q").emit("m"), [2]],
  ["io.to(rooms), a union", ({ io }) => io.to(["r", "q"]).emit("m"), [1, 2]],
  ["io.to(room).to(room), a union", ({ io }) => io.to("q").to("r").emit("m"), [1, 2]],
  ["io.to(id)", ({ io, sockets }) => io.to(sockets[0].id).emit("m"), [0]],
  ["io.to([]), which is everyone", ({ io }) => io.to([]).emit("m"), [0, 1, 2]],
  ["io.to(nobody's room)", ({ io }) => io.to("none").emit("m"), []],
  ["io.except(room)", ({ io }) => io.except("q").emit("m"), [0, 1]],
  ["io.except(rooms)", ({ io, sockets }) => io.except([sockets[0].id, "q"]).emit("m"), [1]],
  ["io.to(room).except(room)", ({ io }) => io.to("r").except("q").emit("m"), [1]],
  ["io.except(room).except(room)", ({ io, sockets }) => io.except("q").except(sockets[1].id).emit("m"), [0]],
  ["socket.broadcast", ({ sockets }) => sockets[0].broadcast.emit("m"), [1, 2]],
  ["socket.to(room), not itself", ({ sockets }) => sockets[1].to("r").emit("m"), [2]],
  ["socket.in(room), not itself", ({ sockets }) => sockets[1].in("r").emit("m"), [2]],
  ["socket.to(room) of a room it is not in", ({ sockets }) => sockets[0].to("r").emit("m"), [1, 2]],
  ["socket.except(room)", ({ sockets }) => sockets[1].except("q").emit("m"), [0]],
  ["socket.broadcast.to(room).except(room)", ({ sockets }) => sockets[0].broadcast.to("r").except("q").emit("m"), [1]],
  ["socket.local", ({ sockets }) => sockets[0].local.emit("m"), [1, 2]],
  ["socket.to(its own id), which is nobody", ({ sockets }) => sockets[0].to(sockets[0].id).emit("m"), []],
  ["socket.compress(false).broadcast", ({ sockets }) => sockets[0].compress(false).broadcast.emit("m"), [1, 2]],
  ["binary", ({ io }) => io.to("r").emit("m", Buffer.from("x")), [1, 2]],
];

compare(
  "whom a broadcast reaches",
  SCOPES.map(([title, send, who]): Case => [title, reached(send), who]),
);

compare("operators", [
  [
    "are never changed",
    async (rig) => {
      const io = await rig.serve();
      const first = io.to("a");
      const all = [
        first.to("b"),
        first.in("b"),
        first.except("b"),
        first.compress(true),
        first.volatile,
        first.local,
        first.timeout(1),
      ];
      return [new Set<unknown>([first, ...all]).size, all.every((each) => each.constructor === first.constructor)];
    },
    [8, true],
  ],
  [
    "may be kept and used again",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      void socket.join("r");
      const room = io.to("r");
      room.except("r").emit("nobody");
      client.onAny((event) => rig.note(event));
      const last = once(client, "b");
      room.emit("a");
      room.emit("b");
      await last;
      return rig.log;
    },
    ["a", "b"],
  ],
]);

compare("rooms of a socket", [
  [
    "its own is one of them, and join and leave give nothing back",
    async (rig) => {
      const { socket } = await rig.pair();
      const results = [socket.join("a"), socket.join(["b", "c", "a"]), socket.leave("a"), socket.leave("never")];
      return [results, socket.rooms instanceof Set, socket.rooms.has(socket.id), [...socket.rooms].slice(1)];
    },
    [Array(4).fill(undefined), true, true, ["b", "c"]],
  ],
  [
    "may be numbers",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      void socket.join(5 as never);
      const heard = once(client, "m");
      io.to(5 as never).emit("m", 1);
      return [await heard, [...socket.rooms].slice(1)];
    },
    [[1], [5]],
  ],
  [
    "may be called like a member of Object",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      void socket.join(["__proto__", "constructor"]);
      const heard = once(client, "m");
      io.to("__proto__").emit("m", 1);
      return [await heard, [...socket.rooms].slice(1)];
    },
    [[1], ["__proto__", "constructor"]],
  ],
  [
    "there are none after the end, and none are joined",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      void socket.join("r");
      client.disconnect();
      await once(socket, "disconnect");
      void socket.join("r");
      return [socket.rooms.size, io.sockets.adapter.rooms.size, io.sockets.adapter.sids.size];
    },
    [0, 0, 0],
  ],
  [
    "the adapter tells of each real change",
    async (rig) => {
      const io = await rig.serve();
      for (const event of ["create-room", "delete-room", "join-room", "leave-room"]) {
        io.sockets.adapter.on(event, (...args: string[]) =>
          rig.note(event, ...args.map((arg) => (arg.length === 20 ? "id" : arg))),
        );
      }
      const { socket, client } = await rig.pair();
      void socket.join("a");
      void socket.join("a");
      void socket.leave("a");
      void socket.leave("a");
      void socket.join("b");
      client.disconnect();
      await once(socket, "disconnect");
      return rig.log;
    },
    [
      ["create-room", "id"],
      ["join-room", "id", "id"],
      ["create-room", "a"],
      ["join-room", "a", "id"],
      ["leave-room", "a", "id"],
      ["delete-room", "a"],
      ["create-room", "b"],
      ["join-room", "b", "id"],
      ["leave-room", "id", "id"],
      ["delete-room", "id"],
      ["leave-room", "b", "id"],
      ["delete-room", "b"],
    ],
  ],
]);

compare("many sockets at once", [
  [
    "fetchSockets gives the sockets of this server themselves or the same by another face",
    async (rig) => {
      const { io, socket } = await rig.pair();
      (socket.data as { x?: number }).x = 1;
      void socket.join("r");
      const [found] = await io.fetchSockets();
      return [
        found?.id === socket.id,
        found?.data,
        found?.handshake === socket.handshake,
        found?.rooms instanceof Set,
        found?.rooms.has("r"),
      ];
    },
    [true, { x: 1 }, true, true, true],
  ],
  [
    "fetchSockets of rooms, exceptions and others",
    async (rig) => {
      const { io, socket } = await rig.pair();
      void socket.join("r");
      await rig.connected();
      const asked = [io, io.in("none"), io.in("r"), io.except("r"), socket.broadcast, io.of("/"), io.local];
      return Promise.all(asked.map(async (each) => (await each.fetchSockets()).length));
    },
    [2, 0, 1, 1, 1, 2, 2],
  ],
  [
    "what was fetched can be emitted to, moved and disconnected",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      const [found] = await io.fetchSockets();
      const heard = once(client, "m");
      found?.emit("m", 1);
      found?.join("r");
      const isIn = socket.rooms.has("r");
      found?.leave("r");
      const lost = once(client, "disconnect");
      found?.disconnect();
      return [await heard, isIn, socket.rooms.has("r"), (await lost)[0]];
    },
    [[1], true, false, "io server disconnect"],
  ],
  [
    "socketsJoin and socketsLeave take one room or a list",
    async (rig) => {
      const { io, socket } = await rig.pair();
      io.socketsJoin(["a", "b"]);
      io.in("a").socketsJoin("c");
      io.in("none").socketsJoin("d");
      const joined = [...socket.rooms].slice(1);
      io.socketsLeave(["a", "b"]);
      socket.broadcast.socketsLeave("c");
      return [joined, [...socket.rooms].slice(1)];
    },
    [["a", "b", "c"], ["c"]],
  ],
  [
    "disconnectSockets ends the sockets, not their connections",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      io.of("/other");
      const other = client.io.socket("/other");
      await once(other, "connect");
      const lost = Promise.all([once(socket, "disconnect"), once(client, "disconnect")]);
      io.disconnectSockets();
      return [(await lost).map(([reason]) => reason as string), other.connected];
    },
    [["server namespace disconnect", "io server disconnect"], true],
  ],
  [
    "disconnectSockets(true) ends both",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      io.of("/other");
      const other = client.io.socket("/other");
      await once(other, "connect");
      const lost = Promise.all([once(socket, "disconnect"), once(other, "disconnect")]);
      io.disconnectSockets(true);
      await until(() => io.engine.clientsCount === 0, "the connection to end");
      return (await lost).map(([reason]) => reason as string);
    },
    ["server namespace disconnect", "io server disconnect"],
  ],
  [
    "allSockets names their ids",
    async (rig) => {
      const { io, socket } = await rig.pair();
      void socket.join("r");
      await turns();
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated and still there
      const sets = await Promise.all([io, io.in("r"), io.in("none"), io.of("/")].map((each) => each.allSockets()));
      return sets.map((set) => [set instanceof Set, set.has(socket.id), set.size]);
    },
    [
      [true, true, 1],
      [true, true, 1],
      [true, false, 0],
      [true, true, 1],
    ],
  ],
]);
