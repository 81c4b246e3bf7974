// Three real servers on one bus, a client each: what one is asked, all do. What is said on the bus stands in cluster-wire.test.ts.
import { collect, MemoryBus, once, startServer, type StartServerOptions, turns, until } from "@everwire/testkit";
import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Server } from "../server.js";
import type { Socket } from "../socket.js";
import type { AdapterNamespace } from "./adapter.js";
import { ClusterAdapter } from "./cluster-adapter.js";
import type { ClusterMessage, ClusterResponse, Offset, ServerId } from "./cluster-message.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function adapterOn(bus: MemoryBus): new (nsp: AdapterNamespace) => ClusterAdapter {
  return class BusAdapter extends ClusterAdapter {
    constructor(nsp: AdapterNamespace) {
      super(nsp);
      bus.join(this);
    }

    override serverCount(): Promise<number> {
      return Promise.resolve(bus.count(this.nsp.name));
    }

    override close(): Promise<void> | void {
      bus.drop(this);
      return super.close();
    }

    protected doPublish(message: ClusterMessage): Promise<Offset> {
      return bus.publish(message);
    }

    protected doPublishResponse(uid: ServerId, response: ClusterResponse): Promise<void> {
      return bus.respond(uid, response);
    }
  };
}

interface Node {
  readonly io: Server;
  readonly socket: Socket;
  readonly client: StockSocket;
}

async function cluster(
  options: StartServerOptions = {},
): Promise<{ bus: MemoryBus; nodes: [Node, Node, Node]; clients: StockSocket[] }> {
  const bus = new MemoryBus();
  const start = async (): Promise<Node> => {
    const { io, url, close } = await startServer({ adapter: adapterOn(bus), ...options });
    cleanups.push(close);
    const connection = once<[Socket]>(io, "connection");
    const client = stockClient(url, { forceNew: true, transports: ["websocket"], reconnectionDelay: 1 });
    cleanups.push(() => client.disconnect());
    const [[socket]] = await Promise.all([connection, once(client, "connect")]);
    return { io, socket, client };
  };
  const nodes: [Node, Node, Node] = [await start(), await start(), await start()];
  return { bus, nodes, clients: nodes.map(({ client }) => client) };
}

function adapterOf({ io }: Node): ClusterAdapter {
  const { adapter } = io.of("/");
  if (adapter instanceof ClusterAdapter) return adapter;
  throw new Error("failed to find the adapter: it is another");
}

/** Names of what each client receives until the event `end`. */
async function eventsUntil(clients: StockSocket[], end: string): Promise<unknown[][]> {
  return Promise.all(
    clients.map(async (client) => {
      const events: unknown[][] = [];
      client.onAny((...event: unknown[]) => events.push(event));
      await once(client, end);
      return events.filter(([name]) => name !== end).flat();
    }),
  );
}

