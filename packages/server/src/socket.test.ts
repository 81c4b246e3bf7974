import {
  io as stockClient,
  type ManagerOptions,
  type Socket as StockSocket,
  type SocketOptions,
} from "socket.io-client";
import { deferred, once, RawEngineClient, startServer, type StartServerOptions, turns } from "@everwire/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Pair {
  io: Server;
  url: string;
  socket: Socket;
  client: StockSocket;
}

async function serve(options: StartServerOptions = {}): Promise<{ io: Server; url: string }> {
  const { io, url, close } = await startServer(options);
  cleanups.push(close);
  return { io, url };
}

function connect(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): StockSocket {
  const client = stockClient(url, { forceNew: true, transports: ["websocket"], ...options });
  cleanups.push(() => client.disconnect());
  return client;
}

async function pair(
  options: StartServerOptions = {},
  clientOptions: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Pair> {
  const { io, url } = await serve(options);
  const connection = once<[Socket]>(io, "connection");
  const client = connect(url, clientOptions);
  const [[socket]] = await Promise.all([connection, once(client, "connect")]);
  return { io, url, socket, client };
}

async function raw(options: StartServerOptions = {}): Promise<{
  io: Server;
  socket: Socket;
  wire: Awaited<ReturnType<RawEngineClient["websocket"]>>;
}> {
  const { io, url } = await serve(options);
  const connection = once<[Socket]>(io, "connection");
  const { socket: wire } = await new RawEngineClient(url).connected();
  const [socket] = await connection;
  return { io, socket, wire };
}

describe("a socket", () => {
  it("has an id of its own, known to its client, and is in the room of that name", async () => {
    const { socket, client } = await pair();
    expect(socket.id).toMatch(/^[\w-]{20}$/);
    expect(client.id).toBe(socket.id);
    expect(socket.id).not.toBe(socket.conn.id);
    expect(socket.rooms).toEqual(new Set([socket.id]));
    expect([socket.connected, socket.disconnected, socket.recovered]).toEqual([true, false, false]);
    expect(socket.request.headers["host"]).toBeDefined();
    expect(socket.client.id).toBe(socket.conn.id);
  });

  it("keeps data of any kind", async () => {
    const { socket } = await pair();
    expect(socket.data).toEqual({});
    socket.data.name = "x";
    expect(socket.data).toEqual({ name: "x" });
    socket.data = null;
    expect(socket.data).toBeNull();
  });

  it("tells how its client came in", async () => {
    const { socket } = await pair({}, { auth: { token: "t", __proto__: { evil: 1 } }, query: { a: "1" } });
    const { handshake } = socket;
    expect(handshake).toBe(socket.handshake);
    expect(handshake.auth).toEqual({ token: "t" });
    expect(handshake.query).toMatchObject({ a: "1", EIO: "4", transport: "websocket" });
    expect(Object.getPrototypeOf(handshake.query)).toBeNull();
    expect(handshake.address).toContain("127.0.0.1");
    expect(handshake.url).toContain("/socket.io/?");
    expect([handshake.secure, handshake.xdomain]).toEqual([false, false]);
    expect(Math.abs(Date.now() - handshake.issued)).toBeLessThan(5_000);
    expect(new Date(handshake.time).getTime()).toBeGreaterThan(handshake.issued - 1_000);
  });

  it("keeps the order of events and a disconnection behind them", async () => {
    const { socket, wire } = await raw();
    const seen: unknown[] = [];
    socket.on("n", (n) => seen.push(n));
    const gone = once(socket, "disconnect");
    for (let n = 0; n < 5; n++) wire.send(`42["n",${n}]`);
    wire.send("41");
    wire.send('42["n",5]');
    expect((await gone)[0]).toBe("client namespace disconnect");
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it("hands on what was received right before the connection broke", async () => {
    const { socket, wire } = await raw();
    const order: unknown[] = [];
    socket.on("last", () => order.push("last"));
    socket.on("disconnect", (reason) => order.push(reason));
    const gone = once(socket, "disconnect");
    wire.send('42["last"]');
    wire.ws.close();
    await gone;
    expect(order).toEqual(["last", "transport close"]);
  });

  it("runs listeners in a later tick than decoding, in one order for all sockets", async () => {
    const { socket, wire } = await raw();
    const order: string[] = [];
    const done = deferred();
    socket.conn.on("message", () => order.push("decoded"));
    socket.on("m", () => {
      order.push("listener");
      done.resolve();
    });
    wire.send('42["m"]');
    await done.promise;
    expect(order).toEqual(["decoded", "listener"]);
  });

  it.each(["__proto__", "constructor", "error", "toString", "hasOwnProperty", "🚀", ""])(
    "takes %j for an event like any other",
    async (event) => {
      const { socket, client } = await pair();
      socket.on(event, (value, answer) => answer(value));
      expect(await client.emitWithAck(event, "x")).toBe("x");
      const got = once(client, event);
      socket.emit(event, 1);
      expect(await got).toEqual([1]);
    },
  );

  it("takes a number for an event", async () => {
    const { socket, wire } = await raw();
    const got = once(socket, "7");
    wire.send('42[7,"x"]');
    expect(await got).toEqual(["x"]);
  });

  it.each(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])(
    "does not emit the reserved event %s",
    async (event) => {
      const { socket } = await pair();
      expect(() => socket.emit(event)).toThrow(`"${event}" is a reserved event name`);
    },
  );

  it("tells of listeners that come and go, as Node's emitters do, and still reserves the names", async () => {
    const { socket } = await pair();
    const seen: unknown[] = [];
    socket.on("newListener" as never, ((event: string) => seen.push(["new", event])) as never);
    socket.on("removeListener" as never, ((event: string) => seen.push(["removed", event])) as never);
    const listener = (): void => undefined;
    socket.on("m", listener).off("m", listener);
    expect(seen).toEqual([
      ["new", "removeListener"],
      ["new", "m"],
      ["removed", "m"],
    ]);
    expect(() => socket.emit("newListener", 1)).toThrow("reserved");
  });

  it("sends and receives null, numbers, undefined, nested binary and dates", async () => {
    const { socket, client } = await pair();
    socket.on("back", (...args) => socket.emit("back", ...args.slice(0, -1)));
    const got = once(client, "back");
    socket.on("back", (...args) => args.at(-1)());
    await client.emitWithAck("back", null, 0, false, { a: [Buffer.from("x"), new Date(0)] }, "end");
    expect(await got).toEqual([null, 0, false, { a: [Buffer.from("x"), "1970-01-01T00:00:00.000Z"] }, "end"]);
  });

  it("sends the event message by send and write", async () => {
    const { socket, client } = await pair();
    const first = once(client, "message");
    expect(socket.send("a", 1)).toBe(socket);
    expect(await first).toEqual(["a", 1]);
    const second = once(client, "message");
    expect(socket.write("b")).toBe(socket);
    expect(await second).toEqual(["b"]);
  });

  it("says nothing to nobody once it is disconnected", async () => {
    const { socket, client } = await pair();
    client.disconnect();
    await once(socket, "disconnect");
    expect(socket.emit("m", 1)).toBe(true);
    void socket.join("r");
    expect(socket.rooms.size).toBe(0);
    expect(socket.disconnect()).toBe(socket);
    await expect(socket.timeout(1_000).emitWithAck("m")).rejects.toThrow("socket has been disconnected");
  });
});

describe("acknowledgements", () => {
  it("are asked for by a callback or a promise", async () => {
    const { socket, client } = await pair();
    client.on("sum", (a: number, b: number, answer) => answer(a + b, "more"));
    const answer = await new Promise((resolve) => socket.emit("sum", 1, 2, (...args: unknown[]) => resolve(args)));
    expect(answer).toEqual([3, "more"]);
    expect(await socket.emitWithAck("sum", 2, 3)).toBe(5);
  });

  it("carry binary both ways", async () => {
    const { socket, client } = await pair();
    client.on("bytes", (bytes, answer) => answer(Buffer.concat([bytes, bytes])));
    expect(await socket.emitWithAck("bytes", Buffer.from("x"))).toEqual(Buffer.from("xx"));
    socket.on("bytes", (bytes, answer) => answer({ bytes }));
    expect(await client.emitWithAck("bytes", Buffer.from("y"))).toEqual({ bytes: Buffer.from("y") });
  });

  it("time out with an error, and a late answer is ignored", async () => {
    const { socket, wire } = await raw();
    const answers: unknown[] = [];
    socket.timeout(20).emit("slow", (...args: unknown[]) => answers.push(args));
    const text = await wire.nextText();
    const error = await socket
      .timeout(20)
      .emitWithAck("slow")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "operation has timed out", code: "ERR_ACK_TIMEOUT" });
    wire.send(text.replace(/^42(\d+).*/, '43$1["late"]'));
    wire.send('43999["made up"]');
    wire.send('42["end"]');
    await once(socket, "end");
    expect(answers).toHaveLength(1);
    expect(socket.acks.size).toBe(0);
  });

  it("come in time with null before the answer", async () => {
    const { socket, client } = await pair();
    client.on("fast", (answer) => answer("here"));
    const args = await new Promise((resolve) =>
      socket.timeout(5_000).emit("fast", (...answer: unknown[]) => resolve(answer)),
    );
    expect(args).toEqual([null, "here"]);
    expect(await socket.timeout(5_000).emitWithAck("fast")).toBe("here");
  });

  it("with a timeout fail at once when the client goes away", async () => {
    const { socket, client } = await pair();
    const asked = socket.timeout(60_000).emitWithAck("never");
    client.disconnect();
    await expect(asked).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
    expect(socket.acks.size).toBe(0);
  });

  it("count once: a listener that answers twice is heard once", async () => {
    const { socket, wire } = await raw();
    socket.on("m", (answer) => {
      answer(1);
      answer(2);
    });
    wire.send('425["m"]');
    wire.send('426["m"]');
    expect(await wire.nextText()).toBe("435[1]");
    expect(await wire.nextText()).toBe("436[1]");
  });

  it("may be given with id 0", async () => {
    const { socket, wire } = await raw();
    socket.on("m", (answer) => answer());
    wire.send('420["m"]');
    expect(await wire.nextText()).toBe("430[]");
  });

  it("are drawn from one counter a namespace", async () => {
    const { io, socket, client, url } = await pair();
    const other = connect(url);
    const [second] = await once<[Socket]>(io, "connection");
    const ids: unknown[] = [];
    for (const one of [socket, second]) one.onAnyOutgoing(() => ids.push(io.sockets._ids));
    client.on("m", (answer) => answer());
    other.on("m", (answer) => answer());
    await socket.emitWithAck("m");
    await second.emitWithAck("m");
    expect(io.sockets._ids).toBe(2);
  });
});

