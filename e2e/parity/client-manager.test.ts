// The Manager and io(): options, their getters that are setters, the cache, events and their order when a connection opens, fails,
// is lost and comes back.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { collect, once, turns } from "@everwire/testkit";
import { compare, type Case } from "./support/cases.js";
import { nowhere, record } from "./support/managers.js";

async function silence(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const DEFAULTS: Record<string, unknown> = {
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 1_000,
  reconnectionDelayMax: 5_000,
  randomizationFactor: 0.5,
  timeout: 20_000,
};
type Getters = Record<string, (value?: unknown) => unknown>;

compare("options of a Manager", [
  ...Object.entries(DEFAULTS).map(([name, value]): Case => [
    `${name} has its default, and a method that reads and writes it`,
    ({ peer }) => {
      const manager = new peer.client.Manager("http://localhost", { autoConnect: false });
      const getters = manager as unknown as Getters;
      const before = getters[name]?.();
      const written = name === "reconnection" ? false : 3;
      return [before, getters[name]?.(written) === manager, getters[name]?.() === written];
    },
    [value, true, true],
  ]),
  ...(
    [
      ["reconnectionDelay", 0, 1_000],
      ["reconnectionDelayMax", 0, 5_000],
      ["reconnectionAttempts", 0, Number.POSITIVE_INFINITY],
      ["randomizationFactor", 0, 0],
      ["timeout", false, false],
      ["timeout", null, 20_000],
      ["reconnection", null, true],
      ["reconnection", false, false],
    ] as const
  ).map(([name, given, read]): Case => [
    `${name} given as ${String(given)} is ${String(read)}`,
    ({ peer }) =>
      (new peer.client.Manager("http://localhost", { autoConnect: false, [name]: given }) as unknown as Getters)[
        name
      ]?.(),
    read,
  ]),
  [
    "the path has its default, and others stay as they are",
    ({ peer }) => {
      const { Manager } = peer.client;
      return [
        new Manager("http://localhost", { autoConnect: false }).opts.path,
        new Manager("http://localhost", { autoConnect: false, path: "/x" }).opts.path,
      ];
    },
    ["/socket.io", "/x"],
  ],
  [
    "it connects unless told not to",
    async (rig) => {
      await rig.serve();
      const manager = rig.manager({ autoConnect: true });
      await once(manager, "open");
      return manager.engine.readyState;
    },
    "open",
  ],
]);

compare("a Manager", [
  [
    "opens, tells its callback and its listeners",
    async (rig) => {
      await rig.serve();
      const manager = rig.manager();
      record(rig, manager);
      const isChained = manager.open((error) => rig.note("callback", error)) === manager;
      await once(manager, "open");
      await turns();
      return [isChained, rig.log, manager.engine.readyState];
    },
    [true, ["open", ["callback", undefined]].map((each) => (Array.isArray(each) ? each : each)), "open"],
  ],
  [
    "gives the same socket for the same namespace, and connects it again",
    async (rig) => {
      const io = await rig.serve();
      io.of("/a");
      const manager = rig.manager({ autoConnect: true });
      const socket = manager.socket("/a");
      const isSame = manager.socket("/a") === socket;
      await once(socket, "connect");
      socket.disconnect();
      const back = once(socket, "connect");
      const isSameAgain = manager.socket("/a") === socket;
      await back;
      return [isSame, isSameAgain, socket.connected];
    },
    [true, true, true],
  ],
  [
    "closes with its last socket, and not before",
    async (rig) => {
      const io = await rig.serve();
      io.of("/b");
      const manager = rig.manager({ autoConnect: true });
      const [a, b] = [manager.socket("/"), manager.socket("/b")];
      await Promise.all([once(a, "connect"), once(b, "connect")]);
      record(rig, manager);
      a.disconnect();
      await turns();
      const stillOpen = manager.engine.readyState;
      b.disconnect();
      return [stillOpen, b.connected, rig.log];
    },
    ["open", false, [["close", "forced close", undefined]]],
  ],
  [
    "tells of each packet and ping",
    async (rig) => {
      await rig.serve({ pingInterval: 20 });
      const manager = rig.manager();
      const seen = Promise.all([collect(manager, "packet", 1), once(manager, "ping")]);
      manager.socket("/").connect();
      const [[first], ping] = await seen;
      const { type, nsp, data } = first?.[0] as { type: number; nsp: string; data: object };
      return [type, nsp, Object.keys(data), ping];
    },
    [0, "/", ["sid"], []],
  ],
  [
    "that can't open tells why, by WebSocket",
    async (rig) => {
      rig.url = await nowhere();
      const socket = rig.manager().socket("/");
      const failed = once<[Error & { type: string }]>(socket, "connect_error");
      socket.connect();
      const [error] = await failed;
      return [error instanceof Error, error.message, error.type, socket.active, socket.connected];
    },
    [true, "websocket error", "TransportError", true, false],
  ],
  [
    "that can't open tells why, by polling",
    async (rig) => {
      rig.url = await nowhere();
      const socket = rig.manager({ transports: ["polling"] }).socket("/");
      const failed = once<[Error & { type: string; description: unknown }]>(socket, "connect_error");
      socket.connect();
      const [error] = await failed;
      return [error.message, error.type, error.description];
    },
    ["xhr poll error", "TransportError", 0],
  ],
  [
    "that is refused by the server tells the status",
    async (rig) => {
      await rig.serve({ allowRequest: (_request, callback) => callback("no", false) });
      const socket = rig.manager({ transports: ["polling"] }).socket("/");
      const failed = once<[Error & { description: unknown }]>(socket, "connect_error");
      socket.connect();
      return (await failed)[0].description;
    },
    403,
  ],
  [
    "gives up an attempt in time",
    async (rig) => {
      rig.url = await silence();
      const manager = rig.manager({ timeout: 20 });
      const socket = manager.socket("/");
      const failed = Promise.all([once<[Error]>(manager, "error"), once<[Error]>(socket, "connect_error")]);
      socket.connect();
      return (await failed).map(([error]) => error.message);
    },
    ["timeout", "timeout"],
  ],
  [
    "gives up at once when the time is 0",
    async (rig) => {
      // Where nobody answers: on this machine an answer can be there as soon as the time is over.
      rig.url = await silence();
      const socket = rig.manager({ timeout: 0 }).socket("/");
      const failed = once<[Error]>(socket, "connect_error");
      socket.connect();
      return (await failed)[0].message;
    },
    "timeout",
  ],
]);