describe("a broadcast over several servers", () => {
  it("reaches all, the rooms that were named, and not those left out", async () => {
    const { nodes, clients } = await cluster();
    const [a, b, c] = nodes;
    void a.socket.join("r");
    void c.socket.join("r");
    const heard = eventsUntil(clients, "end");
    a.io.emit("all");
    a.io.to("r").emit("room");
    a.io.to(b.socket.id).emit("one");
    a.io.except("r").emit("rest");
    c.socket.to("r").emit("others");
    await turns();
    a.io.emit("end");
    expect(await heard).toEqual([
      ["all", "room", "others"],
      ["all", "one", "rest"],
      ["all", "room"],
    ]);
  });

  it("carries binary data both ways", async () => {
    const { nodes } = await cluster();
    const [a, b] = nodes;
    const heard = once(b.client, "bytes");
    a.io.emit("bytes", { deep: [Buffer.from("abc")] }, new Uint8Array([1]));
    expect(await heard).toEqual([{ deep: [Buffer.from("abc")] }, Buffer.from([1])]);
    for (const { client } of nodes) client.on("ask", (bytes, answer) => answer(Buffer.concat([bytes, bytes])));
    expect(await a.io.timeout(5_000).emitWithAck("ask", Buffer.from("x"))).toEqual(
      nodes.map(() => expect.objectContaining({ length: 2 })),
    );
  });

  it("stays on this server when it is local", async () => {
    const { bus, nodes, clients } = await cluster();
    const heard = eventsUntil(clients, "end");
    nodes[0].io.local.emit("here");
    nodes[0].io.local.socketsJoin("r");
    nodes[0].io.local.socketsLeave("r");
    expect(bus.published).toEqual([]);
    nodes[0].io.emit("end");
    expect(await heard).toEqual([["here"], [], []]);
    nodes[0].io.local.disconnectSockets();
    expect(await nodes[0].io.local.fetchSockets()).toEqual([]);
    expect(bus.published).toHaveLength(1);
  });

  it("arrives before the disconnection that was asked for after it, on a slow bus too", async () => {
    const { bus, nodes, clients } = await cluster();
    bus.hold();
    const order = clients.map((client) => {
      const events: string[] = [];
      client.onAny((event: string) => events.push(event));
      return once(client, "disconnect").then(() => [...events, "disconnect"]);
    });
    for (let i = 0; i < 3; i++) nodes[0].io.emit(`m${String(i)}`);
    nodes[0].io.disconnectSockets(true);
    await turns();
    expect(nodes.map(({ socket }) => socket.connected)).toEqual([false, true, true]);
    bus.release();
    expect(await Promise.all(order)).toEqual(clients.map(() => ["m0", "m1", "m2", "disconnect"]));
  });

  it("stays in its namespace", async () => {
    const { nodes, clients } = await cluster();
    nodes.forEach(({ io }) => io.of("/other"));
    const heard = eventsUntil(clients, "end");
    nodes[0].io.of("/other").emit("elsewhere");
    nodes[0].io.emit("end");
    expect(await heard).toEqual([[], [], []]);
  });

  it("that can't be encoded throws and reaches nobody", async () => {
    const { bus, nodes } = await cluster({ connectionStateRecovery: {} });
    const circular: unknown[] = [];
    circular.push(circular);
    expect(() => nodes[0].io.emit("m", circular)).toThrow();
    expect(() => nodes[0].io.timeout(50).emit("m", circular, () => undefined)).toThrow();
    bus.hold();
    nodes[0].io.emit("in the way");
    expect(() => nodes[0].io.volatile.emit("m", circular)).toThrow();
    expect(bus.published).toHaveLength(1);
    bus.release();
  });
});

