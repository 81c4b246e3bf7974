// The published in-memory adapters, as black boxes: what they use of the server is what every adapter over a broker uses.
import { once, startServer, type StartServerOptions } from "@everwire/testkit";
import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { Adapter, ClusterAdapter, SessionAwareAdapter } from "socket.io-adapter";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RemoteSocket } from "../remote-socket.js";
import type { Server } from "../server.js";
import type { Socket } from "../socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function crowd(
  options: StartServerOptions,
): Promise<{ io: Server; sockets: [Socket, Socket]; clients: [StockSocket, StockSocket] }> {
  const { io, url, close } = await startServer(options);
  cleanups.push(close);
  const join = async (): Promise<[Socket, StockSocket]> => {
    const connection = once<[Socket]>(io, "connection");
    const client = stockClient(url, { forceNew: true, transports: ["websocket"], reconnectionDelay: 1 });
    cleanups.push(() => client.disconnect());
    const [[socket]] = await Promise.all([connection, once(client, "connect")]);
    return [socket, client];
  };
  const [first, one] = await join();
  const [second, two] = await join();
  return { io, sockets: [first, second], clients: [one, two] };
}

describe("the published Adapter", () => {
  it("broadcasts to rooms, with exceptions and binary, encoded once", async () => {
    const { io, sockets, clients } = await crowd({ adapter: Adapter });
    expect(io.of("/").adapter).toBeInstanceOf(Adapter);
    void sockets[0].join("r");
    const encode = vi.spyOn(io.encoder, "encode");
    const heard = Promise.all(clients.map((client) => once(client, "all")));
    io.emit("all", { a: Buffer.from("x") });
    expect(encode).toHaveBeenCalledTimes(1);
    expect(await heard).toEqual([[{ a: Buffer.from("x") }], [{ a: Buffer.from("x") }]]);
    clients[1].on("room", () => expect.unreachable());
    const room = once(clients[0], "room");
    io.to("r").compress(false).emit("room");
    sockets[1].to("r").except(sockets[0].id).emit("room");
    await room;
    io.volatile.emit("volatile");
  });

  it("collects acknowledgements, and those that time out are forgotten", async () => {
    const { io, sockets, clients } = await crowd({ adapter: Adapter });
    clients.forEach((client, index) => client.on("ask", (answer) => answer(index)));
    expect((await io.timeout(5_000).emitWithAck("ask")).sort()).toEqual([0, 1]);
    await expect(io.timeout(20).emitWithAck("unanswered")).rejects.toMatchObject({ responses: [] });
    expect(sockets.map(({ acks }) => acks.size)).toEqual([0, 0]);
  });

  it("fetches, moves and disconnects sockets", async () => {
    const { io, sockets, clients } = await crowd({ adapter: Adapter });
    expect((await io.fetchSockets()).map(({ id }) => id)).toEqual(sockets.map(({ id }) => id));
    io.in(sockets[0].id).socketsJoin(["a", "b"]);
    expect(sockets[0].rooms).toEqual(new Set([sockets[0].id, "a", "b"]));
    io.socketsLeave("a");
    expect(sockets[0].rooms).not.toContain("a");
    const heard: unknown[] = [];
    sockets[0].onAnyOutgoing((...args) => heard.push(args));
    io.emit("m", 1);
    expect(heard).toEqual([["m", 1]]);
    const gone = once(clients[0], "disconnect");
    io.in("b").disconnectSockets();
    await gone;
    expect(io.of("/").adapter.rooms.has("b")).toBe(false);
  });
});

describe("the published SessionAwareAdapter", () => {
  it("recovers a session with what was missed", async () => {
    const { io, sockets, clients } = await crowd({ adapter: SessionAwareAdapter, connectionStateRecovery: {} });
    const [socket] = sockets;
    const [client] = clients;
    const first = once(client, "m");
    socket.emit("m", "seen");
    await first;
    void socket.join("r");
    const gone = once(socket, "disconnect");
    const again = once<[Socket]>(io, "connection");
    client.io.engine.close();
    await gone;
    const missed = once(client, "m");
    io.to("r").emit("m", "missed");
    const [back] = await again;
    expect([back.id, back.recovered, back.rooms.has("r")]).toEqual([socket.id, true, true]);
    expect((await missed)[0]).toBe("missed");
    expect(client.recovered).toBe(true);
  });
});

// The published class as a black box with a broker that is away.
class Lonely extends (ClusterAdapter as unknown as new (nsp: unknown) => Adapter) {
  override serverCount = (): Promise<number> => Promise.resolve(3);
  doPublish = (): Promise<string> => Promise.reject(new Error("the broker is away"));
  doPublishResponse = (): Promise<void> => Promise.reject(new Error("the broker is away"));
}

describe("the published ClusterAdapter", () => {
  it("collects the acknowledgements of this server alone when it is asked to", async () => {
    const { io, clients } = await crowd({ adapter: Lonely });
    clients.forEach((client, index) => client.on("ask", (answer) => answer(index)));
    expect((await io.local.timeout(5_000).emitWithAck("ask")).sort()).toEqual([0, 1]);
  });

  it("ends a question to the other servers with its own failure, and nothing is unhandled", async () => {
    class Failing extends Lonely {
      override serverCount = (): Promise<number> => Promise.reject(new Error("the broker is away"));
    }
    const { io } = await crowd({ adapter: Failing });
    await expect(io.serverSideEmitWithAck("ask")).rejects.toThrow("the broker is away");
    const ended = await new Promise<unknown[]>((resolve) => {
      io.serverSideEmit("ask", (...args: unknown[]) => resolve(args));
    });
    expect(ended).toEqual([expect.objectContaining({ message: "the broker is away" }), []]);
  });

  it("has what its promises are rejected with reported", async () => {
    const errors: unknown[] = [];
    const { io, sockets } = await crowd({ adapter: Lonely });
    const { adapter } = io.of("/");
    io.on("listener_error", (error, { kind }) => errors.push([(error as Error).message, kind]));
    const names = ["broadcast", "addSockets", "delSockets", "disconnectSockets", "serverSideEmit"] as const;
    for (const name of names)
      vi.spyOn(adapter, name).mockImplementation(() => Promise.reject(new Error(name)) as never);
    io.emit("m");
    io.socketsJoin("r");
    io.socketsLeave("r");
    io.serverSideEmit("m");
    io.disconnectSockets();
    new RemoteSocket(adapter, { id: "gone", handshake: sockets[0].handshake, rooms: [], data: {} }).disconnect();
    await vi.waitFor(() => expect(errors).toHaveLength(6));
    const reported = names.map((name) => [name, "adapter"]);
    expect(errors).toEqual(expect.arrayContaining(reported));
  });
});
