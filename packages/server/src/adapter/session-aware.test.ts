import { PacketType } from "@everwire/protocol";
import { FakeNamespace, type FakeSocket } from "@everwire/testkit/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RecoveryLimits, Session } from "./adapter.js";
import { SessionAwareAdapter } from "./session-aware.js";

const adapters: SessionAwareAdapter[] = [];
afterEach(() => {
  for (const adapter of adapters.splice(0)) void adapter.close();
  vi.useRealTimers();
});

function create(limits: RecoveryLimits = {}): { nsp: FakeNamespace; adapter: SessionAwareAdapter } {
  const nsp = new FakeNamespace("/", limits);
  const adapter = new SessionAwareAdapter(nsp);
  nsp.adapter = adapter;
  adapters.push(adapter);
  return { nsp, adapter };
}

function emit(adapter: SessionAwareAdapter, data: unknown[], rooms: string[] = [], flags = {}): unknown[] {
  adapter.broadcast({ type: PacketType.EVENT, nsp: "/", data }, { rooms: new Set(rooms), except: new Set(), flags });
  return data;
}

function lose(nsp: FakeNamespace, adapter: SessionAwareAdapter, socket: FakeSocket): void {
  adapter.persistSession({ sid: socket.id, pid: `pid-${socket.id}`, rooms: [...socket.rooms], data: socket.data });
  nsp.sockets.delete(socket.id);
  adapter.delAll(socket.id);
}

const names = (session: Session | null): unknown[] | undefined => session?.missedPackets.map(([name]) => name);
const offsetOf = (data: unknown[]): string => String(data.at(-1));