describe("calls over the sockets of several servers", () => {
  it("let them join, leave and disconnect", async () => {
    const { nodes } = await cluster();
    const [a, b, c] = nodes;
    a.io.in([b.socket.id, c.socket.id]).socketsJoin(["x", "y"]);
    await until(() => c.socket.rooms.has("y"), "the room");
    expect([...b.socket.rooms]).toEqual([b.socket.id, "x", "y"]);
    expect(a.socket.rooms.has("x")).toBe(false);
    b.io.in("x").socketsLeave("y");
    await until(() => !c.socket.rooms.has("y"), "the room to be left");
    const gone = once(c.client, "disconnect");
    a.io.in("x").except(b.socket.id).disconnectSockets(true);
    expect((await gone)[0]).toBe("io server disconnect");
    expect(b.socket.connected).toBe(true);
  });

  it("describe sockets elsewhere: id, handshake without a session store, rooms, data of any kind", async () => {
    const { nodes } = await cluster();
    const [a, b, c] = nodes;
    void b.socket.join("r");
    b.socket.data = "a text";
    c.socket.data = { id: 7n, at: new Date(0) };
    Object.assign(b.socket.handshake, { sessionStore: { query: () => undefined }, mine: 1 });
    const found = await a.io.fetchSockets();
    expect(found.map(({ id }) => id)).toEqual(nodes.map(({ socket }) => socket.id));
    expect(found[0]).toBe(a.socket);
    expect(found[1]?.rooms).toEqual(new Set([b.socket.id, "r"]));
    expect(found.map(({ data }) => data)).toEqual([{}, "a text", { id: 7n, at: new Date(0) }]);
    expect(found[1]?.handshake).toMatchObject({ address: "127.0.0.1", mine: 1, query: { EIO: "4" } });
    expect(found[1]?.handshake).not.toHaveProperty("sessionStore");
    expect(await a.io.in("r").fetchSockets()).toHaveLength(1);
    expect(await a.io.in("r").local.fetchSockets()).toHaveLength(0);
  });

  it("reach one of them: its rooms, an event with its single answer, its end", async () => {
    const { nodes } = await cluster();
    const [a, b] = nodes;
    const [remote] = await a.io.in(b.socket.id).fetchSockets();
    remote?.join("r");
    await until(() => b.socket.rooms.has("r"), "the room");
    b.client.on("ask", (answer) => answer("mine"));
    expect(await remote?.timeout(5_000).emitWithAck("ask")).toBe("mine");
    const gone = once(b.client, "disconnect");
    remote?.disconnect();
    await gone;
  });

  it("say how many answers came when some don't", async () => {
    const { bus, nodes } = await cluster();
    bus.join({ uid: "deaf", nsp: { name: "/" }, onMessage: () => undefined, onResponse: () => undefined });
    await expect(nodes[0].io.timeout(60).fetchSockets()).rejects.toMatchObject({
      message: "timeout reached: only 2 responses received out of 3",
      code: "ERR_CLUSTER_TIMEOUT",
    });
  });
});

describe("an acknowledged broadcast over several servers", () => {
  it("collects the answers of all clients", async () => {
    const { nodes } = await cluster();
    nodes.forEach(({ client }, index) => client.on("ask", (answer) => answer(index, "ignored")));
    const answers = (await nodes[1].io.timeout(5_000).emitWithAck("ask")) as number[];
    expect(answers.sort()).toEqual([0, 1, 2]);
    expect(await nodes[1].io.to("nobody").timeout(5_000).emitWithAck("ask")).toEqual([]);
    expect(nodes.map(({ socket }) => socket.acks.size)).toEqual([0, 0, 0]);
  });

  it("ends in time with the answers until then, and no server waits any longer", async () => {
    const { nodes } = await cluster();
    nodes[2].client.on("ask", (answer) => answer("only me"));
    await expect(nodes[0].io.timeout(80).emitWithAck("ask")).rejects.toMatchObject({
      message: "operation has timed out",
      responses: ["only me"],
    });
    await until(() => nodes.every(({ socket }) => socket.acks.size === 0), "all to forget");
  });

  it("asks only this server when it is local", async () => {
    const { bus, nodes } = await cluster();
    nodes.forEach(({ client }, index) => client.on("ask", (answer) => answer(index)));
    expect(await nodes[1].io.local.timeout(5_000).emitWithAck("ask")).toEqual([1]);
    expect(bus.published).toEqual([]);
  });

  it("ignores answers behind its end", async () => {
    const { bus, nodes } = await cluster();
    bus.hold();
    const callback = vi.fn();
    nodes[0].client.on("ask", (answer) => answer("here"));
    nodes[1].client.on("ask", (answer) => answer("late"));
    const done = new Promise<void>((resolve) => {
      nodes[0].io.timeout(30).emit("ask", (...result: unknown[]) => {
        callback(...result);
        resolve();
      });
    });
    await done;
    bus.release();
    await until(() => bus.responses.length >= 3, "the late answers");
    await turns();
    expect(callback).toHaveBeenCalledTimes(1);
    expect(callback.mock.calls[0]?.[1]).toEqual(["here"]);
  });
});