describe("flags", () => {
  it("count for one event only", async () => {
    const { socket, wire } = await raw();
    expect(socket.volatile.compress(false)).toBe(socket);
    socket.emit("first");
    expect(await wire.nextText()).toBe('42["first"]');
    socket.emit("second");
    socket.emit("third");
    expect(await wire.nextText()).toBe('42["second"]');
    expect(await wire.nextText()).toBe('42["third"]');
  });

  it("volatile: of several events in one turn one arrives, and none while the client does not read", async () => {
    const { socket, wire } = await raw();
    for (let n = 0; n < 3; n++) socket.volatile.emit("m", n);
    await turns();
    socket.emit("end");
    expect(await wire.nextText()).toBe('42["m",0]');
    expect(await wire.nextText()).toBe('42["end"]');
  });

  it("volatile: a packet with attachments goes whole or not at all", async () => {
    const { socket, wire } = await raw();
    socket.volatile.emit("m", Buffer.from("1"));
    socket.volatile.emit("m", Buffer.from("2"));
    await turns();
    socket.emit("end");
    expect(await wire.nextText()).toContain("451-");
    expect(await wire.nextRaw()).toEqual(Buffer.from("1"));
    expect(await wire.nextText()).toBe('42["end"]');
  });
});

describe("rooms", () => {
  it("are joined one or many at a time and left", async () => {
    const { io, socket } = await pair();
    void socket.join("a");
    void socket.join(["b", "c", "a"]);
    expect(socket.rooms).toEqual(new Set([socket.id, "a", "b", "c"]));
    void socket.leave("b");
    void socket.leave("never joined");
    expect([...socket.rooms]).toEqual([socket.id, "a", "c"]);
    expect(io.of("/").adapter.rooms.has("b")).toBe(false);
  });

  it("have a limit for each socket, its own room and those it is in not counted", async () => {
    const { socket } = await pair({ maxRooms: 2 });
    void socket.join(["a", "b"]);
    void socket.join(["a", "b", socket.id]);
    expect(() => socket.join("c")).toThrow(expect.objectContaining({ code: "ERR_TOO_MANY_ROOMS" }));
    void socket.leave("a");
    void socket.join("c");
    expect(socket.rooms.size).toBe(3);
  });

  it("are there while disconnecting and gone at disconnect", async () => {
    const { io, socket, client } = await pair();
    void socket.join("r");
    const seen: unknown[] = [];
    socket.on("disconnecting", (reason) => seen.push([reason, socket.rooms.size, socket.connected]));
    socket.on("disconnect", (reason) => seen.push([reason, socket.rooms.size, socket.connected]));
    client.disconnect();
    await once(socket, "disconnect");
    expect(seen).toEqual([
      ["client namespace disconnect", 2, true],
      ["client namespace disconnect", 0, false],
    ]);
    expect(io.of("/").adapter.sids.size).toBe(0);
    expect(io.of("/").sockets.size).toBe(0);
  });
});

