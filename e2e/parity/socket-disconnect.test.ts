// How a socket ends: who ended it, what both sides are told and in which order, and what a client must not send.
import { once, until } from "@everwire/testkit";
import { compare, type Case } from "./support/cases.js";
import { plain, type Pair } from "./support/rig.js";

// What both sides say of an end; the details of the client by their keys.
async function told(pair: Pair, end: () => unknown): Promise<unknown> {
  const { socket, client } = pair;
  const [served, seen] = [once(socket, "disconnect"), once(client, "disconnect")];
  end();
  const [reason, details] = (await seen) as [string, { description?: string } | undefined];
  return [(await served)[0], reason, details?.description, client.active];
}

compare("a disconnection", [
  [
    "by the client",
    async (rig) => {
      const pair = await rig.pair();
      return told(pair, () => pair.client.disconnect());
    },
    ["client namespace disconnect", "io client disconnect", undefined, false],
  ],
  [
    "by the server",
    async (rig) => {
      const pair = await rig.pair();
      return told(pair, () => pair.socket.disconnect());
    },
    ["server namespace disconnect", "io server disconnect", undefined, false],
  ],
  [
    "by the server, with the connection",
    async (rig) => {
      const pair = await rig.pair();
      return told(pair, () => pair.socket.disconnect(true));
    },
    ["server namespace disconnect", "io server disconnect", undefined, false],
  ],
  ...(["websocket", "polling"] as const).flatMap((transport): Case[] => [
    [
      `by the engine of the server, over ${transport}`,
      async (rig) => {
        const pair = await rig.pair({}, { transports: [transport] });
        return told(pair, () => pair.socket.conn.close());
      },
      [
        "forced close",
        "transport close",
        transport === "polling" ? "transport closed by the server" : "websocket connection closed",
        true,
      ],
    ],
    [
      `by the engine of the client, over ${transport}`,
      async (rig) => {
        const pair = await rig.pair({}, { transports: [transport] });
        return told(pair, () => pair.client.io.engine.close());
      },
      ["transport close", "forced close", undefined, true],
    ],
  ]),
  [
    "because the client does not answer pings",
    async (rig) => {
      const { socket, client } = await rig.pair({ pingInterval: 20, pingTimeout: 20 });
      (client.io.engine.transport as { send: unknown }).send = (): void => undefined;
      return once(socket, "disconnect");
    },
    ["ping timeout", undefined],
  ],
  [
    "because too much came at once",
    async (rig) => {
      const { client } = await rig.pair({ maxHttpBufferSize: 100 });
      const lost = once<[string, { context: { code: number } }]>(client, "disconnect");
      client.emit("m", "x".repeat(500));
      const [reason, { context }] = await lost;
      return [reason, context.code];
    },
    ["transport close", 1009],
  ],
  [
    "because too much came at once, over polling",
    async (rig) => {
      const { client } = await rig.pair({ maxHttpBufferSize: 100 }, { transports: ["polling"] });
      const lost = once<[string, Error & { type: string; description: number }]>(client, "disconnect");
      client.emit("m", "x".repeat(500));
      const [reason, { message, type, description }] = await lost;
      return [reason, message, type, description];
    },
    ["transport error", "xhr post error", "TransportError", 413],
  ],
  [
    "of one namespace leaves the others",
    async (rig) => {
      const { io, client } = await rig.pair();
      io.of("/b");
      const other = client.io.socket("/b");
      await once(other, "connect");
      client.disconnect();
      await until(() => io.sockets.sockets.size === 0, "the socket to leave");
      return [other.connected, io.engine.clientsCount];
    },
    [true, 1],
  ],
  [
    "of the last namespace ends the connection, from the client's side",
    async (rig) => {
      const { io, client } = await rig.pair();
      client.disconnect();
      await until(() => io.engine.clientsCount === 0, "the connection to end");
      return client.io.engine.readyState;
    },
    "closed",
  ],
]);

compare("at the end", [
  [
    "the rooms are there while disconnecting, and gone at disconnect",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      const state = (): unknown[] => [
        socket.rooms.size,
        socket.connected,
        socket.disconnected,
        io.sockets.sockets.has(socket.id),
      ];
      socket.on("disconnecting", (...args) => rig.note(...args, ...state()));
      socket.on("disconnect", (...args) => rig.note(...args, ...state()));
      client.disconnect();
      await once(socket, "disconnect");
      return rig.log;
    },
    [
      ["client namespace disconnect", undefined, 1, true, false, true],
      ["client namespace disconnect", undefined, 0, false, true, false],
    ],
  ],
  [
    "the client has no id",
    async (rig) => {
      const { client } = await rig.pair();
      client.on("disconnect", (reason) => rig.note(reason, client.id, client.connected, client.disconnected));
      const isChained = client.disconnect() === client;
      return [isChained, rig.log, client.disconnect() === client, client.close() === client];
    },
    [true, [["io client disconnect", undefined, false, true]], true, true],
  ],
  [
    "disconnect() is chained, and a second one does nothing",
    async (rig) => {
      const { socket } = await rig.pair();
      socket.on("disconnect", (reason) => rig.note(reason));
      return [
        socket.disconnect() === socket,
        socket.disconnect() === socket,
        socket.disconnect(true) === socket,
        rig.log,
      ];
    },
    [true, true, true, ["server namespace disconnect"]],
  ],
  [
    "emitting is still true, and goes nowhere",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.disconnect();
      await once(socket, "disconnect");
      return [socket.emit("m"), socket.send("m") === socket];
    },
    [true, true],
  ],
  [
    "the client may connect again, within the listener too",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.on("disconnect", () => void client.connect());
      const back = once(client, "connect");
      const { id } = client;
      socket.disconnect();
      await back;
      return [client.connected, client.id === id];
    },
    [true, false],
  ],
]);

