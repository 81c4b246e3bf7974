// Middlewares of namespaces, which decide who comes in, and of sockets, which see each event.
import { once, turns, until } from "@everwire/testkit";
import type { ExtendedError } from "@everwire/server";
import { compare } from "./support/cases.js";
import { gone, plain, settled, type Rig } from "./support/rig.js";

compare("middlewares of a namespace", [
  [
    "run in order, before the socket is connected",
    async (rig) => {
      const io = await rig.serve();
      io.use((socket, next) => {
        rig.note(1, socket.connected, socket.disconnected, socket.rooms.size, io.sockets.sockets.size);
        setImmediate(next);
      });
      io.use((_socket, next) => {
        rig.note(2);
        next();
      });
      io.on("connection", () => rig.note("connection"));
      await rig.connected();
      return rig.log;
    },
    [[1, false, true, 0, 0], 2, "connection"],
  ],
  [
    "of the main namespace are its own",
    async (rig) => {
      const io = await rig.serve();
      io.use((_socket, next) => {
        rig.note("main");
        next();
      });
      io.of("/a").use((_socket, next) => {
        rig.note("a");
        next();
      });
      await rig.connected("/a");
      return rig.log;
    },
    ["a"],
  ],
  [
    "refuse with a message and data; later ones are not asked",
    async (rig) => {
      const io = await rig.serve();
      io.use((_socket, next) => next(Object.assign(new Error("nope"), { data: { a: 1 } })));
      io.use((_socket, next) => {
        rig.note("second");
        next();
      });
      io.on("connection", () => rig.note("connection"));
      const client = rig.client();
      const [error] = await once<[ExtendedError]>(client, "connect_error");
      return [error instanceof Error, error.message, error.data, client.active, client.connected, rig.log];
    },
    [true, "nope", { a: 1 }, false, false, []],
  ],
  [
    "refuse without data",
    async (rig) => {
      (await rig.serve()).use((_socket, next) => next(new Error("nope")));
      const [error] = await once<[ExtendedError]>(rig.client(), "connect_error");
      return [error.message, error.data];
    },
    ["nope", undefined],
  ],
  [
    "refuse with falsy data",
    async (rig) => {
      (await rig.serve()).use((_socket, next) => next(Object.assign(new Error("nope"), { data: 0 })));
      return (await once<[ExtendedError]>(rig.client(), "connect_error"))[0].data;
    },
    0,
  ],
  [
    "refuse with something that looks like an error",
    async (rig) => {
      (await rig.serve()).use((_socket, next) => next({ message: "m", data: 4 } as never));
      const [error] = await once<[ExtendedError]>(rig.client(), "connect_error");
      return [error.message, error.data];
    },
    ["m", 4],
  ],
  ...[0, "", false, null, undefined].map(
    (value) =>
      [
        `let in whom they give ${JSON.stringify(value)}`,
        async (rig: Rig) => {
          (await rig.serve()).use((_socket, next) => next(value as never));
          return (await rig.connected()).connected;
        },
        true,
      ] as const,
  ),
  [
    "next() called twice",
    async (rig) => {
      const io = await rig.serve();
      io.use((_socket, next) => {
        next();
        next();
      });
      io.on("connection", () => rig.note("connection"));
      await rig.connected();
      await turns();
      return rig.log;
    },
    ["connection", "connection"],
    { here: ["connection"] },
  ],
  [
    "a refused socket leaves no room behind",
    async (rig) => {
      const io = await rig.serve();
      io.use((socket, next) => {
        void socket.join("r");
        next(new Error("nope"));
      });
      await once(rig.client(), "connect_error");
      await turns();
      return [io.sockets.adapter.rooms.size, io.sockets.adapter.sids.size, io.sockets.sockets.size];
    },
    [0, 0, 0],
  ],
  [
    "a client that is gone meanwhile does not come in",
    async (rig) => {
      const io = await rig.serve();
      let goOn: (() => void) | undefined;
      io.use((_socket, next) => (goOn = next));
      io.on("connection", () => rig.note("connection"));
      const client = rig.client();
      await until(() => goOn !== undefined, "the middleware to be asked");
      client.io.engine.close();
      await until(() => io.engine.clientsCount === 0, "the connection to end");
      goOn?.();
      await turns();
      return [rig.log, io.sockets.adapter.rooms.size, io.sockets.sockets.size];
    },
    [[], 0, 0],
  ],
  [
    "may join rooms and send events",
    async (rig) => {
      const io = await rig.serve();
      io.use((socket, next) => {
        void socket.join("r");
        socket.emit("early", 1);
        next();
      });
      const client = rig.client();
      client.onAny(rig.note);
      client.on("connect", () => rig.note("connect"));
      await once(client, "connect");
      const heard = once(client, "m");
      io.to("r").emit("m");
      await heard;
      return rig.log;
    },
    [["early", 1], "connect", "m"],
  ],
  [
    "after a refusal the client may try again",
    async (rig) => {
      const io = await rig.serve();
      let isOpen = false;
      io.use((_socket, next) => next(isOpen ? undefined : new Error("nope")));
      const client = rig.client();
      await once(client, "connect_error");
      isOpen = true;
      const connected = once(client, "connect");
      client.connect();
      await connected;
      return client.connected;
    },
    true,
  ],
  [
    "a connection whose only client was refused is closed by it",
    async (rig) => {
      const io = await rig.serve();
      io.use((_socket, next) => next(new Error("nope")));
      const client = rig.client();
      await once(client, "connect_error");
      await until(() => io.engine.clientsCount === 0, "the connection to end");
      return [client.active, client.io.engine.readyState];
    },
    [false, "closed"],
  ],
]);

