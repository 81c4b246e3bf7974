// The in-memory adapter and the one that recovers sessions, on namespaces without a server.
import { EventEmitter } from "node:events";
import { vi } from "vitest";
import { compareAlone } from "./support/cases.js";
import { event, fakeNode, options } from "./support/fake-nodes.js";
import { type Rig } from "./support/rig.js";

const EVENTS = ["create-room", "delete-room", "join-room", "leave-room"];

function create(
  rig: Rig,
  ids: readonly string[] = [],
): ReturnType<typeof fakeNode> & { adapter: InstanceType<Rig["peer"]["adapter"]["Adapter"]> } {
  const node = fakeNode(rig.peer, { ids });
  return { ...node, adapter: new rig.peer.adapter.Adapter(node.nsp) };
}

const write = (id: string, packets: unknown[], more: object = {}): unknown[] => [
  "write",
  id,
  packets,
  { preEncoded: true, ...more },
];

compareAlone("the in-memory adapter", [
  [
    "is an emitter of a namespace, with two maps",
    (rig) => {
      const { adapter, nsp } = create(rig);
      return [adapter instanceof EventEmitter, adapter.nsp === nsp, adapter.rooms, adapter.sids];
    },
    [true, true, new Map(), new Map()],
  ],
  [
    "does nothing to begin and to end, and is one server",
    async (rig) => {
      const { adapter } = create(rig);
      return [adapter.init(), adapter.close(), adapter.close(), await adapter.serverCount()];
    },
    [undefined, undefined, undefined, 1],
  ],
  [
    "keeps no session",
    async (rig) => {
      const { adapter } = create(rig);
      return [
        adapter.persistSession({ sid: "s", pid: "p", rooms: [], data: {} }),
        await adapter.restoreSession("p", "o"),
      ];
    },
    [undefined, null],
  ],
  [
    "adds sockets to rooms, and takes them out",
    (rig) => {
      const { adapter } = create(rig);
      const results = [
        adapter.addAll("a", new Set(["r", "q"])),
        adapter.addAll("b", new Set(["r"])),
        adapter.del("a", "q"),
      ];
      const maps = structuredClone([adapter.rooms, adapter.sids]);
      adapter.delAll("a");
      adapter.delAll("b");
      return [results, maps, adapter.rooms.size, adapter.sids.size];
    },
    [
      [undefined, undefined, undefined],
      [
        new Map([["r", new Set(["a", "b"])]]),
        new Map([
          ["a", new Set(["r"])],
          ["b", new Set(["r"])],
        ]),
      ],
      0,
      0,
    ],
  ],
  [
    "tells of real changes only",
    (rig) => {
      const { adapter } = create(rig);
      for (const name of EVENTS) adapter.on(name, (...args) => rig.note(name, ...args));
      for (let times = 0; times < 2; times++) void adapter.addAll("a", new Set(["r"]));
      for (const [id, room] of [
        ["a", "none"],
        ["b", "r"],
        ["a", "r"],
        ["a", "r"],
      ] as const)
        void adapter.del(id, room);
      for (const id of ["a", "a", "b"]) adapter.delAll(id);
      return rig.log;
    },
    [
      ["create-room", "r"],
      ["join-room", "r", "a"],
      ["leave-room", "r", "a"],
      ["delete-room", "r"],
    ],
  ],
  [
    "may be called from its events",
    (rig) => {
      const { adapter } = create(rig);
      adapter.on("create-room", (room) => room === "r" && void adapter.addAll("b", new Set(["r"])));
      adapter.on("leave-room", (room: string, id: string) => void adapter.del(id, room));
      adapter.on("delete-room", (room) => rig.note(room));
      void adapter.addAll("a", new Set(["r"]));
      const together = [...(adapter.rooms.get("r") ?? [])].sort();
      adapter.delAll("a");
      void adapter.del("b", "r");
      return [together, rig.log, adapter.rooms.size];
    },
    [["a", "b"], ["r"], 0],
  ],
  [
    "keeps a socket's own room apart from its rooms",
    (rig) => {
      const { adapter } = create(rig);
      void adapter.addAll("a", new Set(["a"]));
      void adapter.addAll("b", new Set(["a"]));
      void adapter.addAll("a", new Set(["x"]));
      return [
        adapter.rooms.get("a"),
        adapter.sids.get("a"),
        adapter.socketRooms("a") === adapter.sids.get("a"),
        adapter.socketRooms("z"),
      ];
    },
    [new Set(["a", "b"]), new Set(["a", "x"]), true, undefined],
  ],
  [
    "finds the sockets of rooms, those that are there",
    async (rig) => {
      const { adapter, nsp } = create(rig, ["a", "b"]);
      void adapter.addAll("a", new Set(["a", "r"]));
      void adapter.addAll("b", new Set(["r", "q"]));
      void adapter.addAll("gone", new Set(["r"]));
      const found = await adapter.fetchSockets(options(["q"]));
      return [
        await adapter.sockets(new Set()),
        await adapter.sockets(new Set(["q", "a"])),
        await adapter.sockets(new Set(["none"])),
        found[0] === nsp.sockets.get("b"),
        found.length,
      ];
    },
    [new Set(["a", "b"]), new Set(["a", "b"]), new Set(), true, 1],
  ],
  [
    "makes sockets join, leave and go",
    (rig) => {
      const { adapter, log } = create(rig, ["a", "b"]);
      void adapter.addAll("a", new Set(["r"]));
      void adapter.addAll("b", new Set(["r", "q"]));
      adapter.addSockets(options(["r"], ["q"]), ["x", "y"]);
      adapter.delSockets(options(["q"]), ["x", "y"]);
      adapter.disconnectSockets(options(["q"]), true);
      adapter.disconnectSockets(options(["r"], ["q"]), false);
      return log;
    },
    [
      ["join", "a", ["x", "y"]],
      ["leave", "b", "x"],
      ["leave", "b", "y"],
      ["disconnect", "b", true],
      ["disconnect", "a", false],
    ],
  ],
  [
    "broadcasts one encoded packet, with its frame, in its namespace",
    (rig) => {
      const { adapter, log } = create(rig, ["a", "b"]);
      for (const id of ["a", "b", "gone"]) void adapter.addAll(id, new Set([id]));
      adapter.broadcast(event(["m", 1]), options());
      return log;
    },
    [
      "encode",
      ["notify", "a", ["m", 1]],
      write("a", ['2/n,["m",1]'], { frame: '42/n,["m",1]' }),
      ["notify", "b", ["m", 1]],
      write("b", ['2/n,["m",1]'], { frame: '42/n,["m",1]' }),
    ],
  ],
  [
    "broadcasts once to each socket of several rooms, without exceptions",
    (rig) => {
      const { adapter, log } = create(rig, ["a", "b", "c"]);
      void adapter.addAll("a", new Set(["r", "q"]));
      void adapter.addAll("b", new Set(["r", "x"]));
      void adapter.addAll("c", new Set(["other"]));
      adapter.broadcast(event(["m"]), options(["q", "r"], ["x"], { volatile: true, compress: false }));
      return log.filter((entry) => Array.isArray(entry) && entry[0] === "write");
    },
    [write("a", ['2/n,["m"]'], { volatile: true, compress: false, frame: '42/n,["m"]' })],
  ],
  [
    "broadcasts binary without a frame, in several parts",
    (rig) => {
      const { adapter, log } = create(rig, ["a"]);
      void adapter.addAll("a", new Set(["a"]));
      adapter.broadcast(event(["m", Buffer.from("x")]), options());
      return log.at(-1);
    },
    write("a", ['51-/n,["m",{"_placeholder":true,"num":0}]', Buffer.from("x")]),
  ],
  [
    "broadcasts to nobody without a fuss",
    (rig) => {
      const { adapter, log } = create(rig, ["a"]);
      adapter.broadcast(event(["m"]), { rooms: new Set(["none"]) });
      return log;
    },
    ["encode"],
  ],
  [
    "asks many with one id, tells how many, and hands over each answer",
    (rig) => {
      const { adapter, nsp, acks } = create(rig, ["a", "b"]);
      for (const id of ["a", "b"]) void adapter.addAll(id, new Set([id]));
      const packet = event(["m"]) as { id?: number };
      adapter.broadcastWithAck(
        packet as never,
        options(),
        (count) => rig.note("count", count),
        (...args) => rig.note("answer", ...args),
      );
      acks.get("b")?.get(0)?.("x", 2);
      adapter.broadcastWithAck(
        event(["m"]),
        options(["none"]),
        (count) => rig.note("count", count),
        () => undefined,
      );
      return [rig.log, packet.id, nsp._ids, [...acks.values()].map((own) => [...own.keys()])];
    },
    [
      [
        ["count", 2],
        ["answer", "x", 2],
        ["count", 0],
      ],
      0,
      2,
      [[0], [0]],
    ],
  ],
  [
    "warns of an event for other servers",
    (rig) => {
      const { adapter } = create(rig);
      const warn = vi.spyOn(console, "warn").mockImplementation(rig.note);
      adapter.serverSideEmit(["m", () => rig.note("answered")]);
      warn.mockRestore();
      return rig.log;
    },
    ["this adapter does not support the serverSideEmit() functionality"],
  ],
]);
