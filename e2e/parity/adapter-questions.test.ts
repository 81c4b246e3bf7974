// Questions between servers: whose answers are waited for, and what is said when some are missing.
import { turns } from "@everwire/testkit";
import { compareAlone } from "./support/cases.js";
import { event, fakeCluster, options } from "./support/fake-nodes.js";
import { outcome } from "./support/rig.js";

compareAlone("a question", [
  [
    "for sockets is answered by each other server, without session stores",
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 3);
      const found = (await nodes[0]!.adapter.fetchSockets(options())) as {
        id: string;
        handshake: object;
        data: unknown;
        rooms: Iterable<string>;
      }[];
      const [question, ...answers] = sent() as { type: number; data: { requestId: string }; to?: string }[];
      const elsewhere = found.filter(({ id }) => id !== "s0").sort((a, b) => a.id.localeCompare(b.id));
      return [
        question?.type,
        question?.data.requestId,
        answers.map(({ type, to }) => [type, to]),
        found.length,
        elsewhere.map(({ id, handshake, data, rooms }) => [id, handshake, data, [...rooms]]),
      ];
    },
    [
      7,
      "request",
      [
        [8, "server 0"],
        [8, "server 0"],
      ],
      3,
      [
        ["s1", { query: {} }, { of: "s1" }, ["s1"]],
        ["s2", { query: {} }, { of: "s2" }, ["s2"]],
      ],
    ],
  ],
  [
    "for sockets ends in time, and tells how many answered",
    async (rig) => {
      const { nodes } = fakeCluster(rig, 3, { deaf: [2] });
      return outcome(nodes[0]!.adapter.fetchSockets(options([], [], { timeout: 20 })));
    },
    "rejects timeout reached: only 1 responses received out of 2",
  ],
  [
    "by an event is answered by each other server",
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 3);
      nodes.forEach(
        ({ nsp }, index) =>
          (nsp._onServerSideEmit = (args): void => (args.at(-1) as (answer: string) => void)(`answer ${index}`)),
      );
      const args = await new Promise<[unknown, string[]]>((resolve) =>
        nodes[0]!.adapter.serverSideEmit(["ask", 1, (...all: [unknown, string[]]) => resolve(all)]),
      );
      const [question] = sent() as { type: number; data: { requestId: string; packet: unknown[] } }[];
      return [args[0], args[1].sort(), question?.type, question?.data];
    },
    [null, ["answer 1", "answer 2"], 9, { requestId: "request", packet: ["ask", 1] }],
  ],
  [
    "by an event counts one answer of each",
    async (rig) => {
      const { nodes } = fakeCluster(rig, 2);
      nodes[1]!.nsp._onServerSideEmit = (args): void => {
        const answer = args.at(-1) as (answer: string) => void;
        answer("first");
        answer("second");
      };
      return new Promise((resolve) => nodes[0]!.adapter.serverSideEmit(["ask", (...all: unknown[]) => resolve(all)]));
    },
    [null, ["first"]],
  ],
  [
    "where there is no other server has an answer at once",
    async (rig) => {
      const { nodes } = fakeCluster(rig, 1);
      const { adapter } = nodes[0]!;
      const answered = await new Promise((resolve) =>
        adapter.serverSideEmit(["ask", (...all: unknown[]) => resolve(all)]),
      );
      return [answered, (await adapter.fetchSockets(options())).length];
    },
    [[null, []], 1],
  ],
  [
    "for acknowledgements is answered with a count, and the first argument of each answer",
    async (rig) => {
      const { nodes, sent } = fakeCluster(rig, 2);
      const [a, b] = nodes as [(typeof nodes)[number], (typeof nodes)[number]];
      a.adapter.broadcastWithAck(
        event(["ask"]),
        options([], [], { timeout: 5_000 }),
        (count) => rig.note("count", count),
        (...args) => rig.note("answer", ...args),
      );
      await turns();
      a.acks.get("s0")?.get(0)?.("here");
      b.acks.get("s1")?.get(0)?.("there", 2);
      await turns();
      const types = (sent() as { type: number; data: { requestId: string } }[]).map(({ type, data }) => [
        type,
        data.requestId,
      ]);
      return [types, rig.log];
    },
    [
      [
        [3, "request"],
        [11, "request"],
        [12, "request"],
      ],
      [
        ["count", 1],
        ["count", 1],
        ["answer", "here"],
        ["answer", "there"],
      ],
    ],
  ],
]);