// What a client sends by hand, and how the connection ends.
const OFFENCES: readonly (readonly [title: string, sent: string | Buffer, error?: string])[] = [
  ["a second CONNECT", "0"],
  ["an event for a namespace not joined", '2/none,["a"]'],
  ["an acknowledgement for a namespace not joined", "3/none,1[]"],
  ["a DISCONNECT for a namespace not joined", "1/none,"],
  ["a CONNECT_ERROR", '4{"message":"x"}'],
  ["an unknown type", "9", "unknown packet type 9"],
  ["a reserved event", '2["disconnect"]', "invalid payload"],
  ["an event of no list", '2{"a":1}', "invalid payload"],
  ["an event of no name", "2[]", "invalid payload"],
  ["an event whose name is an object", "2[{}]", "invalid payload"],
  ["bad JSON", '2["a"', "invalid payload"],
  ["an acknowledgement of no list", '31{"a":1}', "invalid payload"],
  ["a DISCONNECT with a payload", "1{}", "invalid payload"],
  ["binary that nobody announced", Buffer.from("x"), "got binary data when not reconstructing a packet"],
  ["too many attachments", '599-["a"]', "too many attachments"],
  ["no attachments where some are announced", '50-["a"]', "Illegal attachments"],
];

compare(
  "the connection is ended by",
  OFFENCES.flatMap(([title, sent, error]): Case[] =>
    (Buffer.isBuffer(sent) ? ["websocket"] : ["websocket", "polling"]).map((transport): Case => [
      `${title}, over ${transport}`,
      async (rig) => {
        const { io, socket, client } = await rig.pair({}, { transports: [transport] });
        socket.on("error", (failure) => rig.note(failure.message));
        const lost = Promise.all([once(socket, "disconnect"), once(client, "disconnect")]);
        client.io.engine.send(sent);
        const [[reason], [seen]] = await lost;
        await until(() => io.engine.clientsCount === 0, "the connection to end");
        return [rig.log, reason, seen];
      },
      [error === undefined ? [] : [error], "forced close", "transport close"],
    ]),
  ),
);

compare("the connection goes on after", [
  ...(
    [
      ["an acknowledgement that nobody awaits", "3999[1]"],
      ["a CONNECT for a namespace that is not there", "0/none,"],
      ["an event whose name is a number", "2[5]"],
    ] as const
  ).map(([title, sent]): Case => [
    title,
    async (rig) => {
      const { socket, client } = await rig.pair();
      const heard = once(socket, "after");
      client.io.engine.send(sent);
      client.emit("after", 1);
      return [await heard, socket.connected];
    },
    [[1], true],
  ]),
]);

compare("a connection without a namespace", [
  [
    "is ended after connectTimeout",
    async (rig) => {
      const io = await rig.serve({ connectTimeout: 20 });
      const wire = await rig.raw();
      await wire.closed();
      return io.engine.clientsCount;
    },
    0,
  ],
  [
    "is ended after connectTimeout when it was refused",
    async (rig) => {
      const io = await rig.serve({ connectTimeout: 20 });
      io.use((_socket, next) => next(new Error("no")));
      const wire = await rig.raw();
      wire.send("40");
      await wire.closed();
      return io.engine.clientsCount;
    },
    0,
  ],
  [
    "is kept once it was in one",
    async (rig) => {
      const io = await rig.serve({ connectTimeout: 20 });
      const wire = await rig.raw();
      const connection = once(io, "connection");
      wire.send("40");
      await connection;
      wire.send("41");
      const silent = await rig.raw();
      await silent.closed();
      return [wire.isOpen, io.sockets.sockets.size, io.engine.clientsCount];
    },
    [true, 0, 1],
  ],
]);

compare("an end that is told twice", [
  [
    "is told once to each side",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.on("disconnect", (...args) => rig.note("server", ...plain(args).slice(0, 1)));
      client.on("disconnect", (reason) => rig.note("client", reason));
      const lost = once(socket, "disconnect");
      client.disconnect();
      client.io.engine.close();
      socket.conn.close();
      await lost;
      return rig.log.length;
    },
    2,
  ],
]);
