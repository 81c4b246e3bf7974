// Listeners, middlewares, acknowledgements and data that fail: cases of broken-cases.mjs.
import { Adapter } from "@everwire/server/adapter";
import {
  fail,
  later,
  thenable,
  circular,
  unsendable,
  adapter,
  loop,
  parser,
  of,
  on,
  using,
  HIDDEN,
  both,
} from "./failures.mjs";

export const cases = [
  // Listeners of sockets and namespaces.
  ...both("a listener", (how) => ({ setup: on("m", how) }), { act: "ask", answer: HIDDEN, report: ["listener", "m"] }),
  {
    name: "a listener with a thenable",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    setup: on("m", thenable),
  },
  {
    name: "a listener that has answered",
    act: "ask",
    answer: ["fine"],
    report: ["listener", "m"],
    setup: on("m", (_value, answer) => {
      answer("fine");
      fail();
    }),
  },
  ...both(
    "a listener whose error can't be sent",
    (how) => ({
      setup: on(
        "m",
        how === fail
          ? () => {
              throw unsendable();
            }
          : async () => {
              throw unsendable();
            },
      ),
    }),
    { act: "ask", answer: HIDDEN, report: ["listener", "m"] },
  ),
  ...both("a connection listener", (how) => ({ setup: using(how) }), {
    act: "join",
    report: ["listener", "connection"],
  }),
  ...both("a disconnecting listener", (how) => ({ setup: on("disconnecting", how) }), {
    act: "leave",
    report: ["listener", "disconnecting"],
  }),
  ...both("a disconnect listener", (how) => ({ setup: on("disconnect", how) }), {
    act: "leave",
    report: ["listener", "disconnect"],
  }),
  ...both(
    "a drain listener",
    (how) => ({
      setup: using((socket) => socket.on("drain", how).emit("big", "x".repeat(100_000))),
    }),
    { act: "join", report: ["listener", "drain"] },
  ),
  ...both("a catch-all listener", (how) => ({ setup: using((socket) => socket.onAny(how)) }), {
    act: "say",
    report: ["catch-all", "m"],
  }),
  ...both(
    "a catch-all listener of what goes out",
    (how) => ({
      setup: using((socket) => socket.onAnyOutgoing(how).emit("out")),
    }),
    { act: "join", report: ["catch-all", "out"] },
  ),
  ...both(
    "a listener of new_namespace",
    (how) => ({
      setup: (io) => {
        io.on("new_namespace", how);
        io.of("/new");
      },
    }),
    { act: "join", report: ["namespace", "new_namespace"] },
  ),
  ...both(
    "a listener of an event between servers",
    (how) => ({
      options: adapter(loop),
      setup: (io) => {
        io.on("between", how);
        io.on("connection", (socket) => {
          socket.on("m", (_value, answer) => io.serverSideEmit("between", (error, [first]) => answer(error ?? first)));
        });
      },
    }),
    { act: "ask", answer: HIDDEN, report: ["listener", "between"] },
  ),

  // Middlewares.
  ...both("a middleware of a socket", (how) => ({ setup: using((socket) => socket.use(of("m", how))) }), {
    act: "ask",
    answer: HIDDEN,
    report: ["packet-middleware", "m"],
  }),
  {
    name: "a middleware of a socket that goes on twice",
    act: "ask",
    answer: ["fine"],
    setup: using((socket) => {
      socket.use((_event, next) => {
        next();
        next(new Error("again"));
      });
      socket.on("m", (_value, answer) => answer("fine"));
    }),
  },
  {
    name: "an error listener behind a middleware that refuses later",
    act: "say",
    report: ["listener", "error"],
    setup: using((socket) =>
      socket.use(of("m", (_event, next) => later(() => next(new Error("no"))))).on("error", fail),
    ),
  },
  ...both("a middleware of a namespace", (how) => ({ setup: (io) => io.use(how) }), {
    act: "refused",
    message: "internal server error",
    report: ["middleware", null],
  }),
  {
    name: "a middleware of a namespace that goes on twice, and throws",
    act: "join",
    report: ["middleware", null],
    setup: (io) =>
      io.use((_socket, next) => {
        next();
        next(new Error("again"));
        fail();
      }),
  },
  {
    name: "a middleware whose refusal can't be sent",
    act: "refused",
    message: "internal server error",
    report: ["middleware", null],
    setup: (io) => io.use((_socket, next) => later(() => next(Object.assign(new Error("no"), { data: circular() })))),
  },
  {
    name: "a middleware that goes on after the client left",
    act: "vanish",
    setup: (io) => io.use((socket, next) => socket.conn.once("close", () => later(next))),
  },
  {
    name: "a middleware that lets in while its adapter fails",
    act: "cut",
    report: ["adapter", null],
    options: adapter({ addAll: fail }),
    setup: (io) => io.use((_socket, next) => later(next)),
  },
  ...both("a function that knows namespaces", (how) => ({ setup: (io) => io.of(how) }), {
    act: "refused",
    namespace: "/any",
    message: "Invalid namespace",
    report: ["namespace", "/any"],
  }),
  {
    name: "a namespace whose adapter can't be made",
    act: "refused",
    namespace: "/broken",
    message: "Invalid namespace",
    report: ["adapter", null],
    options: {
      adapter: class extends Adapter {
        constructor(nsp) {
          super(nsp);
          if (nsp.name === "/broken") fail();
        }
      },
    },
    setup: (io) => io.of((_name, _auth, next) => later(() => next(null, true))),
  },
  ...both("a middleware of the engine", (how) => ({ setup: (io) => io.engine.use(how) }), {
    act: "request",
    status: 400,
    body: { code: 3, message: "Bad request" },
    report: ["engine-middleware", null],
  }),
  {
    name: "a middleware of the engine that goes on twice, and rejects",
    act: "join",
    report: ["engine-middleware", null],
    setup: (io) =>
      io.engine.use(async (_request, _response, next) => {
        next();
        next(new Error("again"));
        fail();
      }),
  },

  // Acknowledgements.
  ...both("an ack callback", (how) => ({ setup: using((socket) => socket.emit("question", how)) }), {
    act: "reply",
    report: ["ack", null],
  }),
  ...both(
    "an ack callback with a timeout",
    (how) => ({
      setup: using((socket) => socket.timeout(5_000).emit("question", how)),
    }),
    { act: "reply", report: ["ack", null] },
  ),
  ...both(
    "an ack callback that is told of the timeout",
    (how) => ({
      setup: using((socket) => socket.timeout(1).emit("question", how)),
    }),
    { act: "join", report: ["ack", "question"] },
  ),
  ...both(
    "an ack callback of a broadcast",
    (how) => ({
      setup: using(() => later(() => undefined)),
      during: (io) => io.timeout(5_000).emit("question", how),
    }),
    { act: "reply", report: ["ack", null] },
  ),
  ...both(
    "an ack callback of a broadcast that is told of the timeout",
    (how) => ({
      setup: (io) => void io.timeout(1).to("nowhere").emit("question", how),
      options: adapter({ serverCount: () => new Promise(() => undefined) }),
    }),
    { act: "join", report: ["ack", null] },
  ),
  ...both(
    "an ack callback of an event between servers",
    (how) => ({
      options: adapter(loop),
      setup: (io) => {
        io.on("between", (answer) => answer("fine"));
        io.serverSideEmit("between", how);
      },
    }),
    { act: "join", report: ["ack", null] },
  ),

  // What users' data and parsers do.
  {
    name: "data with a toJSON that throws",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    setup: on("m", function () {
      this.emit("out", { toJSON: fail });
    }),
  },
  {
    name: "a broadcast of data with a toJSON that throws",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    setup: on("m", function () {
      this.nsp.emit("out", { toJSON: fail });
    }),
  },
  {
    name: "an answer that can't be encoded",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    setup: on("m", (_value, answer) => answer(circular())),
  },
  {
    name: "an encoder that throws",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    options: parser("encode"),
    setup: on("m", function () {
      this.emit("unsendable");
    }),
  },
  {
    name: "an encoder that throws at the door",
    act: "cut",
    report: ["adapter", null],
    options: parser("connect"),
    setup: (io) => io.use((_socket, next) => later(next)),
  },
  { name: "a decoder that throws", act: "cut-off", options: parser("decode") },
  ...both("the callback of close", (how) => ({ during: (io) => void io.close(how) }), {
    act: "ended",
    report: ["listener", "close"],
  }),
];
