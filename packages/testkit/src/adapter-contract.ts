// What every adapter owes the server: rooms and their events, who gets a broadcast, acknowledgements, the calls over many sockets,
// and the recovery of sessions. A run over an implementation is one call with a function that makes it.
/* eslint-disable @typescript-eslint/no-floating-promises -- what an adapter returns is its own affair; what it does is looked at */
import { PacketType } from "@everwire/protocol";
import type { AdapterContract } from "@everwire/server/adapter";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeRecoveryContract } from "./adapter-recovery-contract.js";
import { FakeNamespace, type FakeSocket, textOf } from "./fake-namespace.js";

export interface AdapterContractOptions {
  /** It keeps sessions and packets; then events carry an offset behind their arguments. */
  recovers?: boolean;
}

export type MakeAdapter = (nsp: FakeNamespace) => AdapterContract | Promise<AdapterContract>;

type RoomEvent = readonly [event: string, room: string, id?: string];

export function describeAdapterContract(name: string, make: MakeAdapter, options: AdapterContractOptions = {}): void {
  const started = async (): Promise<{ nsp: FakeNamespace; adapter: AdapterContract; log: RoomEvent[] }> => {
    const nsp = new FakeNamespace("/chat", options.recovers === true ? {} : undefined);
    const adapter = await make(nsp);
    nsp.adapter = adapter;
    await adapter.init();
    onTestFinished(async () => {
      await adapter.close();
    });
    const log: RoomEvent[] = [];
    for (const event of ["create-room", "delete-room", "join-room", "leave-room"]) {
      adapter.on(event, (room: string, id?: string) => log.push(id === undefined ? [event, room] : [event, room, id]));
    }
    return { nsp, adapter, log };
  };
  const packet = (...data: unknown[]): { type: typeof PacketType.EVENT; nsp: string; data: unknown[] } => ({
    type: PacketType.EVENT,
    nsp: "/chat",
    data,
  });
  const to = (...rooms: string[]): { rooms: Set<string> } => ({ rooms: new Set(rooms) });
  /** Names and arguments without what a recovering adapter adds. */
  const events = (socket: FakeSocket): unknown[][] =>
    socket.events.map((event) => (options.recovers === true && event.length > 1 ? event.slice(0, -1) : event));

  describe(`${name} keeps the adapter contract`, () => {
    describe("rooms", () => {
      test("are created by the first who joins and deleted by the last who leaves", async () => {
        const { adapter, log } = await started();
        await adapter.addAll("s1", new Set(["r1"]));
        await adapter.addAll("s2", new Set(["r1"]));
        await adapter.del("s1", "r1");
        await adapter.del("s2", "r1");
        expect(log).toEqual([
          ["create-room", "r1"],
          ["join-room", "r1", "s1"],
          ["join-room", "r1", "s2"],
          ["leave-room", "r1", "s1"],
          ["leave-room", "r1", "s2"],
          ["delete-room", "r1"],
        ]);
        expect(adapter.rooms.size).toBe(0);
      });

      test("hold each socket once: joining and leaving again changes nothing", async () => {
        const { adapter, log } = await started();
        await adapter.addAll("s1", new Set(["r1"]));
        await adapter.addAll("s1", new Set(["r1"]));
        expect(adapter.rooms.get("r1")?.size).toBe(1);
        await adapter.del("s1", "r1");
        await adapter.del("s1", "r1");
        await adapter.del("nobody", "r1");
        await adapter.del("s1", "nowhere");
        expect(log).toHaveLength(4);
      });

      test("are known from both ends", async () => {
        const { adapter } = await started();
        await adapter.addAll("s1", new Set(["r1", "r2"]));
        expect(adapter.sids.get("s1")).toEqual(new Set(["r1", "r2"]));
        expect(adapter.socketRooms("s1")).toEqual(new Set(["r1", "r2"]));
        expect(adapter.rooms.get("r2")).toEqual(new Set(["s1"]));
        expect(adapter.socketRooms("nobody")).toBeUndefined();
      });

      test("are all left at once by delAll, and delAll of a stranger is nothing", async () => {
        const { adapter, log } = await started();
        await adapter.addAll("s1", new Set(["r1", "r2"]));
        log.length = 0;
        adapter.delAll("s1");
        adapter.delAll("s1");
        adapter.delAll("nobody");
        expect(log).toEqual([
          ["leave-room", "r1", "s1"],
          ["delete-room", "r1"],
          ["leave-room", "r2", "s1"],
          ["delete-room", "r2"],
        ]);
        expect(adapter.sids.has("s1")).toBe(false);
      });

      test("may be joined and left from their own events", async () => {
        const { adapter } = await started();
        adapter.on("create-room", (room: string) => {
          if (room === "r1") void adapter.addAll("s2", new Set(["r1", "r2"]));
        });
        adapter.on("leave-room", (room: string, id: string) => {
          if (room === "r1" && id === "s1") void adapter.del("s2", "r1");
        });
        await adapter.addAll("s1", new Set(["r1"]));
        expect(adapter.rooms.get("r1")).toEqual(new Set(["s1", "s2"]));
        await adapter.del("s1", "r1");
        expect(adapter.rooms.has("r1")).toBe(false);
        expect(adapter.socketRooms("s2")).toEqual(new Set(["r2"]));
      });

      test.each(["__proto__", "constructor", "", " ", "€"])("may be called %j", async (room) => {
        const { nsp, adapter } = await started();
        const socket = await nsp.connect("s1", room);
        adapter.broadcast(packet("m"), to(room));
        expect(events(socket)).toHaveLength(1);
        await adapter.del("s1", room);
        expect(adapter.rooms.has(room)).toBe(false);
      });
    });

    describe("a broadcast", () => {
      const crowd = async (): Promise<{
        adapter: AdapterContract;
        nsp: FakeNamespace;
        sockets: FakeSocket[];
        got: () => number[];
      }> => {
        const { nsp, adapter } = await started();
        const sockets = [
          await nsp.connect("s1", "a"),
          await nsp.connect("s2", "a", "b"),
          await nsp.connect("s3", "b"),
          await nsp.connect("s4"),
        ];
        return { adapter, nsp, sockets, got: () => sockets.map(({ written }) => written.length) };
      };

      test.each([
        { title: "to everyone", rooms: [], except: [], expected: [1, 1, 1, 1] },
        { title: "to a room", rooms: ["a"], except: [], expected: [1, 1, 0, 0] },
        { title: "to two rooms, each socket once", rooms: ["a", "b"], except: [], expected: [1, 1, 1, 0] },
        { title: "to a socket by its id", rooms: ["s4"], except: [], expected: [0, 0, 0, 1] },
        { title: "to nobody's room", rooms: ["nowhere"], except: [], expected: [0, 0, 0, 0] },
        { title: "to everyone but a room", rooms: [], except: ["a"], expected: [0, 0, 1, 1] },
        { title: "to a room but one socket", rooms: ["a"], except: ["s2"], expected: [1, 0, 0, 0] },
        { title: "to a room but another room", rooms: ["b"], except: ["a"], expected: [0, 0, 1, 0] },
        { title: "to everyone but nobody's room", rooms: [], except: ["nowhere"], expected: [1, 1, 1, 1] },
      ])("$title", async ({ rooms, except, expected }) => {
        const { adapter, got } = await crowd();
        adapter.broadcast(packet("m", 1), { rooms: new Set(rooms), except: new Set(except) });
        expect(got()).toEqual(expected);
      });

      test("is encoded once, in its namespace, and the same bytes go to all", async () => {
        const { adapter, sockets } = await crowd();
        adapter.broadcast(packet("m", { text: "€" }, Buffer.from([1])), to());
        const written = sockets.map((socket) => socket.written[0]);
        for (const each of written) {
          expect(each?.encoded).toBe(written[0]?.encoded);
          expect(textOf(each)).toMatch(/^51-\/chat,\[/);
          expect(each?.encoded[1]).toEqual(Buffer.from([1]));
          expect(each?.options.preEncoded).toBe(true);
        }
        expect(events(sockets[0] as FakeSocket)[0]).toEqual(["m", { text: "€" }, { _placeholder: true, num: 0 }]);
      });

      test("passes its flags on", async () => {
        const { adapter, sockets } = await crowd();
        adapter.broadcast(packet("m"), { ...to("s1"), flags: { volatile: true, compress: false } });
        expect(sockets[0]?.written[0]?.options).toMatchObject({ volatile: true, compress: false });
      });

      test("is told to catch-all listeners of outgoing packets", async () => {
        const { adapter, sockets } = await crowd();
        adapter.broadcast(packet("m", 1), to("a"));
        expect(sockets.map(({ noticed }) => noticed.length)).toEqual([1, 1, 0, 0]);
        expect(sockets[0]?.noticed[0]).toMatchObject({ nsp: "/chat", type: PacketType.EVENT });
      });

      test("passes by sockets that are in a room but not connected", async () => {
        const { adapter, nsp, got } = await crowd();
        await adapter.addAll("ghost", new Set(["a"]));
        nsp.sockets.delete("s1");
        adapter.broadcast(packet("m"), to("a"));
        expect(got()).toEqual([0, 1, 0, 0]);
      });

      test("keeps its place in the order", async () => {
        const { adapter, sockets } = await crowd();
        for (let i = 0; i < 5; i++) adapter.broadcast(packet("m", i), to("a"));
        adapter.disconnectSockets(to("a"), true);
        adapter.broadcast(packet("m", "too late"), to());
        expect(events(sockets[0] as FakeSocket).map(([, arg]) => arg)).toEqual([0, 1, 2, 3, 4]);
        expect(sockets[0]?.disconnects).toEqual([true]);
      });

      test("that can't be encoded throws and reaches nobody", async () => {
        const { adapter, got } = await crowd();
        const circular: unknown[] = [];
        circular.push(circular);
        expect(() => {
          adapter.broadcast(packet("m", circular), to());
        }).toThrow();
        expect(got()).toEqual([0, 0, 0, 0]);
      });
    });

    describe("a broadcast with acknowledgement", () => {
      test("has one id, tells how many were asked, and each of their answers", async () => {
        const { nsp, adapter } = await started();
        const sockets = [await nsp.connect("s1", "a"), await nsp.connect("s2", "a"), await nsp.connect("s3")];
        const counts: number[] = [];
        const answers: unknown[] = [];
        adapter.broadcastWithAck(
          packet("m"),
          to("a"),
          (count) => counts.push(count),
          (answer: unknown) => answers.push(answer),
        );
        expect(counts).toEqual([2]);
        const ids = new Set(sockets.slice(0, 2).map(({ written }) => /^2\/chat,(\d+)\[/.exec(textOf(written[0]))?.[1]));
        expect(ids.size).toBe(1);
        const [id] = ids;
        sockets[0]?.acks.get(Number(id))?.("one");
        sockets[1]?.acks.get(Number(id))?.("two");
        expect(answers).toEqual(["one", "two"]);
        expect(sockets[2]?.written).toHaveLength(0);
        expect(sockets[2]?.acks.size).toBe(0);
      });

      test("of nobody counts nobody; the next has another id", async () => {
        const { nsp, adapter } = await started();
        const counts: number[] = [];
        adapter.broadcastWithAck(
          packet("m"),
          to("nowhere"),
          (count) => counts.push(count),
          () => undefined,
        );
        expect(counts).toEqual([0]);
        const socket = await nsp.connect("s1");
        for (let i = 0; i < 2; i++)
          adapter.broadcastWithAck(
            packet("m"),
            to(),
            () => undefined,
            () => undefined,
          );
        expect(socket.acks.size).toBe(2);
      });
    });

    describe("calls over many sockets", () => {
      test("find them", async () => {
        const { nsp, adapter } = await started();
        await nsp.connect("s1", "a");
        await nsp.connect("s2", "a", "b");
        await nsp.connect("s3");
        const ids = (found: unknown[]): string[] => found.map((socket) => (socket as { id: string }).id).sort();
        expect(await adapter.sockets(new Set(["a"]))).toEqual(new Set(["s1", "s2"]));
        expect(await adapter.sockets(new Set())).toEqual(new Set(["s1", "s2", "s3"]));
        expect(ids(await adapter.fetchSockets(to("a", "b")))).toEqual(["s1", "s2"]);
        expect(ids(await adapter.fetchSockets({ ...to(), except: new Set(["b"]) }))).toEqual(["s1", "s3"]);
      });

      test("let them join and leave", async () => {
        const { nsp, adapter } = await started();
        await nsp.connect("s1", "a");
        await nsp.connect("s2");
        adapter.addSockets(to("a"), ["c", "d"]);
        expect(adapter.socketRooms("s1")).toEqual(new Set(["s1", "a", "c", "d"]));
        expect(adapter.socketRooms("s2")).toEqual(new Set(["s2"]));
        adapter.delSockets(to("c"), ["a", "d", "nowhere"]);
        expect(adapter.socketRooms("s1")).toEqual(new Set(["s1", "c"]));
      });

      test("disconnect them, the connection too when asked", async () => {
        const { nsp, adapter } = await started();
        const sockets = [await nsp.connect("s1", "a"), await nsp.connect("s2", "a"), await nsp.connect("s3")];
        adapter.disconnectSockets({ ...to("a"), except: new Set(["s2"]) }, false);
        adapter.disconnectSockets(to("s3"), true);
        expect(sockets.map(({ disconnects }) => disconnects)).toEqual([[false], [], [true]]);
        expect([...nsp.sockets.keys()]).toEqual(["s2"]);
      });

      test("all of them may leave the room that is being walked", async () => {
        const { nsp, adapter } = await started();
        for (let i = 0; i < 10; i++) await nsp.connect(`s${String(i)}`, "a");
        adapter.disconnectSockets(to("a"), true);
        expect(nsp.sockets.size).toBe(0);
        expect(adapter.rooms.size).toBe(0);
      });
    });

    test("counts at least this server", async () => {
      const { adapter } = await started();
      expect(await adapter.serverCount()).toBeGreaterThanOrEqual(1);
    });

    test("may be closed twice", async () => {
      const { adapter } = await started();
      await adapter.close();
      await adapter.close();
    });

    describeRecoveryContract(make, options.recovers === true);
  });
}
