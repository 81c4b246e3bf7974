// Namespaces: those with a name and those of a pattern or a function, their middlewares, and what the parent of many can do.
import { once, until } from "@everwire/testkit";
import { compare } from "./support/cases.js";
import { attempt, gone, outcome, type Rig } from "./support/rig.js";

const message = (args: unknown[]): string => (args[0] as Error).message;

compare("namespaces by name", [
  [
    "are made once, with a slash before their name",
    async (rig) => {
      const io = await rig.serve();
      return [io.of("a") === io.of("/a"), io.of("a").name, io.of("//b").name, io.of("/c").server === io];
    },
    [true, "/a", "//b", true],
  ],
  [
    "announce themselves, but for the main one; parents do not",
    async (rig) => {
      const io = await rig.serve();
      io.on("new_namespace", ({ name }) => rig.note(name));
      for (const name of ["/a", "a", "/", /x/, "/x1"]) io.of(name);
      return rig.log;
    },
    ["/a", "/x1"],
  ],
  [
    "take a listener at once",
    async (rig) => {
      const io = await rig.serve();
      io.of("/a", ({ nsp }) => rig.note(nsp.name));
      io.of(/^\/d/, ({ nsp }) => rig.note(nsp.name));
      await rig.connected("/a");
      await rig.connected("/d1");
      return rig.log;
    },
    ["/a", "/d1"],
  ],
  [
    "emit connect, then connection, with a connected socket",
    async (rig) => {
      const io = await rig.serve();
      io.on("connection", (socket) => rig.note("connection", socket.connected, socket.rooms.has(socket.id)));
      io.on("connect", (socket) => rig.note("connect", io.sockets.sockets.get(socket.id) === socket));
      await rig.connected();
      return rig.log;
    },
    [
      ["connect", true],
      ["connection", true, true],
    ],
  ],
  [
    "are refused where nobody made them",
    async (rig) => {
      await rig.serve();
      const client = rig.client("/none");
      return [message(await once(client, "connect_error")), client.active, client.connected];
    },
    ["Invalid namespace", false, false],
  ],
  ...["/__proto__", "/constructor", "/toString"].map(
    (name) =>
      [
        `are not found on a prototype: ${name}`,
        async (rig: Rig) => {
          await rig.serve();
          return message(await once(rig.client(name), "connect_error"));
        },
        "Invalid namespace",
      ] as const,
  ),
  [
    "share one connection, each with its own auth",
    async (rig) => {
      const io = await rig.serve();
      io.of("/b");
      const a = await rig.connected("/", { auth: { x: 1 } });
      const b = a.io.socket("/b", { auth: { y: 2 } });
      await once(b, "connect");
      const [first] = io.sockets.sockets.values();
      const [second] = io.of("/b").sockets.values();
      return [first?.conn === second?.conn, first?.id === second?.id, first?.handshake.auth, second?.handshake.auth];
    },
    [true, false, { x: 1 }, { y: 2 }],
  ],
]);

