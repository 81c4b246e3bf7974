// The base classes of adapters that connect several servers, on a bus that hands every message over at once: what is published, what
// a message of another server does, whose answers are waited for.
import { turns } from "@everwire/testkit";
import { compareAlone, type Case } from "./support/cases.js";
import { event, fakeCluster, fakeNode, options } from "./support/fake-nodes.js";

const TYPES = {
  INITIAL_HEARTBEAT: 1,
  HEARTBEAT: 2,
  BROADCAST: 3,
  SOCKETS_JOIN: 4,
  SOCKETS_LEAVE: 5,
  DISCONNECT_SOCKETS: 6,
  FETCH_SOCKETS: 7,
  FETCH_SOCKETS_RESPONSE: 8,
  SERVER_SIDE_EMIT: 9,
  SERVER_SIDE_EMIT_RESPONSE: 10,
  BROADCAST_CLIENT_COUNT: 11,
  BROADCAST_ACK: 12,
  ADAPTER_CLOSE: 13,
} as const;

compareAlone(
  "types of messages",
  Object.entries(TYPES).map(([name, number]): Case => [
    `${name} is ${number}`,
    ({ peer }) => peer.adapter.MessageType[name as keyof typeof TYPES],
    number,
  ]),
);

const OPTS = { rooms: ["r"], except: ["x"], flags: { compress: true } };
const opts = (): never => options(["r"], ["x"], { compress: true });
const message = (type: number, data?: object): object => ({
  uid: "server 0",
  from: "server 0",
  nsp: "/n",
  type,
  ...(data && { data }),
});
type Act = (adapter: ReturnType<typeof fakeCluster>["nodes"][number]["adapter"]) => unknown;

const CALLS: readonly (readonly [title: string, act: Act, published: object, done: unknown])[] = [
  [
    "addSockets",
    (adapter) => adapter.addSockets(opts(), ["z"]),
    message(4, { opts: OPTS, rooms: ["z"] }),
    ["join", "s1", ["z"]],
  ],
  [
    "delSockets",
    (adapter) => adapter.delSockets(opts(), ["z"]),
    message(5, { opts: OPTS, rooms: ["z"] }),
    ["leave", "s1", "z"],
  ],
  [
    "disconnectSockets",
    (adapter) => adapter.disconnectSockets(opts(), true),
    message(6, { opts: OPTS, close: true }),
    ["disconnect", "s1", true],
  ],
  [
    "serverSideEmit",
    (adapter) => adapter.serverSideEmit(["hello", 1]),
    message(9, { packet: ["hello", 1] }),
    ["event", "hello", 1],
  ],
];

compareAlone("a call", [
  ...CALLS.map(([title, act, published, done]): Case => [
    `${title} is published, and done by the others`,
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 2);
      act(nodes[0]!.adapter);
      await turns();
      return [sent(), nodes[1]!.log];
    },
    [[published], [done]],
  ]),
  [
    "broadcast is published, and delivered by all",
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 2);
      nodes[0]!.adapter.broadcast(event(["m", 1]), opts());
      await turns();
      const [published] = sent() as [
        { type: number; data: { opts: object; packet: { type: number; data: unknown[] } } },
      ];
      return [
        published.type,
        published.data.opts,
        published.data.packet.type,
        published.data.packet.data,
        nodes.map(({ log }) => (log.at(-1) as unknown[])[2]),
      ];
    },
    [3, OPTS, 2, ["m", 1], [['2/n,["m",1]'], ['2/n,["m",1]']]],
  ],
  ...(["broadcast", "addSockets", "disconnectSockets", "fetchSockets"] as const).map((name): Case => [
    `${name} stays here when it is local`,
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 2);
      const { adapter } = nodes[0]!;
      const local = options([], [], { local: true });
      if (name === "broadcast") adapter.broadcast(event(["m"]), local);
      else if (name === "addSockets") adapter.addSockets(local, ["z"]);
      else if (name === "disconnectSockets") adapter.disconnectSockets(local, false);
      else await adapter.fetchSockets(local);
      await turns();
      return [sent(), nodes[1]!.log];
    },
    [[], []],
  ]),
  [
    "a broadcast arrives before the disconnection that follows it",
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 2);
      nodes[0]!.adapter.broadcast(event(["m"]), options());
      nodes[0]!.adapter.disconnectSockets(options(), false);
      await turns();
      return (sent() as { type: number }[]).map(({ type }) => type);
    },
    [3, 6],
  ],
]);