describe("an event between servers", () => {
  it("reaches the others, with binary data, and not the one that sends", async () => {
    const { nodes } = await cluster();
    nodes[0].io.on("hello", () => expect.unreachable());
    const heard = Promise.all([once(nodes[1].io, "hello"), once(nodes[2].io, "hello")]);
    nodes[0].io.serverSideEmit("hello", 1, Buffer.from("x"));
    for (const args of await heard) expect(args).toEqual([1, new Uint8Array([120])]);
  });

  it("collects an answer of each, once", async () => {
    const { nodes } = await cluster();
    nodes[1].io.on("ask", (_question: string, answer: (value: unknown) => void) => {
      answer("one");
      answer("again");
    });
    nodes[2].io.on("ask", (_question: string, answer: (value: unknown) => void) => answer("two"));
    expect(new Set(await nodes[0].io.serverSideEmitWithAck("ask", "?"))).toEqual(new Set(["one", "two"]));
  });

  it("keeps its place before the next one, with an answer or without", async () => {
    const { nodes } = await cluster();
    const order: string[] = [];
    nodes[1].io.on("first", (answer: () => void) => {
      order.push("first");
      answer();
    });
    nodes[1].io.on("second", () => order.push("second"));
    nodes[0].io.serverSideEmit("first", () => undefined);
    nodes[0].io.serverSideEmit("second");
    await once(nodes[1].io, "second");
    expect(order).toEqual(["first", "second"]);
  });
});

describe("a bus that fails", () => {
  it("leaves the clients of this server with their events, and tells of it once for each", async () => {
    const { bus, nodes } = await cluster();
    const [a] = nodes;
    const errors: unknown[] = [];
    a.io.on("listener_error", (error, { kind }) => errors.push([(error as { code: string }).code, kind]));
    bus.failure = new Error("broker is away");
    const heard = collect(a.client, "m", 2);
    a.io.emit("m", 1);
    a.io.emit("m", 2);
    a.io.socketsJoin("r");
    expect(a.socket.rooms.has("r")).toBe(true);
    expect(await heard).toEqual([[1], [2]]);
    await until(() => errors.length === 3, "the errors");
    expect(errors[0]).toEqual(["ERR_CLUSTER_PUBLISH", "adapter"]);
  });

  it("fails at once what can't be answered", async () => {
    const { bus, nodes } = await cluster();
    bus.failure = new Error("broker is away");
    const failure = { code: "ERR_CLUSTER_PUBLISH", cause: bus.failure };
    await expect(nodes[0].io.fetchSockets()).rejects.toMatchObject(failure);
    await expect(nodes[0].io.serverSideEmitWithAck("ask")).rejects.toMatchObject({ ...failure, responses: [] });
  });

  it("which throws instead of rejecting is no different", async () => {
    const { bus, nodes } = await cluster();
    const errors: unknown[] = [];
    nodes[0].io.on("listener_error", (error) => errors.push(error));
    vi.spyOn(bus, "publish").mockImplementation(() => {
      throw new Error("no connection");
    });
    const heard = once(nodes[0].client, "m");
    nodes[0].io.emit("m");
    await heard;
    await until(() => errors.length === 1, "the error");
    expect((errors[0] as Error).message).toBe("failed to publish a message to the other servers: no connection");
  });

  it("refuses what it can't serialise, and the server lives", async () => {
    const { nodes } = await cluster();
    const errors: unknown[] = [];
    nodes.forEach(({ io }) => io.on("listener_error", (error) => errors.push(error)));
    nodes[1].socket.data = { open: () => undefined };
    await expect(nodes[0].io.timeout(50).fetchSockets()).rejects.toThrow("only 1 responses received out of 2");
    expect(errors).toMatchObject([{ code: "ERR_CLUSTER_PUBLISH" }]);
  });
});

describe("a server that is lost", () => {
  it("in the middle of a question leaves the question to its deadline", async () => {
    const { bus, nodes } = await cluster();
    bus.hold();
    const found = nodes[0].io.timeout(100).fetchSockets();
    bus.drop(adapterOf(nodes[2]));
    bus.release();
    await expect(found).rejects.toThrow("timeout reached: only 1 responses received out of 2");
    expect(await nodes[0].io.fetchSockets()).toHaveLength(2);
  });

  it("because it closes settles what it asked", async () => {
    const { bus, nodes } = await cluster();
    bus.hold();
    const refused = expect(nodes[0].io.fetchSockets()).rejects.toMatchObject({ code: "ERR_CLUSTER_CLOSED" });
    await nodes[0].io.close();
    await refused;
    await expect(nodes[0].io.serverSideEmitWithAck("ask")).rejects.toMatchObject({ code: "ERR_CLUSTER_CLOSED" });
    bus.release();
  });
});

