import { PacketType } from "@everwire/protocol";
import { FakeNamespace } from "@everwire/testkit/contracts";
import { describe, expect, it, vi } from "vitest";
import type { AdapterNamespace, PreparedPacket } from "./adapter.js";
import { Adapter } from "./in-memory.js";

async function create(): Promise<{ nsp: FakeNamespace; adapter: Adapter }> {
  const nsp = new FakeNamespace("/");
  const adapter = new Adapter(nsp);
  nsp.adapter = adapter;
  await adapter.init();
  return { nsp, adapter };
}
const packet = (...data: unknown[]): { type: typeof PacketType.EVENT; nsp: string; data: unknown[] } => ({
  type: PacketType.EVENT,
  nsp: "/",
  data,
});

describe("Adapter", () => {
  it("makes one WebSocket frame for all recipients where the namespace can't prepare packets", async () => {
    const { nsp, adapter } = await create();
    const sockets = [await nsp.connect("s1"), await nsp.connect("s2")];
    adapter.broadcast(packet("m"), { rooms: new Set() });
    const frames = sockets.map(({ written }) => written[0]?.options.wsPreEncodedFrame);
    expect(frames[0]?.map((part) => Buffer.from(part).toString("latin1"))).toEqual(["\x81\x07", '42["m"]']);
    expect(frames[1]).toBe(frames[0]);
  });

  it("makes no frame of a packet with attachments", async () => {
    const { nsp, adapter } = await create();
    const socket = await nsp.connect("s1");
    adapter.broadcast(packet("m", Buffer.from([1])), { rooms: new Set() });
    expect(socket.written[0]?.options.wsPreEncodedFrame).toBeUndefined();
    expect(socket.written[0]?.encoded).toHaveLength(2);
  });

  it("has the server prepare a packet once", async () => {
    const { nsp, adapter } = await create();
    const prepared: PreparedPacket = [{}];
    const prepare = vi.fn(() => prepared);
    Object.assign(nsp.server as { prepare?: AdapterNamespace["server"]["prepare"] }, { prepare });
    const sockets = [await nsp.connect("s1"), await nsp.connect("s2")];
    adapter.broadcast(packet("m"), { rooms: new Set(), flags: { compress: false } });
    expect(prepare).toHaveBeenCalledTimes(1);
    for (const { written } of sockets) expect(written[0]?.options.prepared).toBe(prepared);
  });

  it("gives back a function that forgets the answers of an acknowledged broadcast", async () => {
    const { nsp, adapter } = await create();
    const socket = await nsp.connect("s1");
    const forget = adapter.broadcastWithAck(
      packet("m"),
      { rooms: new Set() },
      () => undefined,
      () => undefined,
    );
    expect(socket.acks.size).toBe(1);
    (forget as () => void)();
    expect(socket.acks.size).toBe(0);
  });

  it("warns of an event for other servers, of which there are none", async () => {
    const { adapter } = await create();
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const ack = vi.fn();
    adapter.serverSideEmit(["event", 1, ack]);
    expect(warn).toHaveBeenCalledWith("this adapter does not support the serverSideEmit() functionality");
    expect(ack).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it("keeps a socket's own room right when others join it, and when it joins others", async () => {
    const { adapter } = await create();
    await adapter.addAll("s1", new Set(["s1"]));
    await adapter.addAll("s2", new Set(["s2"]));
    const held = adapter.socketRooms("s1");
    await adapter.addAll("s2", new Set(["s1"]));
    expect(adapter.rooms.get("s1")).toEqual(new Set(["s1", "s2"]));
    expect(adapter.socketRooms("s1")).toEqual(new Set(["s1"]));
    await adapter.addAll("s1", new Set(["r"]));
    expect(held).toEqual(new Set(["s1", "r"]));
    expect(adapter.rooms.get("s1")).toEqual(new Set(["s1", "s2"]));
    await adapter.del("s1", "s1");
    expect(adapter.rooms.get("s1")).toEqual(new Set(["s2"]));
    adapter.delAll("s2");
    expect([...adapter.rooms.keys()]).toEqual(["r"]);
    await adapter.addAll("s3", new Set(["s3"]));
    const left: string[] = [];
    adapter.on("leave-room", (room: string) => left.push(room));
    adapter.delAll("s3");
    expect([left, [...adapter.rooms.keys()], [...adapter.sids.keys()]]).toEqual([["s3"], ["r"], ["s1"]]);
  });

  it("lets a socket that a listener puts out into none of the other rooms", async () => {
    const { adapter } = await create();
    adapter.on("join-room", (_room: string, id: string) => adapter.delAll(id));
    await adapter.addAll("s1", new Set(["r1", "r2"]));
    expect([[...adapter.rooms.keys()], [...adapter.sids.keys()]]).toEqual([[], []]);
  });

  it("takes a room out of the hands of a listener that empties it while it is made", async () => {
    const { adapter } = await create();
    adapter.on("create-room", (room: string) => adapter.rooms.delete(room));
    await adapter.addAll("s1", new Set(["r1"]));
    expect(adapter.rooms.has("r1")).toBe(false);
  });
});
