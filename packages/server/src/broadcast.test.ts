import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { once, startServer, type StartServerOptions, until } from "@everwire/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Adapter } from "./adapter/in-memory.js";
import { BroadcastOperator } from "./broadcast.js";
import { OutgoingPacket } from "./engine/outgoing-packet.js";
import { RemoteSocket } from "./remote-socket.js";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Crowd {
  io: Server;
  sockets: Socket[];
  clients: StockSocket[];
  /** What each client got of the event `m` before the event `end`. */
  got(): Promise<unknown[][]>;
}

async function crowd(count: number, options: StartServerOptions = {}): Promise<Crowd> {
  const { io, url, close } = await startServer(options);
  cleanups.push(close);
  const sockets: Socket[] = [];
  const clients: StockSocket[] = [];
  const heard: unknown[][] = [];
  for (let index = 0; index < count; index++) {
    const connection = once<[Socket]>(io, "connection");
    const client = stockClient(url, { forceNew: true, transports: ["websocket"] });
    cleanups.push(() => client.disconnect());
    const [[socket]] = await Promise.all([connection, once(client, "connect")]);
    const list: unknown[] = [];
    heard.push(list);
    client.on("m", (value) => list.push(value));
    sockets.push(socket);
    clients.push(client);
  }
  const got = async (): Promise<unknown[][]> => {
    const ended = Promise.all(clients.map((client) => once(client, "end")));
    io.emit("end");
    await ended;
    return heard;
  };
  return { io, sockets, clients, got };
}