describe("with connection state recovery", () => {
  const recovering = (): ReturnType<typeof cluster> => cluster({ connectionStateRecovery: {} });

  it("every client gets the offset that publishing gave", async () => {
    const { nodes, clients } = await recovering();
    const heard = Promise.all(clients.map((client) => once(client, "m")));
    nodes[0].io.emit("m", 1);
    expect(await heard).toEqual(clients.map(() => [1, "offset-1"]));
    const own = once(nodes[1].client, "own");
    nodes[1].socket.emit("own");
    expect(await own).toEqual(["offset-2"]);
  });

  it("volatile events and those to be acknowledged get none", async () => {
    const { nodes, clients } = await recovering();
    const heard = Promise.all(clients.map((client) => once(client, "tick")));
    nodes[0].io.volatile.emit("tick", 1);
    expect(await heard).toEqual(clients.map(() => [1]));
    for (const client of clients) client.on("ask", (...args) => args.pop()(args.length));
    expect(await nodes[0].io.timeout(5_000).emitWithAck("ask", "?")).toEqual([1, 1, 1]);
  });

  it("an event without one that ends in a text gets the last, so that the client remembers a true one", async () => {
    const { bus, nodes } = await recovering();
    const [a] = nodes;
    a.io.on("listener_error", () => undefined);
    const first = once(a.client, "m");
    a.io.emit("m");
    await first;
    const heard = collect(a.client, "chat", 3);
    a.io.volatile.emit("chat", "a text");
    a.io.local.emit("chat", "a text");
    bus.failure = new Error("broker is away");
    a.io.emit("chat", "a text");
    expect(await heard).toEqual([1, 2, 3].map(() => ["a text", "offset-1"]));
  });

  it("everything keeps its order while an offset is awaited", async () => {
    const { bus, nodes, clients } = await recovering();
    const [a] = nodes;
    const order = clients.map((client) => {
      const events: string[] = [];
      client.onAny((event: string) => events.push(event));
      return once(client, "disconnect").then(() => events);
    });
    bus.hold();
    a.io.emit("1");
    a.io.socketsJoin("r");
    a.io.to("r").emit("2");
    a.io.socketsLeave("r");
    a.io.to("r").emit("nobody");
    a.io.timeout(5_000).emit("3", () => undefined);
    const found = a.io.in("r").fetchSockets();
    a.io.disconnectSockets();
    expect(a.socket.rooms.has("r")).toBe(false);
    bus.release();
    expect(await Promise.all(order)).toEqual(clients.map(() => ["1", "2", "3"]));
    expect(await found).toEqual([]);
  });

  it("an acknowledged broadcast that was given up before its turn asks nobody here", async () => {
    const { bus, nodes } = await recovering();
    const [a] = nodes;
    bus.hold();
    a.io.emit("in the way");
    a.client.on("ask", () => expect.unreachable());
    await expect(a.io.timeout(1).emitWithAck("ask")).rejects.toThrow("operation has timed out");
    const end = once(a.client, "end");
    a.io.emit("end");
    bus.release();
    await end;
  });

  it("what waits for an offset goes out when the server closes", async () => {
    const { bus, nodes } = await recovering();
    bus.hold();
    const broadcast = vi.fn();
    nodes[0].socket.onAnyOutgoing(broadcast);
    nodes[0].io.emit("m");
    expect(broadcast).not.toHaveBeenCalled();
    await adapterOf(nodes[0]).close();
    expect(broadcast).toHaveBeenCalledWith("m");
    bus.release();
  });
});
