// Adapters that fail: cases of broken-cases.mjs.
import { fail, reject, adapter, on, HIDDEN, both } from "./failures.mjs";

export const cases = [
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
];