describe("a broadcast", () => {
  it("reaches everyone, from the server, a namespace and its send", async () => {
    const { io, got } = await crowd(2);
    expect(io.emit("m", 1)).toBe(true);
    expect(io.of("/").emit("m", 2)).toBe(true);
    expect(await got()).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("sends messages by send and write", async () => {
    const { io, clients } = await crowd(1);
    const messages: unknown[] = [];
    clients[0]?.on("message", (...args) => messages.push(args));
    expect(io.send("a")).toBe(io);
    expect(io.write("b", 1)).toBe(io);
    expect(io.of("/").send("c")).toBe(io.of("/"));
    io.of("/").write("d");
    await until(() => messages.length === 4, "four messages");
    expect(messages).toEqual([["a"], ["b", 1], ["c"], ["d"]]);
  });

  it("goes to a union of rooms, once to each socket, but not to those excepted", async () => {
    const { io, sockets, got } = await crowd(4);
    void sockets[0]?.join("a");
    void sockets[1]?.join(["a", "b"]);
    void sockets[2]?.join("b");
    io.to("a").emit("m", "a");
    io.in("a").in("b").emit("m", "a or b");
    io.to(["a", "b"]).except(sockets[1]!.id).emit("m", "not 1");
    io.except(["a", "b"]).emit("m", "nobody's room");
    io.to("nowhere").emit("m", "nobody");
    expect(await got()).toEqual([["a", "a or b", "not 1"], ["a", "a or b"], ["a or b", "not 1"], ["nobody's room"]]);
  });

  it("from a socket leaves that socket out", async () => {
    const { sockets, got } = await crowd(3);
    const [first, second] = sockets as [Socket, Socket];
    void first.join("r");
    void second.join("r");
    first.broadcast.emit("m", "others");
    first.to("r").emit("m", "room");
    first.in("r").emit("m", "in room");
    first.except("r").emit("m", "not the room");
    first.local.emit("m", "local");
    expect(await got()).toEqual([[], ["others", "room", "in room", "local"], ["others", "not the room", "local"]]);
  });

  it("is gathered in immutable operators", async () => {
    const { io, sockets, got } = await crowd(2);
    void sockets[0]?.join("a");
    void sockets[1]?.join("b");
    const toA = io.to("a");
    const toBoth = toA.to("b");
    toA.emit("m", "a");
    toBoth.emit("m", "both");
    // A volatile event does not wait behind others of its turn.
    await new Promise((resolve) => setImmediate(resolve));
    io.compress(false).volatile.local.emit("m", "flags");
    expect(io.local).toBeInstanceOf(BroadcastOperator);
    expect((await got())[1]).toEqual(["both", "flags"]);
  });

  it("drops volatile events but one of those in a turn", async () => {
    const { io, got } = await crowd(2);
    for (let n = 0; n < 3; n++) io.volatile.emit("m", n);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await got()).toEqual([[0], [0]]);
  });

  it("is encoded once, and the same packet is queued for every recipient", async () => {
    const { io, sockets, got } = await crowd(3);
    const encode = vi.spyOn(io.encoder, "encode");
    io.emit("m", Buffer.from("x"));
    expect(encode).toHaveBeenCalledTimes(1);
    const packets = sockets.map((socket) => [...socket.conn.writeBuffer]);
    expect(packets[0]).toHaveLength(2);
    expect(packets[0]?.[0]).toBeInstanceOf(OutgoingPacket);
    for (const list of packets) list.forEach((packet, at) => expect(packet).toBe(packets[0]?.[at]));
    vi.restoreAllMocks();
    expect((await got())[2]).toEqual([Buffer.from("x")]);
  });

  it("prepares a packet once for an adapter that knows nothing of prepared packets", async () => {
    const { sockets } = await crowd(2);
    const queued = sockets.map((socket) => vi.spyOn(socket.conn, "sendPacket"));
    const encoded = ['2["m",1]'];
    for (const socket of sockets) socket.client.writeToEngine(encoded, { preEncoded: true, compress: false });
    const [first, second] = queued.map((spy) => spy.mock.calls[0]?.[0]);
    expect(first).toBe(second);
    expect(first?.options.compress).toBe(false);
  });

  it.each(["connect", "disconnecting", "newListener"])("does not send the reserved event %s", async (event) => {
    const { io } = await crowd(0);
    expect(() => io.emit(event)).toThrow(`"${event}" is a reserved event name`);
    expect(() => io.to("r").emit(event)).toThrow(expect.objectContaining({ code: "ERR_RESERVED_EVENT" }));
  });
});

describe("a broadcast with acknowledgement", () => {
  it("gives the first argument of every answer", async () => {
    const { io, clients } = await crowd(3);
    clients.forEach((client, index) => client.on("ask", (n, answer) => answer(Number(n) + index, "more")));
    const [error, responses] = await new Promise<unknown[]>((resolve) =>
      io.timeout(5_000).emit("ask", 10, (...args: unknown[]) => resolve(args)),
    );
    expect(error).toBeNull();
    expect((responses as number[]).sort()).toEqual([10, 11, 12]);
    expect((await io.timeout(5_000).emitWithAck("ask", 1)).sort()).toEqual([1, 2, 3]);
  });

  it("of nobody is answered at once with nothing", async () => {
    const { io } = await crowd(1);
    expect(await io.to("nowhere").timeout(5_000).emitWithAck("ask")).toEqual([]);
  });

  it("times out with the responses so far, and forgets who did not answer", async () => {
    const { io, sockets, clients } = await crowd(2);
    clients[0]?.on("ask", (answer) => answer("here"));
    const error = await io
      .timeout(50)
      .emitWithAck("ask")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "operation has timed out", responses: ["here"] });
    expect(sockets.map(({ acks }) => acks.size)).toEqual([0, 0]);
    const args = await new Promise<unknown[]>((resolve) =>
      io.timeout(50).emit("ask", (...answer: unknown[]) => resolve(answer)),
    );
    expect(args[0]).toBeInstanceOf(Error);
    expect(args[1]).toEqual(["here"]);
  });

  it("without a timeout times out at once", async () => {
    const { sockets, clients } = await crowd(2);
    clients[1]?.on("ask", (answer) => answer("too late"));
    const args = await new Promise<unknown[]>((resolve) => {
      sockets[0]!.broadcast.emit("ask", (...answer: unknown[]) => resolve(answer));
    });
    expect(args).toEqual([expect.objectContaining({ message: "operation has timed out" }), []]);
  });

  it("from a socket asks the others only", async () => {
    const { sockets, clients } = await crowd(3);
    clients.forEach((client, index) => client.on("ask", (answer) => answer(index)));
    expect((await sockets[0]!.broadcast.timeout(5_000).emitWithAck("ask")).sort()).toEqual([1, 2]);
  });

  it("fails when the adapter can't count its servers", async () => {
    const { io } = await crowd(1);
    vi.spyOn(io.of("/").adapter, "serverCount").mockRejectedValue(new Error("no broker"));
    await expect(io.timeout(5_000).emitWithAck("ask")).rejects.toThrow("no broker");
    vi.spyOn(io.of("/").adapter, "serverCount").mockRejectedValue("text");
    await expect(io.timeout(5_000).emitWithAck("ask")).rejects.toThrow("text");
  });

  it("forgets answers with an adapter that gives nothing back to forget them with", async () => {
    class Plain extends Adapter {
      override broadcastWithAck(...args: Parameters<Adapter["broadcastWithAck"]>): unknown {
        super.broadcastWithAck(...args);
        return undefined;
      }
    }
    const { io, sockets } = await crowd(1, { adapter: Plain });
    await expect(io.timeout(20).emitWithAck("ask")).rejects.toThrow("timed out");
    expect(sockets[0]?.acks.size).toBe(0);
  });
});

