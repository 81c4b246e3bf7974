// The adapter that recovers sessions, on a namespace without a server.
import { compareAlone } from "./support/cases.js";
import { event, fakeNode, options } from "./support/fake-nodes.js";
import { outcome, type Rig } from "./support/rig.js";

async function aware(
  rig: Rig,
): Promise<{ adapter: InstanceType<Rig["peer"]["adapter"]["SessionAwareAdapter"]>; offset: string }> {
  const node = fakeNode(rig.peer, {
    ids: ["a"],
    opts: { connectionStateRecovery: { maxDisconnectionDuration: 5_000 } },
  });
  const adapter = new rig.peer.adapter.SessionAwareAdapter(node.nsp);
  void adapter.addAll("a", new Set(["a", "r"]));
  const packet = event(["m", 0]) as { data: unknown[] };
  adapter.broadcast(packet as never, options(["r"]));
  adapter.persistSession({ sid: "a", pid: "p", rooms: ["a", "r"], data: { d: 1 } });
  return { adapter, offset: String(packet.data.at(-1)) };
}

compareAlone("the adapter that recovers sessions", [
  [
    "gives back the session and what was missed: by room, without exceptions",
    async (rig) => {
      const { adapter, offset } = await aware(rig);
      adapter.broadcast(event(["m", 1]), options(["a"]));
      adapter.broadcast(event(["m", "another room"]), options(["other"]));
      adapter.broadcast(event(["m", "excepted"]), options([], ["r"]));
      adapter.broadcast(event(["m", "volatile"]), options([], [], { volatile: true }));
      adapter.broadcast(event(["m", "acknowledged"], { id: 5 }), options(["a"]));
      adapter.broadcast(event(["m", Buffer.from("x")]), options());
      const session = await adapter.restoreSession("p", offset);
      const { sid, pid, rooms, data, missedPackets = [] } = session ?? {};
      return [
        sid,
        pid,
        rooms,
        data,
        missedPackets.map((each) => each.slice(0, 2)),
        missedPackets.every((each) => typeof each.at(-1) === "string"),
      ];
    },
    [
      "a",
      "p",
      ["a", "r"],
      { d: 1 },
      [
        ["m", 1],
        ["m", Buffer.from("x")],
      ],
      true,
    ],
  ],
  [
    "has missed nothing when nothing was sent",
    async (rig) => {
      const { adapter, offset } = await aware(rig);
      return (await adapter.restoreSession("p", offset))?.missedPackets;
    },
    [],
  ],
  [
    "knows no session of another id, and no unknown offset",
    async (rig) => {
      const { adapter, offset } = await aware(rig);
      return Promise.all([adapter.restoreSession("q", offset), adapter.restoreSession("p", "unknown")]);
    },
    [null, null],
  ],
  [
    "offsets are ordered in time",
    async (rig) => {
      const { adapter, offset } = await aware(rig);
      const packet = event(["m"]) as { data: unknown[] };
      adapter.broadcast(packet as never, options());
      return [
        typeof offset,
        offset !== packet.data.at(-1),
        await outcome(Promise.resolve((await adapter.restoreSession("p", String(packet.data.at(-1))))?.missedPackets)),
      ];
    },
    ["string", true, []],
  ],
  [
    "forgets a session that is too old",
    async (rig) => {
      const node = fakeNode(rig.peer, {
        ids: ["a"],
        opts: { connectionStateRecovery: { maxDisconnectionDuration: 5 } },
      });
      const adapter = new rig.peer.adapter.SessionAwareAdapter(node.nsp);
      void adapter.addAll("a", new Set(["a"]));
      const packet = event(["m"]) as { data: unknown[] };
      adapter.broadcast(packet as never, options());
      adapter.persistSession({ sid: "a", pid: "p", rooms: ["a"], data: {} });
      await new Promise((resolve) => setTimeout(resolve, 15));
      return adapter.restoreSession("p", String(packet.data.at(-1)));
    },
    null,
  ],
]);