describe("a disconnection", () => {
  it("by the server says so on both sides and is not retried", async () => {
    const { socket, client } = await pair();
    const gone = once(client, "disconnect");
    const left = once(socket, "disconnect");
    socket.disconnect();
    expect((await gone)[0]).toBe("io server disconnect");
    expect((await left)[0]).toBe("server namespace disconnect");
    expect(client.active).toBe(false);
  });

  it("with close ends every namespace and the connection", async () => {
    const { io, url } = await serve();
    io.of("/other");
    const client = connect(url, { forceNew: false, multiplex: true });
    const [socket] = await once<[Socket]>(io, "connection");
    const other = client.io.socket("/other", {});
    const [second] = await once<[Socket]>(io.of("/other"), "connection");
    const reasons = Promise.all([once(socket, "disconnect"), once(second, "disconnect"), once(client.io, "close")]);
    socket.disconnect(true);
    const [[one], [two]] = await reasons;
    expect([one, two]).toEqual(["server namespace disconnect", "server namespace disconnect"]);
    expect(other.connected).toBe(false);
    expect(socket.conn.readyState).toBe("closed");
  });

  it("from within disconnecting happens once", async () => {
    const { socket, client } = await pair();
    const seen: string[] = [];
    socket.on("disconnecting", () => {
      seen.push("disconnecting");
      socket.disconnect();
    });
    socket.on("disconnect", () => seen.push("disconnect"));
    client.disconnect();
    await once(socket, "disconnect");
    await turns();
    expect(seen).toEqual(["disconnecting", "disconnect"]);
  });

  it("of one namespace leaves the other alone, and what was still on its way from there is no offence", async () => {
    const { io, socket, wire } = await raw();
    io.of("/other");
    const second = once<[Socket]>(io.of("/other"), "connection");
    wire.send("40/other,");
    const [other] = await second;
    await wire.nextText();
    other.disconnect();
    expect(await wire.nextText()).toBe("41/other,");
    wire.send('42/other,["late"]');
    wire.send('42["alive"]');
    await once(socket, "alive");
    expect(socket.connected).toBe(true);
  });

  it("tells the reason of the engine and its description", async () => {
    const { socket, wire } = await raw();
    wire.send("abc");
    const [reason] = await once(socket, "disconnect");
    expect(reason).toBe("parse error");
  });
});

