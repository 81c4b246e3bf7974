// Applications that fail, one a case: each place where the server calls users' code, and how it fails there. What the test does to it
// (`act`) and sees is data, which error-boundary.test.ts reads; `setup` and `options` run in broken-application.mjs.
//   act: "ask" emits m and waits for the answer, "say" emits m, "join" connects, "leave" connects and goes, "refused" connects in vain,
//        "break" connects with a session that can be resumed, loses the line and comes back, "overflow" connects and is cut,
//        "return" comes with a session to recover, "request" asks for a session over polling, "poll" gets one, "upgrade" moves it up.
//   report: kind and event of what listener_error is told; none: nothing must be reported.
import { Adapter } from "@everwire/server/adapter";
import { defaultParser } from "@everwire/protocol";

const fail = () => {
  throw new Error("the secret");
};
const reject = async () => fail();
const later = (run) => setTimeout(run, 1);
// Calls back twice, as promises do not.
const thenable = () => ({
  then(_resolve, refuse) {
    refuse(new Error("the secret"));
    refuse(new Error("the secret again"));
  },
});
const circular = () => {
  const data = {};
  data.self = data;
  return data;
};
const unsendable = () => Object.assign(new Error("told"), { expose: true, data: circular() });

/** A broker that is not there, in the ways that `broken` says. */
const adapter = (broken) => ({
  adapter: class extends Adapter {
    constructor(nsp) {
      super(nsp);
      for (const [name, method] of Object.entries(broken)) this[name] = method;
    }
  },
});

/** Events between servers go round, to this one. */
const loop = {
  serverSideEmit(packet) {
    const answer = packet.pop();
    this.nsp._onServerSideEmit([...packet, (...responses) => later(() => answer(null, responses))]);
  },
};

const parser = (broken) => ({
  parser: {
    Encoder: class extends defaultParser.Encoder {
      encode(packet) {
        if (broken === "encode" && packet.data?.[0] === "unsendable") fail();
        if (broken === "connect" && packet.type === 0) fail();
        return super.encode(packet);
      }
    },
    Decoder: class extends defaultParser.Decoder {
      add(chunk) {
        if (broken === "decode" && String(chunk).includes('"m"')) fail();
        super.add(chunk);
      }
    },
  },
});

/** A middleware for one event alone. */
const of = (name, middleware) => (event, next) => (event[0] === name ? middleware(event, next) : next());

const on = (event, listener) => (io) => io.on("connection", (socket) => socket.on(event, listener));
const onSession = (event, listener) => (io) => io.engine.on("connection", (session) => session.on(event, listener));
const using = (run) => (io) => io.on("connection", run);
const HIDDEN = [{ error: { message: "internal server error", code: "ERR_LISTENER" } }];

