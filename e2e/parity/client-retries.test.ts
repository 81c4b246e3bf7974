// Retries and acknowledgements that are waited for by default.
import { once, turns } from "@everwire/testkit";
import type { Server, Socket } from "@everwire/server";
import { compare } from "./support/cases.js";
import { attempt, outcome, plain, type Rig } from "./support/rig.js";

type Answer = (...args: unknown[]) => unknown;

async function listening(rig: Rig): Promise<Server> {
  const io = await rig.serve();
  io.on("connection", (socket) => {
    socket.onAny((event, ...args) => {
      rig.note(event, ...plain(args));
      const last = args.at(-1) as unknown;
      if (typeof last === "function") (last as Answer)("answer");
    });
  });
  return io;
}

const unreliable = (rig: Rig, socket: Socket, answersFrom: number): void => {
  let tries = 0;
  socket.on("m", (value: unknown, answer: Answer) => {
    rig.note(value, typeof answer);
    if (++tries >= answersFrom) answer(`answer ${String(value)}`);
  });
};

compare("retries", [
  [
    "one at a time, until it is answered, in order",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { retries: 2, ackTimeout: 20 });
      unreliable(rig, socket, 2);
      const first = new Promise((resolve) => client.emit("m", 1, (...args: unknown[]) => resolve(args)));
      const second = new Promise((resolve) => client.emit("m", 2, (...args: unknown[]) => resolve(args)));
      return [await first, await second, rig.log];
    },
    [
      [null, "answer 1"],
      [null, "answer 2"],
      [
        [1, "function"],
        [1, "function"],
        [2, "function"],
      ],
    ],
  ],
  [
    "end with the error, and the next one goes",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { retries: 1, ackTimeout: 10 });
      unreliable(rig, socket, 3);
      const first = outcome(client.emitWithAck("m", 1));
      const second = outcome(client.emitWithAck("m", 2));
      return [await first, await second, rig.log.length];
    },
    ["rejects operation has timed out", "answer 2", 3],
  ],
  [
    "volatile events go past them",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { retries: 5, ackTimeout: 10_000 });
      const heard = Promise.all([once(socket, "held"), once(socket, "light")]);
      client.emit("held", 1);
      client.emit("waiting");
      await turns();
      client.volatile.emit("light", 2);
      return (await heard).map(plain);
    },
    [[1, "function"], [2]],
  ],
  [
    "wait for a connection without a try",
    async (rig) => {
      await listening(rig);
      const client = rig.client("/", { retries: 3, ackTimeout: 1_000, autoConnect: false });
      client.emit("a");
      const last = client.emitWithAck("b", 1);
      const waiting = client.sendBuffer.length;
      client.connect();
      return [waiting, await last, rig.log];
    },
    [
      0,
      "answer",
      [
        ["a", "function"],
        ["b", 1, "function"],
      ],
    ],
  ],
  [
    "ackTimeout alone is a timeout of every acknowledgement",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { ackTimeout: 15 });
      socket.on("ok", (answer: Answer) => answer(7));
      const called = await new Promise<unknown[]>((resolve) =>
        client.emit("never", (...args: unknown[]) => resolve(args)),
      );
      const answered = await new Promise((resolve) => client.emit("ok", (...args: unknown[]) => resolve(args)));
      return [plain(called), answered, await outcome(client.emitWithAck("never"))];
    },
    [["Error operation has timed out"], [null, 7], "rejects operation has timed out"],
  ],
  [
    "reserved names throw as ever",
    async (rig) => {
      const { client } = await rig.pair({}, { retries: 1 });
      return attempt(() => client.emit("connect"));
    },
    'throws "connect" is a reserved event name',
  ],
]);