describe("catch-all listeners", () => {
  it("hear what comes in, before the listeners of the event, and can be taken off", async () => {
    const { socket, wire } = await raw();
    const seen: unknown[] = [];
    const second = (...args: unknown[]): void => void seen.push(["second", ...args]);
    const first = (...args: unknown[]): void => void seen.push(["first", ...args]);
    expect(socket.onAny(second)).toBe(socket);
    expect(socket.prependAny(first)).toBe(socket);
    socket.on("m", (...args) => seen.push(["listener", ...args]));
    expect(socket.listenersAny()).toEqual([first, second]);
    wire.send('42["m",1]');
    await once(socket, "m");
    socket.offAny(first);
    socket.offAny(() => undefined);
    wire.send('42["m",2]');
    await once(socket, "m");
    expect(socket.offAny()).toBe(socket);
    expect(socket.listenersAny()).toEqual([]);
    wire.send('42["m",3]');
    await once(socket, "m");
    expect(seen).toEqual([
      ["first", "m", 1],
      ["second", "m", 1],
      ["listener", 1],
      ["second", "m", 2],
      ["listener", 2],
      ["listener", 3],
    ]);
  });

  it("hear what goes out, broadcasts too, with the binary as it was; acknowledgements are no events", async () => {
    const { io, socket, client } = await pair();
    const seen: unknown[] = [];
    const first = (...args: unknown[]): void => void seen.push(args);
    socket.onAnyOutgoing((...args) => seen.push(["second", ...args]));
    expect(socket.prependAnyOutgoing(first)).toBe(socket);
    expect(socket.listenersAnyOutgoing()).toHaveLength(2);
    const bytes = Buffer.from("x");
    socket.emit("own", bytes);
    socket.offAnyOutgoing(first);
    io.emit("all", 1);
    socket.on("asked", (answer) => answer());
    await client.emitWithAck("asked");
    socket.offAnyOutgoing();
    expect(socket.listenersAnyOutgoing()).toEqual([]);
    socket.emit("unheard");
    expect(seen).toEqual([
      ["own", bytes],
      ["second", "own", bytes],
      ["second", "all", 1],
    ]);
  });
});

