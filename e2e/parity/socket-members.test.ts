// What a socket of the server shows: its ids, how its client came in, what it is connected to; the client files; recovery of sessions.
import { once } from "@everwire/testkit";
import { compare, type Case } from "./support/cases.js";

compare("a socket", [
  [
    "has an id of its own, which its client has too",
    async (rig) => {
      const { socket, client } = await rig.pair();
      return [
        /^[\w-]{20}$/.test(socket.id),
        socket.id === client.id,
        socket.id === socket.conn.id,
        socket.conn.id === client.io.engine.id,
      ];
    },
    [true, true, false, true],
  ],
  [
    "knows its namespace, server, connection and request",
    async (rig) => {
      const { io, socket } = await rig.pair();
      const { client } = socket;
      return [
        socket.nsp === io.sockets,
        socket.server === io,
        client.conn === socket.conn,
        client.request === socket.request,
        socket.conn.request === socket.request,
        client.id === socket.conn.id,
      ];
    },
    Array(6).fill(true),
  ],
  [
    "is connected, and recovered nothing",
    async (rig) => {
      const { socket } = await rig.pair();
      return [socket.connected, socket.disconnected, socket.recovered, socket.acks instanceof Map];
    },
    [true, false, false, true],
  ],
  [
    "has data of any kind",
    async (rig) => {
      const { socket } = await rig.pair();
      const first = socket.data as unknown;
      socket.data = 5;
      return [first, socket.data];
    },
    [{}, 5],
  ],
  [
    "knows how its client came in",
    async (rig) => {
      const { socket } = await rig.pair({}, { query: { a: "1" }, auth: { z: 1 }, extraHeaders: { "x-own": "2" } });
      const { headers, time, issued, address, xdomain, secure, url, query, auth } = socket.handshake;
      return [
        headers["x-own"],
        Math.floor(issued / 1_000) * 1_000 === Date.parse(time),
        address,
        xdomain,
        secure,
        url.startsWith("/socket.io/?"),
        [query.a, query.EIO, query.transport],
        auth,
        Object.keys(socket.handshake).length,
      ];
    },
    ["2", true, "127.0.0.1", false, false, true, ["1", "4", "websocket"], { z: 1 }, 9],
  ],
  [
    "of a page of another origin says so",
    async (rig) => {
      const { socket } = await rig.pair(
        { cors: { origin: "http://a.test" } },
        { extraHeaders: { origin: "http://a.test" } },
      );
      return socket.handshake.xdomain;
    },
    true,
  ],
  [
    "may change its handshake",
    async (rig) => {
      const { socket } = await rig.pair();
      socket.handshake.auth = { user: 1 };
      return socket.handshake.auth;
    },
    { user: 1 },
  ],
  ...(
    [
      ["nothing", undefined, {}],
      ["an object in an object", { a: { b: null } }, { a: { b: null } }],
    ] as const
  ).map(([title, auth, seen]): Case => [
    `sees ${title} as auth`,
    async (rig) => (await rig.pair({}, { auth: auth as never })).socket.handshake.auth,
    seen,
  ]),
  [
    "of the client asks a function for auth each time",
    async (rig) => {
      const io = await rig.serve();
      let times = 0;
      io.use(({ handshake }, next) => {
        rig.note(handshake.auth);
        next();
      });
      const client = await rig.connected("/", { auth: (give) => setImmediate(() => give({ times: ++times })) });
      for (const auth of [undefined, { token: 1 }]) {
        client.disconnect();
        if (auth !== undefined) client.auth = auth;
        const back = once(client, "connect");
        client.connect();
        await back;
      }
      return rig.log;
    },
    [{ times: 1 }, { times: 2 }, { token: 1 }],
  ],
]);