compare("middlewares of a socket", [
  [
    "see each event in order, may alter it, and come after the listeners of all events",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      const isChained =
        socket.use((event, next) => {
          rig.note("first", ...plain(event));
          event[1] = "altered";
          next();
        }) === socket;
      socket.use((_event, next) => {
        rig.note("second");
        next();
      });
      socket.onAny((event, value) => rig.note("any", event, value));
      socket.on("m", (...args) => rig.note("m", ...plain(args)));
      const heard = once(socket, "m");
      client.emit("m", 1, () => undefined);
      await heard;
      return [isChained, rig.log];
    },
    [true, [["any", "m", 1], ["first", "m", 1, "function"], "second", ["m", "altered", "function"]]],
  ],
  [
    "drop an event by an error, which goes to the error listeners",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      socket.use(([event], next) => next(event === "bad" ? Object.assign(new Error("no"), { data: 1 }) : undefined));
      socket.on("bad", () => rig.note("bad"));
      socket.on("error", (error: ExtendedError) => rig.note(error.message, error.data));
      client.emit("bad");
      await settled(pair);
      return [rig.log, socket.connected];
    },
    [[["no", 1]], true],
  ],
  [
    "give whatever they like to the error listeners",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.use((_event, next) => next("text" as never));
      const failed = once(socket, "error");
      client.emit("m");
      return failed;
    },
    ["text"],
  ],
  [
    "an error that nobody listens to does no harm: there is a listener that does nothing",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      socket.use(([event], next) => next(event === "bad" ? new Error("no") : undefined));
      client.emit("bad");
      await settled(pair);
      return [socket.connected, socket.listenerCount("error"), socket.listeners("error").length];
    },
    [true, 1, 1],
  ],
  [
    "an event whose socket is gone meanwhile is dropped",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      let goOn: (() => void) | undefined;
      socket.use((_event, next) => (goOn = next));
      socket.on("m", () => rig.note("m"));
      client.emit("m");
      await until(() => goOn !== undefined, "the middleware to be asked");
      client.disconnect();
      await gone(io.sockets);
      goOn?.();
      await turns();
      return rig.log;
    },
    [],
  ],
]);
