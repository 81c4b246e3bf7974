// The part of the adapter contract that is about sessions which come back: what they missed, and when they may not. An adapter
// that does not recover owes one thing: to say so.
/* eslint-disable @typescript-eslint/no-floating-promises -- what an adapter returns is its own affair; what it does is looked at */
import { PacketType } from "@everwire/protocol";
import type { AdapterContract } from "@everwire/server/adapter";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FakeNamespace, type FakeSocket } from "./fake-namespace.js";

const DURATION_MS = 1_000;

interface Bench {
  readonly nsp: FakeNamespace;
  readonly adapter: AdapterContract;
  /** Emits to rooms, or to everyone. */
  emit(name: string, rooms?: string[], except?: string[]): void;
}

export function describeRecoveryContract(
  make: (nsp: FakeNamespace) => AdapterContract | Promise<AdapterContract>,
  recovers: boolean,
): void {
  const started = async (): Promise<Bench> => {
    const nsp = new FakeNamespace("/chat", recovers ? { maxDisconnectionDuration: DURATION_MS } : undefined);
    const adapter = await make(nsp);
    nsp.adapter = adapter;
    await adapter.init();
    onTestFinished(async () => {
      await adapter.close();
    });
    const emit = (name: string, rooms: string[] = [], except: string[] = []): void => {
      adapter.broadcast(
        { type: PacketType.EVENT, nsp: "/chat", data: [name] },
        { rooms: new Set(rooms), except: new Set(except) },
      );
    };
    return { nsp, adapter, emit };
  };

  /** The socket's connection broke: its session is kept, its place in the rooms is not. */
  const lose = ({ nsp, adapter }: Bench, socket: FakeSocket): void => {
    void adapter.persistSession({
      sid: socket.id,
      pid: `pid-${socket.id}`,
      rooms: [...socket.rooms],
      data: socket.data,
    });
    nsp.sockets.delete(socket.id);
    adapter.delAll(socket.id);
  };
  const offsetOf = (socket: FakeSocket): string => String(socket.events.at(-1)?.at(-1));

  if (!recovers) {
    test("recovers no session, and says so", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      lose(bench, socket);
      expect(await bench.adapter.restoreSession("pid-s1", "any")).toBeNull();
    });
    return;
  }

  describe("recovery", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["performance", "Date"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test("gives every event an offset of its own", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("one");
      bench.emit("two");
      const offsets = socket.events.map((event) => event[1]);
      expect(offsets.every((offset) => typeof offset === "string" && offset !== "")).toBe(true);
      expect(new Set(offsets).size).toBe(2);
    });

    test("brings the session back with what it missed, in order, and nothing else", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1", "a");
      socket.data = { name: "kept" };
      bench.emit("seen");
      const offset = offsetOf(socket);
      lose(bench, socket);
      bench.emit("to everyone");
      bench.emit("to its room", ["a"]);
      bench.emit("to itself", ["s1"]);
      bench.emit("to others", ["b"]);
      bench.emit("not to it", [], ["a"]);
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      expect(session).toMatchObject({ sid: "s1", pid: "pid-s1", data: { name: "kept" } });
      expect(new Set(session?.rooms)).toEqual(new Set(["s1", "a"]));
      expect(session?.missedPackets.map(([event]) => event)).toEqual(["to everyone", "to its room", "to itself"]);
    });

    test("brings it back without a packet when nothing was missed", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      lose(bench, socket);
      expect((await bench.adapter.restoreSession("pid-s1", offset))?.missedPackets).toEqual([]);
    });

    test("includes what was sent and did not arrive before the connection broke", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      bench.emit("sent into the void");
      lose(bench, socket);
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      expect(session?.missedPackets.map(([event]) => event)).toEqual(["sent into the void"]);
    });

    test.each([
      { title: "an unknown session", pid: "nobody", offset: undefined },
      { title: "an offset that never was", pid: "pid-s1", offset: "nonsense" },
      { title: "an empty id", pid: "", offset: undefined },
    ])("knows nothing of $title", async ({ pid, offset }) => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const seen = offsetOf(socket);
      lose(bench, socket);
      expect(await bench.adapter.restoreSession(pid, offset ?? seen)).toBeNull();
    });

    test("is over after its time", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      lose(bench, socket);
      vi.advanceTimersByTime(DURATION_MS + 1);
      expect(await bench.adapter.restoreSession("pid-s1", offset)).toBeNull();
    });

    // From here on: an adapter may always say that it does not know. What it gives has to be all there is.
    test.each([
      { title: "before the first event", offset: undefined },
      { title: "with the offset of nothing", offset: "" },
    ])("a session that was lost $title is brought back whole or not at all", async ({ offset }) => {
      const bench = await started();
      bench.emit("before it came");
      const socket = await bench.nsp.connect("s1");
      bench.emit("sent into the void");
      lose(bench, socket);
      bench.emit("missed");
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      if (session !== null)
        expect(session.missedPackets.map(([name]) => name)).toEqual(["sent into the void", "missed"]);
    });

    test.each([{ flags: { volatile: true } }, { flags: { volatile: true, local: true } }])(
      "a text of a user at the end of an event that is not kept is no offset: $flags",
      async ({ flags }) => {
        const bench = await started();
        const socket = await bench.nsp.connect("s1");
        bench.emit("seen");
        const first = offsetOf(socket);
        bench.emit("seen too");
        const packet = { type: PacketType.EVENT, nsp: "/chat", data: ["chat", first] };
        bench.adapter.broadcast(packet, { rooms: new Set(), flags });
        const remembered = offsetOf(socket);
        expect(remembered).not.toBe(first);
        lose(bench, socket);
        bench.emit("missed");
        const session = await bench.adapter.restoreSession("pid-s1", remembered);
        if (session !== null) expect(session.missedPackets.map(([name]) => name)).toEqual(["missed"]);
      },
    );

    test.each([
      { title: "to everyone", rooms: [], except: [], isMissed: true },
      { title: "to its room", rooms: ["a"], except: [], isMissed: true },
      { title: "to itself", rooms: ["s1"], except: [], isMissed: true },
      { title: "to others", rooms: ["b"], except: [], isMissed: false },
      { title: "to everyone but its room", rooms: [], except: ["a"], isMissed: false },
    ])(
      "a broadcast that asks for an answer and was missed is not passed over: $title",
      async ({ isMissed, ...target }) => {
        const bench = await started();
        const socket = await bench.nsp.connect("s1", "a");
        bench.emit("seen");
        const offset = offsetOf(socket);
        lose(bench, socket);
        const options = { rooms: new Set(target.rooms), except: new Set(target.except), flags: { timeout: 50 } };
        const none = (): void => undefined;
        bench.adapter.broadcastWithAck({ type: PacketType.EVENT, nsp: "/chat", data: ["ask"] }, options, none, none);
        bench.emit("missed");
        const session = await bench.adapter.restoreSession("pid-s1", offset);
        if (isMissed) expect(session).toBeNull();
        else expect(session?.missedPackets.map(([name]) => name)).toEqual(["missed"]);
      },
    );

    test("rooms that were joined and left right before the connection broke count as they were", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1", "left");
      bench.emit("seen");
      const offset = offsetOf(socket);
      bench.emit("before it left", ["left"]);
      bench.emit("before it joined", ["joined"]);
      await socket.leave("left");
      await socket.join("joined");
      bench.emit("after it left", ["left"]);
      bench.emit("after it joined", ["joined"]);
      lose(bench, socket);
      bench.emit("left", ["left"]);
      bench.emit("joined", ["joined"]);
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      expect(session?.rooms).not.toContain("left");
      const missed = session?.missedPackets.map(([name]) => name);
      expect(missed).toEqual(["before it left", "after it joined", "joined"]);
    });

    test("binary events are brought back as they were sent", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      lose(bench, socket);
      const data = ["binary", Buffer.from([1, 2]), { deep: [Buffer.from([3])] }];
      bench.adapter.broadcast({ type: PacketType.EVENT, nsp: "/chat", data: [...data] }, { rooms: new Set() });
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      expect(session?.missedPackets.map((packet) => packet.slice(0, 3))).toEqual([data]);
    });

    test("an hour without an event is no reason to miss the next one", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      vi.advanceTimersByTime(3_600_000);
      bench.emit("sent into the void");
      lose(bench, socket);
      bench.emit("missed");
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      if (session !== null)
        expect(session.missedPackets.map(([name]) => name)).toEqual(["sent into the void", "missed"]);
    });

    test("a session that was lost again before it had what it missed is brought all of it", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      lose(bench, socket);
      bench.emit("one");
      expect(await bench.adapter.restoreSession("pid-s1", offset)).not.toBeNull();
      const again = await bench.nsp.connect("s1");
      bench.emit("two");
      lose(bench, again);
      bench.emit("three");
      const session = await bench.adapter.restoreSession("pid-s1", offset);
      if (session !== null) expect(session.missedPackets.map(([name]) => name)).toEqual(["one", "two", "three"]);
    });

    test("does not keep volatile packets", async () => {
      const bench = await started();
      const socket = await bench.nsp.connect("s1");
      bench.emit("seen");
      const offset = offsetOf(socket);
      lose(bench, socket);
      bench.adapter.broadcast(
        { type: PacketType.EVENT, nsp: "/chat", data: ["fleeting"] },
        { rooms: new Set(), flags: { volatile: true } },
      );
      expect((await bench.adapter.restoreSession("pid-s1", offset))?.missedPackets).toEqual([]);
    });
  });
}
