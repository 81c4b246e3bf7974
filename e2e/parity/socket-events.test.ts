// What can be sent in an event, in both directions, and under which names; catch-all listeners; what is dropped on purpose.
import { once, turns } from "@everwire/testkit";
import { compare, type Case } from "./support/cases.js";
import { attempt, settled, type Rig } from "./support/rig.js";

class Point {
  x = 1;
}

const VALUES: readonly (readonly [title: string, sent: unknown, arrives?: { as: unknown }])[] = [
  ["null", null],
  ["undefined, as null", undefined, { as: null }],
  ["a number", 5],
  ["zero", 0],
  ["NaN, as null", Number.NaN, { as: null }],
  ["Infinity, as null", Number.POSITIVE_INFINITY, { as: null }],
  ["text of every kind", "é€😀\u2028\u0000"],
  ["no text", ""],
  ["true", true],
  ["false", false],
  ["a date, as text", new Date(0), { as: "1970-01-01T00:00:00.000Z" }],
  ["lists in lists", [1, [2, [3]]]],
  ["an object", { a: { b: null } }],
  ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 }), { as: { a: 1 } }],
  ["an object with toJSON", { toJSON: () => "json" }, { as: "json" }],
  ["an instance, as its fields", new Point(), { as: { x: 1 } }],
  ["a map, as an empty object", new Map([[1, 2]]), { as: {} }],
  ["an error, as an empty object", new Error("e"), { as: {} }],
  ["a Buffer", Buffer.from([1, 2])],
  ["a typed array", new Uint8Array([1]), { as: Buffer.from([1]) }],
  ["a Float32Array, as its bytes", new Float32Array([1]), { as: Buffer.from([0, 0, 128, 63]) }],
  ["an ArrayBuffer", new Uint8Array([9]).buffer, { as: Buffer.from([9]) }],
  ["a DataView", new DataView(new ArrayBuffer(2)), { as: Buffer.alloc(2) }],
  ["binary deep inside", { a: [Buffer.from("x"), { b: Buffer.from("y") }], c: 1 }],
];

const both =
  (sent: unknown) =>
  async (rig: Rig): Promise<unknown> => {
    const { socket, client } = await rig.pair();
    const heard = Promise.all([once(client, "m"), once(socket, "m")]);
    socket.emit("m", sent);
    client.emit("m", sent);
    return heard;
  };

compare(
  "an argument",
  VALUES.map(([title, sent, arrives]): Case => {
    const value = arrives === undefined ? sent : arrives.as;
    return [title, both(sent), [[value], [value]]];
  }),
);

compare("an event", [
  [
    "with a circular argument is not sent",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      return [io, socket, client].map((each) => String(attempt(() => each.emit("m", circular))).startsWith("throws"));
    },
    [true, true, true],
  ],
  [
    "with a bigint is not sent",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      return [io, socket, client].map((each) => String(attempt(() => each.emit("m", 1n))).startsWith("throws"));
    },
    [true, true, true],
  ],
  ...["", "__proto__", "constructor", "toString", "hasOwnProperty", "error", "connection"].map((name): Case => [
    `may be called ${JSON.stringify(name)}, both ways`,
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      const heard = Promise.all([once(client, name), once(socket, name)]);
      socket.emit(name, 1);
      client.emit(name, 2);
      return heard;
    },
    [[1], [2]],
  ]),
  ...["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map((name): Case => [
    `may not be called ${name}`,
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      const text = `throws "${name}" is a reserved event name`;
      return [io, io.of("/n"), io.to("r"), socket, socket.broadcast, client]
        .map((each) => attempt(() => each.emit(name)))
        .filter((thrown) => thrown !== text);
    },
    [],
  ]),
  ...["connect", "connection", "new_namespace"].map((name): Case => [
    `between servers may not be called ${name}`,
    async (rig) => {
      const io = await rig.serve();
      return [attempt(() => io.serverSideEmit(name)), attempt(() => io.of("/n").serverSideEmit(name))];
    },
    Array(2).fill(`throws "${name}" is a reserved event name`),
  ]),
  [
    "keeps its place among others, whatever their kind",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.onAny((event) => rig.note(event));
      const last = once(client, "5");
      socket.emit("1");
      socket.emit("2", Buffer.from("x"));
      socket.send("3");
      rig.peer.server.Server.prototype.emit.call(socket.server, "4");
      socket.emit("5");
      await last;
      return rig.log;
    },
    ["1", "2", "message", "4", "5"],
  ],
  [
    "emit gives back true on the server and the socket on the client",
    async (rig) => {
      const { socket, client } = await rig.pair();
      return [socket.emit("m"), client.emit("m") === client];
    },
    [true, true],
  ],
  [
    "send and write emit `message`",
    async (rig) => {
      const pair = await rig.pair();
      const { io, socket, client } = pair;
      client.on("message", rig.note);
      socket.on("message", rig.note);
      const chained = [
        socket.send("a", 1) === socket,
        socket.write("b") === socket,
        io.send("c") === io,
        io.write("d") === io,
      ];
      const isChained = client.send("e", 2) === client;
      await settled(pair);
      return [chained, isChained, new Set(rig.log.map((each) => JSON.stringify(each)))];
    },
    [[true, true, true, true], true, new Set(['["a",1]', '"b"', '"c"', '"d"', '["e",2]'])],
  ],
  [
    "of a socket that left is not heard",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      socket.on("m", () => (rig.note("m"), socket.disconnect()));
      client.emit("m");
      client.emit("m");
      await once(client, "disconnect");
      await turns();
      return [rig.log, io.sockets.sockets.size];
    },
    [["m"], 0],
  ],
  [
    "is heard though Object has more members than usual",
    async (rig) => {
      const prototype = Object.prototype as unknown as Record<string, unknown>;
      prototype.polluted = "x";
      try {
        const pair = await rig.pair();
        const { io, socket, client } = pair;
        client.on("m", rig.note);
        void socket.join("r");
        io.emit("m", 1);
        socket.emit("m", 2);
        io.to("r").emit("m", { a: 3 });
        await settled(pair);
        return rig.log.map((each) => JSON.stringify(each));
      } finally {
        delete prototype.polluted;
      }
    },
    ["1", "2", '{"a":3}'],
  ],
]);
