// Servers that show each other that they live, on a bus that hands every message over at once.
import { expect, vi } from "vitest";
import { turns } from "@everwire/testkit";
import { compareAlone } from "./support/cases.js";
import { fakeCluster, options } from "./support/fake-nodes.js";
import { outcome, plain, type Rig } from "./support/rig.js";

const SLOW = { heartbeatInterval: 60_000, heartbeatTimeout: 120_000 };
const beating = (rig: Rig, count: number, more: object = {}): ReturnType<typeof fakeCluster> =>
  fakeCluster(rig, count, { base: "ClusterAdapterWithHeartbeat", heartbeat: SLOW, ...more });

compareAlone("servers with a heartbeat", [
  [
    "announce themselves, and are counted",
    async (rig) => {
      const { nodes, sent } = beating(rig, 3);
      await turns();
      const types = (sent() as { type: number; from: string }[])
        .filter(({ type }) => type === 1)
        .map(({ from }) => from);
      return [types, await Promise.all(nodes.map(({ adapter }) => adapter.serverCount()))];
    },
    [
      ["server 0", "server 1", "server 2"],
      [3, 3, 3],
    ],
  ],
  [
    "take leave, and are not counted any more",
    async (rig) => {
      const { nodes, sent, forget } = beating(rig, 3);
      await turns();
      forget();
      void nodes[1]!.adapter.close();
      await turns();
      return [sent(), await nodes[0]!.adapter.serverCount()];
    },
    [[{ uid: "server 1", from: "server 1", nsp: "/n", type: 13 }], 2],
  ],
  [
    "show that they live when they said nothing else",
    async (rig) => {
      const { sent, forget } = beating(rig, 1, { heartbeat: { heartbeatInterval: 10, heartbeatTimeout: 1_000 } });
      forget();
      await new Promise((resolve) => setTimeout(resolve, 25));
      return (sent() as { type: number }[])[0]?.type;
    },
    2,
  ],
  [
    "are lost when they are silent",
    async (rig) => {
      const { nodes } = beating(rig, 1, { heartbeat: { heartbeatInterval: 20, heartbeatTimeout: 40 } });
      const { adapter } = nodes[0]!;
      adapter.onMessage({ uid: "z", nsp: "/n", type: 1 } as never);
      const before = await adapter.serverCount();
      await vi.waitFor(async () => expect(await adapter.serverCount()).toBe(1), { timeout: 4_000 });
      return before;
    },
    2,
  ],
  [
    "do not count emitters",
    async (rig) => {
      const { nodes } = beating(rig, 1);
      nodes[0]!.adapter.onMessage({
        uid: "emitter",
        nsp: "/n",
        type: 4,
        data: { opts: { rooms: [], except: [], flags: {} }, rooms: [] },
      } as never);
      return nodes[0]!.adapter.serverCount();
    },
    1,
  ],
  [
    "are waited for by name: those that are missing are told",
    async (rig) => {
      const { nodes } = beating(rig, 2);
      await turns();
      nodes[0]!.adapter.onMessage({ uid: "z", nsp: "/n", type: 1 } as never);
      return outcome(nodes[0]!.adapter.fetchSockets(options([], [], { timeout: 20 })));
    },
    "rejects timeout reached: missing 1 responses",
  ],
  [
    "that leave are not waited for any more",
    async (rig) => {
      const { nodes } = beating(rig, 2);
      await turns();
      const { adapter } = nodes[0]!;
      adapter.onMessage({ uid: "z", nsp: "/n", type: 1 } as never);
      nodes[1]!.nsp._onServerSideEmit = (args): void => (args.at(-1) as (answer: string) => void)("answer");
      const found = adapter.fetchSockets(options());
      const asked = new Promise((resolve) =>
        adapter.serverSideEmit(["ask", (...all: unknown[]) => resolve(plain(all))]),
      );
      await turns();
      adapter.onMessage({ uid: "z", nsp: "/n", type: 13 } as never);
      return [(await found).length, await asked];
    },
    [2, [null, ["answer"]]],
  ],
]);