describe("SessionAwareAdapter", () => {
  it("recovers a session that was lost before its first event", async () => {
    const { nsp, adapter } = create();
    emit(adapter, ["before it came"]);
    const socket = await nsp.connect("s1");
    lose(nsp, adapter, socket);
    emit(adapter, ["missed"]);
    expect(names(adapter.findSession("pid-s1", undefined))).toEqual(["missed"]);
    expect(names(adapter.findSession("pid-s1", ""))).toEqual(["missed"]);
  });

  it("puts an offset behind a volatile event that ends in a text, so that the client remembers a true one", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1");
    emit(adapter, ["stored"]);
    const chat = emit(adapter, ["chat", "a text"], [], { volatile: true });
    expect(chat).toHaveLength(3);
    expect(emit(adapter, ["tick", 1], [], { volatile: true })).toEqual(["tick", 1]);
    lose(nsp, adapter, socket);
    emit(adapter, ["missed"]);
    expect(names(adapter.findSession("pid-s1", offsetOf(chat)))).toEqual(["missed"]);
  });

  it("does not recover over an acknowledged broadcast that was missed", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1");
    const seen = emit(adapter, ["seen"]);
    lose(nsp, adapter, socket);
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["asked"] };
    adapter.broadcastWithAck(
      packet,
      { rooms: new Set(["other"]) },
      () => undefined,
      () => undefined,
    );
    expect(adapter.findSession("pid-s1", offsetOf(seen))).not.toBeNull();
    adapter.broadcastWithAck(
      packet,
      { rooms: new Set() },
      () => undefined,
      () => undefined,
    );
    expect(adapter.findSession("pid-s1", offsetOf(seen))).toBeNull();
  });

  it("does not mind a volatile broadcast with acknowledgement, which may be missed by agreement", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1");
    const seen = emit(adapter, ["seen"]);
    lose(nsp, adapter, socket);
    adapter.broadcastWithAck(
      { type: PacketType.EVENT, nsp: "/", data: ["asked"] },
      { rooms: new Set(), flags: { volatile: true } },
      () => undefined,
      () => undefined,
    );
    expect(adapter.findSession("pid-s1", offsetOf(seen))).not.toBeNull();
  });

  it("does not recover when an acknowledged packet was in flight, and does when it was answered", async () => {
    const { nsp, adapter } = create();
    const one = await nsp.connect("s1");
    const two = await nsp.connect("s2");
    adapter.noteUnstored("s1", 70);
    adapter.noteUnstored("s2", 71);
    adapter.noteReceived("s2", 71);
    lose(nsp, adapter, one);
    lose(nsp, adapter, two);
    expect(adapter.findSession("pid-s1", undefined)).toBeNull();
    expect(adapter.findSession("pid-s2", undefined)).not.toBeNull();
  });

  it("takes the offset of a former run for none, since nothing of this one has arrived behind it", async () => {
    const { nsp, adapter } = create();
    const former = create();
    const old = emit(former.adapter, ["old"]);
    const socket = await nsp.connect("s1");
    lose(nsp, adapter, socket);
    emit(adapter, ["missed"]);
    expect(names(adapter.findSession("pid-s1", offsetOf(old)))).toEqual(["missed"]);
  });

  it.each(["nonsense", "AAAAAAAA.", "__proto__", "hello world"])("knows no offset %j", async (offset) => {
    const { nsp, adapter } = create();
    lose(nsp, adapter, await nsp.connect("s1"));
    expect(adapter.findSession("pid-s1", offset)).toBeNull();
  });

  it("knows no offset of the future", async () => {
    const { nsp, adapter } = create();
    const seen = emit(adapter, ["seen"]);
    lose(nsp, adapter, await nsp.connect("s1"));
    expect(adapter.findSession("pid-s1", offsetOf(seen).replace(/\.\w+$/, ".zz"))).toBeNull();
  });

  it("sends the event as it was emitted, whatever became of its objects since", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1");
    lose(nsp, adapter, socket);
    const state = { score: 1 };
    emit(adapter, ["state", state]);
    state.score = 2;
    expect(adapter.findSession("pid-s1", undefined)?.missedEncoded?.[0]?.[0]).toContain('{"score":1}');
  });

  it("gives what was missed to the rooms that the session was in then", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1", "left");
    const seen = emit(adapter, ["seen"]);
    emit(adapter, ["to the room it left"], ["left"]);
    await socket.leave("left");
    emit(adapter, ["after it left"], ["left"]);
    emit(adapter, ["before it joined"], ["joined"]);
    await socket.join("joined");
    emit(adapter, ["after it joined"], ["joined"]);
    lose(nsp, adapter, socket);
    emit(adapter, ["while away"], ["joined"]);
    const session = adapter.findSession("pid-s1", offsetOf(seen));
    expect(names(session)).toEqual(["to the room it left", "after it joined", "while away"]);
  });

  it("gives what was missed again when the connection breaks before it arrived", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1");
    const seen = emit(adapter, ["seen"]);
    lose(nsp, adapter, socket);
    const first = emit(adapter, ["first"]);
    expect(names(adapter.findSession("pid-s1", offsetOf(seen)))).toEqual(["first"]);
    const again = await nsp.connect("s1");
    expect(adapter.findSession("pid-s1", offsetOf(seen))).toBeNull();
    emit(adapter, ["second"]);
    lose(nsp, adapter, again);
    expect(names(adapter.findSession("pid-s1", offsetOf(seen)))).toEqual(["first", "second"]);
    expect(names(adapter.findSession("pid-s1", offsetOf(first)))).toEqual(["second"]);
  });

  it("tells the truth when packets were dropped over the cap", async () => {
    const { nsp, adapter } = create({ maxStoredPackets: 2 });
    const socket = await nsp.connect("s1");
    const seen = emit(adapter, ["seen"]);
    lose(nsp, adapter, socket);
    emit(adapter, ["one"]);
    emit(adapter, ["two"]);
    expect(names(adapter.findSession("pid-s1", offsetOf(seen)))).toEqual(["one", "two"]);
    emit(adapter, ["three"]);
    expect(adapter.findSession("pid-s1", offsetOf(seen))).toBeNull();
  });

  it("keeps no more bytes than allowed", async () => {
    const { nsp, adapter } = create({ maxStoredBytes: 1_000 });
    lose(nsp, adapter, await nsp.connect("s1"));
    emit(adapter, ["large", "x".repeat(2_000)]);
    expect(adapter.findSession("pid-s1", undefined)).toBeNull();
  });

  it("keeps no more sessions than allowed, the newest ones", async () => {
    const { nsp, adapter } = create({ maxStoredSessions: 2 });
    for (const id of ["s1", "s2", "s3"]) lose(nsp, adapter, await nsp.connect(id));
    expect(adapter.findSession("pid-s1", undefined)).toBeNull();
    expect(adapter.findSession("pid-s2", undefined)).not.toBeNull();
    expect(adapter.findSession("pid-s3", undefined)).not.toBeNull();
  });

  it("leaves no offset behind when the packet can't be encoded", () => {
    const { adapter } = create();
    const circular: unknown[] = ["m"];
    circular.push(circular);
    expect(() => emit(adapter, circular)).toThrow();
    expect(circular).toHaveLength(2);
  });

  it("passes by packets that are no events", async () => {
    const { nsp, adapter } = create();
    const socket = await nsp.connect("s1");
    adapter.broadcast({ type: PacketType.DISCONNECT, nsp: "/" }, { rooms: new Set() });
    lose(nsp, adapter, socket);
    expect(adapter.findSession("pid-s1", undefined)?.missedPackets).toEqual([]);
  });

  it("sweeps what is too old", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    class Swept extends SessionAwareAdapter {
      run(): boolean {
        return this.sweep();
      }
    }
    const nsp = new FakeNamespace("/", { maxDisconnectionDuration: 90_000 });
    const adapter = new Swept(nsp);
    nsp.adapter = adapter;
    adapters.push(adapter);
    lose(nsp, adapter, await nsp.connect("s1"));
    emit(adapter, ["missed"]);
    vi.advanceTimersByTime(60_000);
    lose(nsp, adapter, await nsp.connect("s2"));
    emit(adapter, ["missed too"]);
    expect(adapter.run()).toBe(true);
    expect(adapter.stored).toMatchObject({ packets: 2, sessions: 2 });
    vi.advanceTimersByTime(60_000);
    expect(adapter.run()).toBe(true);
    expect(adapter.stored).toMatchObject({ packets: 1, sessions: 1 });
    vi.advanceTimersByTime(60_000);
    expect(adapter.run()).toBe(false);
    expect(adapter.stored).toEqual({ packets: 0, bytes: 0, sessions: 0 });
  });
});
