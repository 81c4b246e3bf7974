// Acknowledgements in both directions, of one socket and of many, and what becomes of them when nobody answers.
import { vi } from "vitest";
import { once, turns } from "@everwire/testkit";
import { compare } from "./support/cases.js";
import { outcome, plain, settled } from "./support/rig.js";

type Answer = (...args: unknown[]) => unknown;

compare("an acknowledgement", [
  [
    "of the client: by callback, by promise, with a timeout",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.on("ask", (value: unknown, answer: Answer) => answer(value, 2, Buffer.from("x")));
      const called = new Promise((resolve) => socket.emit("ask", 1, (...args: unknown[]) => resolve(args)));
      const timed = new Promise((resolve) =>
        socket.timeout(5_000).emit("ask", 1, (...args: unknown[]) => resolve(args)),
      );
      return [
        await called,
        await timed,
        await socket.emitWithAck("ask", 5),
        await socket.timeout(5_000).emitWithAck("ask", 6),
      ];
    },
    [[1, 2, Buffer.from("x")], [null, 1, 2, Buffer.from("x")], 5, 6],
  ],
  [
    "of the server: by callback, by promise, with a timeout",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.on("ask", (value: unknown, answer: Answer) => answer(value, 2, Buffer.from("x")));
      const called = new Promise((resolve) => client.emit("ask", 1, (...args: unknown[]) => resolve(args)));
      const timed = new Promise((resolve) =>
        client.timeout(5_000).emit("ask", 1, (...args: unknown[]) => resolve(args)),
      );
      return [
        await called,
        await timed,
        await client.emitWithAck("ask", 5),
        await client.timeout(5_000).emitWithAck("ask", 6),
      ];
    },
    [[1, 2, Buffer.from("x")], [null, 1, 2, Buffer.from("x")], 5, 6],
  ],
  [
    "carries anything",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.on("ask", (answer: Answer) => answer(null, undefined, 0, "", false, [1], { a: 1 }));
      return new Promise((resolve) => client.emit("ask", (...args: unknown[]) => resolve(args)));
    },
    [null, null, 0, "", false, [1], { a: 1 }],
  ],
  [
    "of send()",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.on("message", (value: unknown, answer: Answer) => answer(value));
      return new Promise((resolve) => client.send("x", resolve));
    },
    "x",
  ],
  [
    "counts once",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      for (const each of [socket, client]) each.on("ask", (answer: Answer) => (answer(1), answer(2)));
      socket.emit("ask", rig.note);
      client.emit("ask", rig.note);
      await settled(pair);
      return rig.log;
    },
    [1, 1],
  ],
  [
    "gives nothing back to who calls it",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.on("ask", (answer: (value: number) => unknown) => rig.note(answer(1)));
      await client.emitWithAck("ask");
      return rig.log;
    },
    [undefined],
  ],
  [
    "after the end of the connection does no harm",
    async (rig) => {
      const { socket, client } = await rig.pair();
      const asked = once<[Answer]>(socket, "ask");
      client.emit("ask", rig.note);
      const [answer] = await asked;
      client.disconnect();
      await once(socket, "disconnect");
      answer(1);
      await turns();
      return rig.log;
    },
    [],
  ],
  [
    "ids are drawn from one counter of the namespace",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      client.io.on("packet", ({ id, nsp }) => rig.note(id, nsp));
      const asked = once(client, "c");
      socket.emit("a", () => undefined);
      socket.emit("b", () => undefined);
      io.timeout(50).emit("c", () => undefined);
      await asked;
      return [rig.log, io.sockets._ids, [...socket.acks.keys()]];
    },
    [
      [
        [0, "/"],
        [1, "/"],
        [2, "/"],
      ],
      3,
      [0, 1, 2],
    ],
  ],
  [
    "has the name of its packet's type on neither side",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.onAny(rig.note);
      client.onAny(rig.note);
      client.on("ask", (answer: Answer) => answer());
      await socket.emitWithAck("ask");
      return rig.log.map((each) => (each as unknown[])[0]);
    },
    ["ask"],
  ],
]);

