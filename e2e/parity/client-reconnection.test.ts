// How a client comes back: how often it tries, what is heard of each attempt in which order, and what ends the loop.
import { collect, once, turns, until } from "@everwire/testkit";
import { compare, type Case } from "./support/cases.js";
import { EVENTS, nowhere, record } from "./support/managers.js";

// What is heard of a loop that comes to nothing.
const loop = (attempts: number): unknown[] => [
  "error",
  ...Array.from({ length: attempts }, (_, index) => [
    `reconnect_attempt ${index + 1}`,
    "error",
    ...(index + 1 === attempts ? ["reconnect_failed"] : []),
    "reconnect_error",
  ]).flat(),
];

compare("reconnection", [
  ...[1, 2, 3].map((attempts): Case => [
    `gives up after ${attempts} attempts`,
    async (rig) => {
      rig.url = await nowhere();
      const manager = rig.manager({
        reconnection: true,
        reconnectionAttempts: attempts,
        reconnectionDelay: 1,
        reconnectionDelayMax: 2,
      });
      for (const event of EVENTS)
        manager.on(event, (arg?: unknown) => rig.note(typeof arg === "number" ? `${event} ${arg}` : event));
      const failed = once(manager, "reconnect_failed");
      manager.socket("/").connect();
      await failed;
      await turns();
      return rig.log;
    },
    loop(attempts),
  ]),
  [
    "does not begin when open() was given a callback",
    async (rig) => {
      rig.url = await nowhere();
      const manager = rig.manager({ reconnection: true, reconnectionDelay: 1 });
      record(rig, manager);
      const error = await new Promise<Error | undefined>((resolve) => manager.open(resolve));
      await turns();
      return [error instanceof Error, rig.log];
    },
    [true, [["error", "Error websocket error"]]],
  ],
  [
    "brings a socket back that was cut off",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { reconnection: true, reconnectionDelay: 5 });
      record(rig, client.io);
      client.on("connect", () => rig.note("connect"));
      client.on("disconnect", (reason) => rig.note("disconnect", reason, client.active, client.id));
      const back = once(client, "connect");
      socket.conn.close();
      await back;
      return rig.log;
    },
    [
      ["disconnect", "transport close", true, undefined],
      ["close", "transport close", ["description", "context"]],
      ["reconnect_attempt", 1],
      "open",
      ["reconnect", 1],
      "connect",
    ],
  ],
  [
    "brings back the sockets that want it",
    async (rig) => {
      const io = await rig.serve();
      io.of("/b");
      const manager = rig.manager({ autoConnect: true, reconnection: true, reconnectionDelay: 5 });
      const [a, b] = [manager.socket("/"), manager.socket("/b")];
      await Promise.all([once(a, "connect"), once(b, "connect")]);
      b.disconnect();
      const back = once(a, "connect");
      manager.engine.close();
      await back;
      return [a.connected, b.connected];
    },
    [true, false],
  ],
  [
    "ends when it is turned off",
    async (rig) => {
      rig.url = await nowhere();
      const manager = rig.manager({ reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
      manager.socket("/").connect();
      await collect(manager, "reconnect_error", 2);
      manager.reconnection(false);
      manager.on("reconnect_attempt", () => rig.note("attempt"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return rig.log;
    },
    [],
  ],
  [
    "ends when its last socket leaves",
    async (rig) => {
      rig.url = await nowhere();
      const manager = rig.manager({ reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
      const socket = manager.socket("/");
      socket.connect();
      await collect(manager, "reconnect_error", 2);
      socket.disconnect();
      manager.on("reconnect_attempt", () => rig.note("attempt"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [rig.log, socket.active];
    },
    [[], false],
  ],
  [
    "follows what is no packet",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { reconnection: true, reconnectionDelay: 5 });
      client.on("disconnect", (reason, details) => rig.note(reason, details instanceof Error));
      client.io.on("close", (reason, details) => rig.note(reason, details instanceof Error));
      const back = once(client, "connect");
      socket.conn.send("no packet");
      await back;
      return rig.log;
    },
    [
      ["parse error", true],
      ["parse error", true],
    ],
  ],
  [
    "does not follow a disconnection by the server",
    async (rig) => {
      const { socket, client } = await rig.pair({}, { reconnection: true, reconnectionDelay: 1 });
      client.io.on("reconnect_attempt", () => rig.note("attempt"));
      socket.disconnect();
      await once(client, "disconnect");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await until(() => !client.active, "the client to rest");
      return [rig.log, client.connected];
    },
    [[], false],
  ],
  [
    "does not follow a refusal",
    async (rig) => {
      const io = await rig.serve();
      io.use((_socket, next) => next(new Error("no")));
      const client = rig.client("/", { reconnection: true, reconnectionDelay: 1 });
      await once(client, "connect_error");
      client.io.on("reconnect_attempt", () => rig.note("attempt"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [rig.log, client.active];
    },
    [[], false],
  ],
]);