/** Both ways to fail, of one place. */
const both = (name, of, what) => [
  { name: `${name} that throws`, ...what, ...of(fail) },
  { name: `${name} that rejects`, ...what, ...of(reject) },
];

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

  // Functions in options.
  ...both("allowRequest", (how) => ({ options: { allowRequest: how } }), {
    act: "request",
    status: 403,
    body: { code: 4, message: "Forbidden" },
    report: ["option", "allowRequest"],
  }),
  {
    name: "allowRequest that answers twice",
    act: "join",
    options: {
      allowRequest: (_request, answer) => {
        answer(null, true);
        answer("no", false);
      },
    },
  },
  ...both(
    "generateId",
    (how) => ({
      setup: (io) => {
        io.engine.generateId = how;
      },
    }),
    {
      act: "request",
      status: 400,
      body: { code: 3, message: "Bad request" },
      report: ["option", "generateId"],
    },
  ),
  ...both("a function for cors", (how) => ({ options: { cors: how } }), {
    act: "request",
    status: 400,
    body: { code: 3, message: "Bad request" },
    report: ["option", "cors"],
  }),
  ...both("a function for the origins of cors", (how) => ({ options: { cors: { origin: how } } }), {
    act: "request",
    status: 400,
    body: { code: 3, message: "Bad request" },
    report: ["option", "cors"],
  }),
  {
    name: "a function for cors that answers twice",
    act: "join",
    options: {
      cors: (_request, answer) => {
        answer(null, { origin: true });
        answer(new Error("again"));
      },
    },
  },
  ...both("addressOf", (how) => ({ options: { addressOf: how, maxConnectionsPerAddress: 10 } }), {
    act: "join",
    report: ["option", "addressOf"],
  }),
  ...both(
    "onOverflow",
    (how) => ({
      options: { onOverflow: how, maxBufferedBytes: 2_000 },
      setup: using((socket) => socket.emit("big", "x".repeat(10_000))),
    }),
    { act: "cut", report: ["option", "onOverflow"] },
  ),

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

  // Adapters.
  ...both(
    "an adapter's close",
    (how) => ({ options: adapter({ close: how }), during: (io) => void io.of("/").close() }),
    {
      act: "join",
      report: ["adapter", null],
    },
  ),
  ...both("an adapter's init", (how) => ({ setup: (io) => io.adapter(adapter({ init: how }).adapter) }), {
    act: "join",
    report: ["adapter", null],
  }),
  {
    name: "an adapter that rejects a socket",
    act: "join",
    report: ["adapter", "connection"],
    options: adapter({ addAll: reject }),
  },
  {
    name: "an adapter that rejects a room, which nobody waits for",
    act: "ask",
    answer: ["fine"],
    report: ["adapter", null],
    options: adapter({
      addAll: async (_id, rooms) => {
        if (rooms.has("room")) fail();
      },
    }),
    setup: on("m", function (_value, answer) {
      this.join("room");
      answer("fine");
    }),
  },
  {
    name: "an adapter that rejects a room, which the listener waits for",
    act: "ask",
    answer: HIDDEN,
    report: ["adapter", null],
    options: adapter({
      addAll: async (_id, rooms) => {
        if (rooms.has("room")) fail();
      },
    }),
    setup: on("m", async function () {
      await this.join("room");
    }),
  },
  {
    name: "an adapter that rejects to leave",
    act: "say",
    report: ["adapter", null],
    options: adapter({ del: reject }),
    setup: on("m", function () {
      this.leave("room");
    }),
  },
  ...both("an adapter that can't leave", (how) => ({ options: adapter({ delAll: how }) }), {
    act: "leave",
    report: ["adapter", "disconnect"],
  }),
  {
    name: "an adapter that throws a broadcast",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    options: adapter({ broadcast: fail }),
    setup: on("m", function () {
      this.nsp.emit("all");
    }),
  },
  {
    name: "an adapter that rejects a broadcast",
    act: "ask",
    answer: ["fine"],
    report: ["adapter", null],
    options: adapter({ broadcast: reject }),
    setup: on("m", function (_value, answer) {
      this.nsp.emit("all");
      answer("fine");
    }),
  },
  ...["broadcastWithAck", "serverCount"].map((method) => ({
    name: `an adapter that rejects ${method}`,
    act: "ask",
    answer: ["the secret"],
    options: adapter({ [method]: reject }),
    setup: on("m", function (_value, answer) {
      this.nsp.timeout(5_000).emit("question", (error) => answer(error.message));
    }),
  })),
  {
    name: "an adapter that throws broadcastWithAck",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    options: adapter({ broadcastWithAck: fail }),
    setup: on("m", function () {
      this.nsp.timeout(1).emit("question", fail);
    }),
  },
  {
    name: "an adapter that rejects fetchSockets",
    act: "ask",
    answer: HIDDEN,
    report: ["listener", "m"],
    options: adapter({ fetchSockets: reject }),
    setup: on("m", async function () {
      await this.nsp.fetchSockets();
    }),
  },
  ...["addSockets", "delSockets", "disconnectSockets"].map((method) => ({
    name: `an adapter that rejects ${method}`,
    act: "ask",
    answer: ["fine"],
    report: ["adapter", null],
    options: adapter({ [method]: reject }),
    setup: on("m", function (_value, answer) {
      this.nsp[
        { addSockets: "socketsJoin", delSockets: "socketsLeave", disconnectSockets: "disconnectSockets" }[method]
      ]("room");
      answer("fine");
    }),
  })),
  ...both(
    "an adapter's persistSession",
    (how) => ({
      options: { ...adapter({ persistSession: how }), connectionStateRecovery: {} },
    }),
    { act: "vanish-later", report: ["adapter", "disconnect"] },
  ),
  ...both(
    "an adapter's restoreSession",
    (how) => ({
      options: { ...adapter({ restoreSession: how }), connectionStateRecovery: {} },
    }),
    { act: "return", report: ["adapter", null] },
  ),
  {
    name: "an adapter's findSession that throws",
    act: "return",
    report: ["adapter", null],
    options: { ...adapter({ findSession: fail }), connectionStateRecovery: {} },
  },
  ...["create-room", "join-room"].flatMap((event) =>
    both(
      `a listener of ${event}`,
      (how) => ({
        setup: (io) => io.of("/").adapter.on(event, how),
      }),
      { act: "join", report: ["adapter", null] },
    ),
  ),
  ...["leave-room", "delete-room"].flatMap((event) =>
    both(
      `a listener of ${event}`,
      (how) => ({
        setup: (io) => io.of("/").adapter.on(event, how),
      }),
      { act: "leave", report: ["adapter", null] },
    ),
  ),

  // The engine.
  ...both(
    "a listener of the engine's connection_error",
    (how) => ({ setup: (io) => io.engine.on("connection_error", how) }),
    {
      act: "request",
      query: "transport=none",
      status: 400,
      body: { code: 0, message: "Transport unknown" },
      report: ["engine-listener", "connection_error"],
    },
  ),
  ...["initial_headers", "headers"].flatMap((event) =>
    both(
      `a listener of the engine's ${event}`,
      (how) => ({
        setup: (io) => io.engine.on(event, how),
      }),
      { act: "poll", report: ["engine-listener", event] },
    ),
  ),
  ...["connection", "flush", "drain"].flatMap((event) =>
    both(
      `a listener of the engine's ${event}`,
      (how) => ({
        setup: (io) => io.engine.on(event, how),
      }),
      { act: "join", report: ["engine-listener", event] },
    ),
  ),
  ...["packet", "data", "message", "packetCreate", "flush", "drain"].flatMap((event) =>
    both(
      `a listener of a session's ${event}`,
      (how) => ({
        setup: onSession(event, how),
      }),
      { act: "join", report: ["engine-listener", event] },
    ),
  ),
  ...both("a listener of a session's close", (how) => ({ setup: onSession("close", how) }), {
    act: "leave",
    report: ["engine-listener", "close"],
  }),
  ...["upgrading", "upgrade"].flatMap((event) =>
    both(
      `a listener of a session's ${event}`,
      (how) => ({
        setup: onSession(event, how),
      }),
      { act: "upgrade", report: ["engine-listener", event] },
    ),
  ),
  ...["suspend", "resume"].flatMap((event) =>
    both(
      `a listener of a session's ${event}`,
      (how) => ({
        setup: onSession(event, how),
      }),
      { act: "break", report: ["engine-listener", event] },
    ),
  ),
  ...["drain", "ready"].flatMap((event) =>
    both(
      `a listener of a transport's ${event}`,
      (how) => ({
        setup: (io) => io.engine.on("connection", (session) => session.transport.on(event, how)),
      }),
      { act: "join", report: ["engine-listener", event] },
    ),
  ),
  ...both(
    "a listener of a transport's close",
    (how) => ({
      setup: (io) => io.engine.on("connection", (session) => session.transport.on("close", how)),
    }),
    { act: "leave", report: ["engine-listener", "close"] },
  ),
  ...both("a callback of a session's send", (how) => ({ setup: using((socket) => socket.conn.send("4", how)) }), {
    act: "join",
    report: ["engine-callback", "send"],
  }),

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