compare("nobody answers", [
  [
    "the server: an error, and a late answer is ignored",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      const asked = once<[Answer]>(client, "ask");
      const args = await new Promise<unknown[]>((resolve) =>
        socket.timeout(10).emit("ask", (...all: unknown[]) => {
          rig.note("called");
          resolve(all);
        }),
      );
      (await asked)[0]("late");
      await settled(pair);
      return [plain(args), rig.log, socket.acks.size];
    },
    [["Error operation has timed out"], ["called"], 0],
  ],
  [
    "the client: an error, and a late answer is ignored",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      const asked = once<[Answer]>(socket, "ask");
      const args = await new Promise<unknown[]>((resolve) =>
        client.timeout(10).emit("ask", (...all: unknown[]) => {
          rig.note("called");
          resolve(all);
        }),
      );
      (await asked)[0]("late");
      await settled(pair);
      return [plain(args), rig.log];
    },
    [["Error operation has timed out"], ["called"]],
  ],
  [
    "promises are rejected",
    async (rig) => {
      const { socket, client } = await rig.pair();
      return [await outcome(socket.timeout(5).emitWithAck("ask")), await outcome(client.timeout(5).emitWithAck("ask"))];
    },
    ["rejects operation has timed out", "rejects operation has timed out"],
  ],
  [
    "a reserved name rejects a promise",
    async (rig) => {
      const { socket, client } = await rig.pair();
      return [await outcome(socket.emitWithAck("connect")), await outcome(client.emitWithAck("connect"))];
    },
    ['rejects "connect" is a reserved event name', 'rejects "connect" is a reserved event name'],
  ],
  [
    "the client goes away: the server hears of it when the time is over, or never",
    async (rig) => {
      const { socket, client } = await rig.pair();
      socket.emit("ask", () => rig.note("called"));
      const timed = outcome(socket.timeout(30).emitWithAck("ask"));
      client.disconnect();
      return [await timed, rig.log];
    },
    ["rejects operation has timed out", []],
  ],
  [
    "the client is gone already: likewise",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.disconnect();
      await once(socket, "disconnect");
      return [
        socket.emit("ask", () => rig.note("called")),
        await outcome(socket.timeout(5).emitWithAck("ask")),
        rig.log,
      ];
    },
    [true, "rejects operation has timed out", []],
  ],
  [
    "the server goes away: who takes an error on the client gets one at once, after `disconnect`",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.on("disconnect", () => rig.note("disconnect"));
      client.emit("ask", () => rig.note("called"));
      client.timeout(60_000).emit("ask", (...args: unknown[]) => rig.note(...plain(args)));
      const promise = outcome(client.emitWithAck("ask"));
      socket.disconnect();
      return [await promise, rig.log];
    },
    ["rejects socket has been disconnected", ["disconnect", "Error socket has been disconnected"]],
  ],
]);

compare("an acknowledged broadcast", [
  [
    "collects the first argument of every answer",
    async (rig) => {
      const { io, client } = await rig.pair();
      const other = await rig.connected();
      client.on("ask", (value: number, answer: Answer) => answer(value, "second"));
      other.on("ask", (value: number, answer: Answer) => answer(value + 1));
      const called = await new Promise<[unknown, number[]]>((resolve) =>
        io.timeout(5_000).emit("ask", 1, (...args: [unknown, number[]]) => resolve(args)),
      );
      const promised = (await io.timeout(5_000).emitWithAck("ask", 3)) as number[];
      return [called[0], called[1].sort(), promised.sort()];
    },
    [null, [1, 2], [3, 4]],
  ],
  [
    "from a socket asks the others",
    async (rig) => {
      const { socket, client } = await rig.pair();
      const other = await rig.connected();
      for (const [name, each] of [
        ["a", client],
        ["b", other],
      ] as const)
        each.on("ask", (answer: Answer) => answer(name));
      return socket.broadcast.timeout(5_000).emitWithAck("ask");
    },
    ["b"],
  ],
  [
    "of nobody gives no answers and no error",
    async (rig) => {
      const io = await rig.serve();
      const called = await new Promise((resolve) =>
        io
          .to("none")
          .timeout(5_000)
          .emit("ask", (...args: unknown[]) => resolve(args)),
      );
      return [called, await io.to("none").timeout(5_000).emitWithAck("ask")];
    },
    [[null, []], []],
  ],
  [
    "times out with the answers until then, and forgets who did not answer",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      const other = await rig.connected();
      other.on("ask", (answer: Answer) => answer("here"));
      const called = await new Promise<unknown[]>((resolve) =>
        io.timeout(60).emit("ask", (...args: unknown[]) => resolve(args)),
      );
      const rejected = await outcome(io.timeout(60).emitWithAck("ask"));
      return [plain(called), rejected, socket.acks.size, client.connected];
    },
    [["Error operation has timed out", ["here"]], ["rejects operation has timed out", ["here"]], 0, true],
  ],
  [
    "without a timeout times out at once",
    async (rig) => {
      const { io } = await rig.pair();
      return plain(await new Promise<unknown[]>((resolve) => io.emit("ask", (...args: unknown[]) => resolve(args))));
    },
    ["Error operation has timed out", []],
  ],
  [
    "of a client that goes away waits for the end of the time",
    async (rig) => {
      const { io, client } = await rig.pair();
      client.on("ask", () => client.disconnect());
      return outcome(io.timeout(30).emitWithAck("ask"));
    },
    ["rejects operation has timed out", []],
  ],
]);

compare("an event between servers, where there is only one", [
  [
    "is warned of, each time, and never answered",
    async (rig) => {
      const io = await rig.serve();
      const warn = vi.spyOn(console, "warn").mockImplementation(rig.note);
      const sent = [io.serverSideEmit("m", 1), io.serverSideEmit("m", () => rig.note("answered"))];
      await turns();
      warn.mockRestore();
      return [sent, rig.log];
    },
    [[true, true], Array(2).fill("this adapter does not support the serverSideEmit() functionality")],
  ],
]);
