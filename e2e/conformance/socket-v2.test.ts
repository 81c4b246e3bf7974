// The Socket.IO protocol as clients of Socket.IO 1 and 2 speak it (`allowEIO3`): they are in the main namespace from the start, name
// others with a query, and are refused in the form that they know.
import { once, until } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { legacyServer } from "./support-v3.js";

describe("joining", () => {
  test("the main namespace is joined without asking, right behind the open packet", async () => {
    const { io, polling: open } = await legacyServer();
    const connected = once<[Socket]>(io, "connection");
    const polling = await open();
    const [socket] = await connected;
    expect(await polling.packets()).toEqual(["40"]);
    expect(socket.id).toBe(polling.sid);
    expect(socket.conn.protocol).toBe(3);
    expect(socket.handshake.auth).toEqual({});
    expect(socket.handshake.query).toMatchObject({ EIO: "3" });
  });

  test("another namespace is joined with a query, which becomes auth without a prototype", async () => {
    const { io, old } = await legacyServer();
    const connected = once<[Socket]>(io.of("/admin"), "connection");
    const socket = await old.websocket();
    expect(await socket.nextRaw()).toBe("40");
    socket.send("40/admin?token=x%20y&twice=1&twice=2&__proto__=p&constructor=c,");
    const [server] = await connected;
    expect(await socket.nextRaw()).toBe("40/admin,");
    expect(server.id).toBe(`/admin#${socket.handshake.sid}`);
    const { auth } = server.handshake;
    expect(Object.getPrototypeOf(auth)).toBeNull();
    expect(Object.entries(auth)).toEqual([
      ["token", "x y"],
      ["twice", "2"],
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
    expect(server.handshake.query["token"]).toBeUndefined();
    socket.send('42/admin,["hello"]');
    await once(server, "hello");
  });

  test("a dynamic namespace is asked by its name alone, and for auth", async () => {
    const { io, old } = await legacyServer();
    const asked: unknown[] = [];
    io.of((name, auth, next) => {
      asked.push([name, { ...auth }]);
      next(null, name === "/made");
    });
    const socket = await old.websocket();
    await socket.nextRaw();
    socket.send("40/made?a=b");
    expect(await socket.nextRaw()).toBe("40/made,");
    socket.send("40/none");
    expect(await socket.nextRaw()).toBe('44/none,{"message":"Invalid namespace"}');
    expect(asked).toEqual([
      ["/made", { a: "b" }],
      ["/none", {}],
    ]);
  });

  test("a namespace that is joined already ends the connection, the main one included", async () => {
    for (const again of ["40", "40/?a=b", "40/two?x=1"]) {
      const { io, old } = await legacyServer();
      io.of("/two");
      const connected = once<[Socket]>(io, "connection");
      const socket = await old.websocket();
      const [server] = await connected;
      const ended = once(server, "disconnect");
      socket.send("40/two");
      socket.send(again);
      expect((await ended)[0]).toMatch(/^forced (server )?close$/);
      await socket.closed();
    }
  });

  test("a client of revision 4 in the same server is asked as ever, and keeps the question mark in a name", async () => {
    const { io, client } = await legacyServer();
    const socket = await client.websocket();
    socket.send("40/admin?token=x,");
    expect(await socket.nextRaw()).toBe('44/admin?token=x,{"message":"Invalid namespace"}');
    expect(io.of("/").sockets.size).toBe(0);
  });

  test("a client refused by the main namespace is closed when it joins no other", async () => {
    const { io, old } = await legacyServer({ connectTimeout: 50 });
    io.use((_socket, next) => next(new Error("no entry")));
    const socket = await old.websocket();
    expect(await socket.nextRaw()).toBe('44"no entry"');
    await socket.closed();
    await until(() => io.engine.clientsCount === 0, "no session");
  });
});

describe("refusals", () => {
  const error = (data: unknown): Error => Object.assign(new Error("no entry"), { data });

  test.each([
    ["an error", new Error("no entry"), '"no entry"'],
    ["an error with data", error({ a: 1 }), '{"a":1}'],
    ["an error with text as data", error("why"), '"why"'],
    ["an error with a number as data, which would be read as an id", error(7), '"7"'],
    ["an error with empty data", error(0), '"no entry"'],
    ["a text", "no entry" as unknown as Error, '"no entry"'],
  ])("of %s tell the data, or else the message", async (_what, given, expected) => {
    const { io, old } = await legacyServer();
    io.of("/guarded").use((_socket, next) => next(given));
    io.use((_socket, next) => next(given));
    const socket = await old.websocket();
    expect(await socket.nextRaw()).toBe(`44${expected}`);
    socket.send("40/guarded");
    expect(await socket.nextRaw()).toBe(`44/guarded,${expected}`);
  });

  test("of an error that was thrown tell nothing of it", async () => {
    const { io, old } = await legacyServer();
    io.on("listener_error", () => undefined);
    io.use(() => {
      throw new Error("secret");
    });
    expect(await (await old.websocket()).nextRaw()).toBe('44"internal server error"');
  });
});

describe("living", () => {
  test("events, acks and binary are the same both ways", async () => {
    const { io, old } = await legacyServer();
    io.on("connection", (socket) => {
      socket.on("echo", (value: unknown, ack: (value: unknown) => void) => {
        socket.emit("said", value);
        ack(value);
      });
    });
    const socket = await old.websocket();
    await socket.nextRaw();
    socket.send('451-7["echo",{"_placeholder":true,"num":0}]');
    socket.send(Buffer.from([4, 1, 2]));
    expect(await socket.nextRaw()).toBe('451-["said",{"_placeholder":true,"num":0}]');
    expect(await socket.nextRaw()).toEqual(Buffer.from([4, 1, 2]));
    expect(await socket.nextRaw()).toBe('461-7[{"_placeholder":true,"num":0}]');
    expect(await socket.nextRaw()).toEqual(Buffer.from([4, 1, 2]));
  });

  test("nothing is recovered: no private id is given, and one that is claimed opens nothing", async () => {
    const { io, old, client } = await legacyServer({ connectionStateRecovery: {} });
    io.on("connection", (socket) => socket.emit("hello", 1));
    const arrival = once<[Socket]>(io.of("/other"), "connection");
    const today = await client.connected("/other");
    const gone = once((await arrival)[0], "disconnect");
    today.socket.terminate();
    await gone;
    const connected = once<[Socket]>(io.of("/"), "connection");
    const socket = await old.websocket();
    const [server] = await connected;
    expect(server.recovered).toBe(false);
    expect(await socket.nextRaw()).toBe("40");
    // No offset behind the arguments either.
    expect(await socket.nextRaw()).toBe('42["hello",1]');
    const inOther = once<[Socket]>(io.of("/other"), "connection");
    socket.send(`40/other?pid=${String(today.answer["pid"])}`);
    const [other] = await inOther;
    expect([other.recovered, other.id]).toEqual([false, `/other#${socket.handshake.sid}`]);
    expect(await socket.nextRaw()).toBe("40/other,");
    // Who may take it up does so still.
    const again = once<[Socket]>(io.of("/other"), "connection");
    await client.connected("/other", { pid: today.answer["pid"] });
    expect((await again)[0].id).toBe(today.id);
  });

  test("leaving the main namespace, and coming back to it by CONNECT", async () => {
    const { io, old } = await legacyServer();
    const first = once<[Socket]>(io, "connection");
    const socket = await old.websocket();
    expect(await socket.nextRaw()).toBe("40");
    const left = once((await first)[0], "disconnect");
    socket.send("41");
    expect((await left)[0]).toBe("client namespace disconnect");
    socket.send("40");
    expect(await socket.nextRaw()).toBe("40");
  });
});