compare("namespaces of a pattern or a function", [
  [
    "are made for a client, with the parent's middlewares and listeners",
    async (rig) => {
      const io = await rig.serve();
      const parent = io.of(/^\/d-\d+$/);
      parent.use((_socket, next) => {
        rig.note("middleware");
        next();
      });
      parent.on("connection", ({ nsp }) => rig.note(nsp.name, nsp === parent, nsp.constructor.name));
      await rig.connected("/d-1");
      return [rig.log, io._nsps.has("/d-1"), /^\/_\d+$/.test(parent.name)];
    },
    [["middleware", ["/d-1", false, "Namespace"]], true, true],
  ],
  [
    "are refused where the pattern does not match",
    async (rig) => {
      (await rig.serve()).of(/^\/d-\d+$/);
      return message(await once(rig.client("/d-x"), "connect_error"));
    },
    "Invalid namespace",
  ],
  [
    "a pattern with a memory is refused",
    async (rig) => {
      const io = await rig.serve();
      const refused = "throws stateful regular expressions are not supported";
      return [/a/g, /a/y, /a/gi].map((pattern) => String(attempt(() => io.of(pattern))).startsWith(refused));
    },
    [true, true, true],
  ],
  [
    "functions are asked in order, with name and auth, until one allows it",
    async (rig) => {
      const io = await rig.serve();
      io.of((name, auth, next) => {
        rig.note(1, name, auth);
        next(null, false);
      });
      io.of((name, auth, next) => {
        rig.note(2, name, auth);
        next(null, true);
      });
      io.of((name, _auth, next) => {
        rig.note(3, name);
        next(null, true);
      });
      await rig.connected("/abc", { auth: { token: 1 } });
      return rig.log;
    },
    [
      [1, "/abc", { token: 1 }],
      [2, "/abc", { token: 1 }],
    ],
  ],
  [
    "anything that is true allows it",
    async (rig) => {
      (await rig.serve()).of((_name, _auth, next) => next(null, 1 as never));
      return (await rig.connected("/abc")).connected;
    },
    true,
  ],
  [
    "an error refuses it",
    async (rig) => {
      (await rig.serve()).of((_name, _auth, next) => next(new Error("no"), true));
      return message(await once(rig.client("/abc"), "connect_error"));
    },
    "Invalid namespace",
  ],
  [
    "two clients that race for one make one",
    async (rig) => {
      const io = await rig.serve();
      const answers: (() => void)[] = [];
      io.of((_name, _auth, next) => answers.push(() => next(null, true)));
      io.on("new_namespace", ({ name }) => rig.note(name));
      const [a, b] = [rig.client("/abc"), rig.client("/abc")];
      await until(() => answers.length === 2, "both to be asked for");
      const both = Promise.all([once(a, "connect"), once(b, "connect")]);
      for (const answer of answers) answer();
      await both;
      return [rig.log, io.of("/abc").sockets.size];
    },
    [["/abc"], 2],
  ],
  [
    "one made by hand belongs to the pattern that it matches",
    async (rig) => {
      const io = await rig.serve();
      const parent = io.of(/^\/d-\d+$/);
      parent.use((_socket, next) => {
        rig.note("parent's");
        next();
      });
      io.of("/d-5").on("connection", () => rig.note("own"));
      const client = await rig.connected("/d-5");
      const heard = once(client, "m");
      parent.emit("m", 1);
      return [rig.log, await heard];
    },
    [["parent's", "own"], [1]],
  ],
  [
    "one made by hand does not belong to a function",
    async (rig) => {
      const io = await rig.serve();
      const parent = io.of((_name, _auth, next) => next(null, true));
      parent.use((_socket, next) => {
        rig.note("parent's");
        next();
      });
      io.of("/d-5").on("connection", () => rig.note("own"));
      await rig.connected("/d-5");
      return rig.log;
    },
    ["own"],
  ],
  [
    "copies are made when the child is",
    async (rig) => {
      const parent = (await rig.serve()).of(/^\/d-\d+$/);
      await rig.connected("/d-5");
      parent.on("connection", ({ nsp }) => rig.note(nsp.name));
      await rig.connected("/d-5");
      await rig.connected("/d-6");
      return rig.log;
    },
    ["/d-6"],
  ],
  [
    "the parent reaches all children",
    async (rig) => {
      const parent = (await rig.serve()).of(/^\/d-\d+$/);
      const [a, b] = [await rig.connected("/d-1"), await rig.connected("/d-2")];
      const heard = Promise.all([once(a, "m"), once(b, "m"), once(b, "only")]);
      const sent = parent.emit("m", 1);
      parent.to(b.id as string).emit("only", 2);
      return [sent, await heard];
    },
    [true, [[1], [1], [2]]],
  ],
  [
    "the parent can't fetch sockets",
    async (rig) => {
      const parent = (await rig.serve()).of(/^\/d-\d+$/);
      return String(await outcome((async () => parent.fetchSockets())())).replace(/^(throws|rejects) /, "");
    },
    "fetchSockets() is not supported on parent namespaces",
  ],
]);

compare("an empty child", [
  [
    "stays unless asked otherwise",
    async (rig) => {
      const io = await rig.serve();
      io.of(/^\/d/);
      (await rig.connected("/d")).disconnect();
      await gone(io.of("/d"));
      return io._nsps.has("/d");
    },
    true,
  ],
  [
    "is removed, its adapter closed, and made again for the next client",
    async (rig) => {
      const io = await rig.serve({ cleanupEmptyChildNamespaces: true });
      io.of(/^\/d/);
      const client = await rig.connected("/d");
      const child = io.of("/d");
      child.adapter.close = () => rig.note("closed");
      client.disconnect();
      await until(() => !io._nsps.has("/d"), "the child to be removed");
      await rig.connected("/d");
      return [rig.log, io.of("/d") === child];
    },
    [["closed"], false],
  ],
  [
    "is removed when nobody was let in",
    async (rig) => {
      const io = await rig.serve({ cleanupEmptyChildNamespaces: true });
      io.of(/^\/d/).use((_socket, next) => next(new Error("no")));
      await once(rig.client("/d"), "connect_error");
      await until(() => !io._nsps.has("/d"), "the child to be removed");
      return io._nsps.has("/d");
    },
    false,
  ],
  [
    "a plain namespace stays",
    async (rig) => {
      const io = await rig.serve({ cleanupEmptyChildNamespaces: true });
      const plain = io.of("/plain");
      (await rig.connected("/plain")).disconnect();
      await gone(plain);
      return io.of("/plain") === plain;
    },
    true,
  ],
]);