describe("packet middlewares", () => {
  it("see each event in order and may alter it", async () => {
    const { socket, client } = await pair();
    socket.use((event, next) => {
      event[1] = `${String(event[1])}!`;
      next();
    });
    socket.use((event, next) => {
      event[1] = `${String(event[1])}?`;
      setTimeout(next, 1);
    });
    socket.on("m", (text, answer) => answer(text));
    expect(await client.emitWithAck("m", "hi")).toBe("hi!?");
  });

  it("drop an event by an error, which goes to the error listeners", async () => {
    const { socket, client } = await pair();
    socket.use(([event], next) => next(event === "bad" ? new Error("no") : undefined));
    const heard = once<[Error]>(socket, "error");
    socket.on("bad", () => expect.unreachable());
    client.emit("bad");
    expect((await heard)[0].message).toBe("no");
    client.emit("bad");
    client.emit("good");
    await once(socket, "good");
  });

  it("come to nothing when the socket is gone before they are through", async () => {
    const { socket, client } = await pair();
    const held = deferred<() => void>();
    socket.use((_event, next) => held.resolve(next));
    socket.on("m", () => expect.unreachable());
    client.emit("m");
    const next = await held.promise;
    client.disconnect();
    await once(socket, "disconnect");
    next();
    await turns();
  });
});