compareAlone("a message", [
  [
    "of one's own, of another namespace, or of no known type does nothing",
    (rig) => {
      const { nodes } = fakeCluster(rig, 1);
      const { adapter, log } = nodes[0]!;
      const data = { opts: { rooms: [], except: [], flags: {} }, packet: { type: 2, data: ["m"] } };
      for (const each of [
        { uid: adapter.uid, nsp: "/n", type: 3 },
        { uid: "z", nsp: "/other", type: 3 },
        { uid: "z", nsp: "/n", type: 99 },
      ])
        adapter.onMessage({ ...each, data } as never);
      return log;
    },
    [],
  ],
  [
    "of an emitter is taken",
    (rig) => {
      const { nodes } = fakeCluster(rig, 1);
      const { adapter, log } = nodes[0]!;
      adapter.onMessage({
        uid: "emitter",
        nsp: "/n",
        type: 3,
        data: { opts: { rooms: [], except: [], flags: {} }, packet: { type: 2, data: ["m"], nsp: "/n" } },
      } as never);
      return log.length;
    },
    3,
  ],
  [
    "that is a response may come as a message",
    async (rig) => {
      const { nodes } = fakeCluster(rig, 2);
      const [a, b] = nodes as [(typeof nodes)[number], (typeof nodes)[number]];
      b.adapter.answerBy((response) => a.adapter.onMessage(response));
      return (await a.adapter.fetchSockets(options())).length;
    },
    2,
  ],
  [
    "that can't be published leaves the clients here with their event",
    async (rig) => {
      const { log, nsp } = fakeNode(rig.peer, { ids: ["s0"] });
      class Broken extends rig.peer.adapter.ClusterAdapter {
        doPublish(): Promise<string> {
          return Promise.reject(new Error("down"));
        }
        doPublishResponse(): Promise<void> {
          return Promise.resolve();
        }
        override serverCount(): Promise<number> {
          return Promise.resolve(2);
        }
      }
      const adapter = new Broken(nsp);
      const { emitWarning } = process;
      process.emitWarning = (): void => undefined;
      void adapter.addAll("s0", new Set(["s0"]));
      adapter.broadcast(event(["m"]), options());
      await turns();
      process.emitWarning = emitWarning;
      return log.filter((entry) => Array.isArray(entry) && entry[0] === "write").length;
    },
    1,
  ],
]);

compareAlone("with recovery", [
  [
    "each server's clients get the offset that publishing gave",
    async (rig) => {
      const { nodes } = fakeCluster(rig, 2, { opts: { connectionStateRecovery: {} } });
      nodes[0]!.adapter.broadcast(event(["m", 1]), options());
      await turns();
      return nodes.map(({ log }) => (log.at(-1) as unknown[])[2]);
    },
    [['2/n,["m",1,"offset-1"]'], ['2/n,["m",1,"offset-1"]']].map((each) => each),
  ],
  [
    "volatile events and those with an acknowledgement get none",
    async (rig) => {
      const { nodes } = fakeCluster(rig, 2, { opts: { connectionStateRecovery: {} } });
      nodes[0]!.adapter.broadcast(event(["m", 1]), options([], [], { volatile: true }));
      nodes[0]!.adapter.broadcastWithAck(
        event(["m", 2]),
        options([], [], { timeout: 10 }),
        () => undefined,
        () => undefined,
      );
      await turns();
      return nodes.map(({ log }) =>
        log
          .filter((entry) => Array.isArray(entry) && entry[0] === "write")
          .map((entry) => String((entry as unknown[])[2]))
          .sort(),
      );
    },
    Array(2).fill(['2/n,0["m",2]', '2/n,["m",1]']),
  ],
]);