describe("operations on many sockets", () => {
  it("fetch them, join, leave and disconnect them", async () => {
    const { io, sockets, clients } = await crowd(3);
    const [first, second, third] = sockets as [Socket, Socket, Socket];
    io.socketsJoin(["all", "more"]);
    expect(first.rooms).toContain("more");
    io.in(first.id).socketsLeave("all");
    io.of("/").socketsLeave("more");
    expect((await io.in("all").fetchSockets()).map(({ id }) => id)).toEqual([second.id, third.id]);
    expect((await io.except("all").fetchSockets())[0]).toBe(first);
    expect(await io.fetchSockets()).toHaveLength(3);
    expect(await allSockets(io.in("all"))).toEqual(new Set([second.id, third.id]));
    expect((await allSockets(io)).size).toBe(3);
    const gone = once(clients[1]!, "disconnect");
    io.in(second.id).disconnectSockets();
    expect((await gone)[0]).toBe("io server disconnect");
    const closed = Promise.all([once(clients[0]!, "disconnect"), once(clients[2]!, "disconnect")]);
    io.disconnectSockets(true);
    await closed;
    expect(io.of("/").sockets.size).toBe(0);
  });

  it("let the others join when one is in too many rooms already, and report that one", async () => {
    const { io, sockets } = await crowd(2, { maxRooms: 1 });
    void sockets[0]!.join("full");
    const reported = once<[Error, { kind: string }]>(io, "listener_error");
    io.socketsJoin("r");
    const [error, { kind }] = await reported;
    expect([error, kind]).toMatchObject([{ code: "ERR_TOO_MANY_ROOMS" }, "adapter"]);
    expect([...io.of("/").adapter.rooms.get("r")!]).toEqual([sockets[1]!.id]);
  });
});

describe("a socket of another server", () => {
  class Remote extends Adapter {
    override fetchSockets(): Promise<unknown[]> {
      const [id = ""] = this.sids.keys();
      return Promise.resolve([{ id, handshake: { url: "/there" }, rooms: [id, "r"], data: { a: 1 } }]);
    }
  }

  it("is described, and can be emitted to, moved and disconnected", async () => {
    const { io, sockets, clients } = await crowd(1, { adapter: Remote });
    const [remote] = await io.fetchSockets();
    expect(remote).toBeInstanceOf(RemoteSocket);
    expect(remote).toMatchObject({ id: sockets[0]!.id, handshake: { url: "/there" }, data: { a: 1 } });
    expect(remote!.rooms).toEqual(new Set([remote!.id, "r"]));
    clients[0]!.on("ask", (answer) => answer("one"));
    expect(await remote!.timeout(5_000).emitWithAck("ask")).toBe("one");
    const heard = once(clients[0]!, "m");
    expect(remote!.emit("m", 7)).toBe(true);
    expect(await heard).toEqual([7]);
    remote!.join("x");
    expect(sockets[0]!.rooms).toContain("x");
    remote!.leave("x");
    expect(sockets[0]!.rooms).not.toContain("x");
    await expect(remote!.timeout(20).emitWithAck("unanswered")).rejects.toMatchObject({ responses: null });
    expect(remote!.disconnect()).toBe(remote);
    expect(sockets[0]!.connected).toBe(false);
  });
});

describe("events between servers", () => {
  it("have reserved names", async () => {
    const { io } = await crowd(0);
    for (const event of ["connect", "connection", "new_namespace"]) {
      expect(() => io.serverSideEmit(event)).toThrow(`"${event}" is a reserved event name`);
    }
  });

  it("go to the adapter, and what it receives to the listeners", async () => {
    const { io } = await crowd(0);
    const sent = vi
      .spyOn(io.of("/").adapter, "serverSideEmit")
      .mockImplementation((packet) => (packet.at(-1) as (error: null, r: unknown[]) => void)(null, []));
    expect(io.serverSideEmit("hello", 1, () => undefined)).toBe(true);
    expect(sent.mock.calls[0]?.[0].slice(0, 2)).toEqual(["hello", 1]);
    expect(await io.serverSideEmitWithAck("hello", 1)).toEqual([]);
    const heard = once(io, "hello");
    io.of("/")._onServerSideEmit(["hello", "there"]);
    expect(await heard).toEqual(["there"]);
    sent.mockImplementation((packet) =>
      (packet.at(-1) as (error: Error, r: unknown[]) => void)(new Error("late"), [1]),
    );
    await expect(io.serverSideEmitWithAck("hello")).rejects.toMatchObject({ message: "late", responses: [1] });
  });
});

// eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated and still there
const allSockets = (where: Pick<Server, "allSockets">): Promise<Set<string>> => where.allSockets();
