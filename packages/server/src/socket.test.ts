import { deferred, once, turns } from "@everwire/testkit";
import { describe, expect, it } from "vitest";
import type { Socket } from "./socket.js";
import { connect, pair, raw, serve } from "../test/stock-client.js";

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
    await expect(socket.timeout(5).emitWithAck("m")).rejects.toThrow("operation has timed out");
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
