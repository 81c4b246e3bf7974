// Options and listeners of the engine that fail: cases of broken-cases.mjs.
import { onSession, using, both } from "./failures.mjs";

export const cases = [
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
];
