// Joining and leaving namespaces: Socket.IO protocol v5, "Connection to a namespace" and "Disconnection from a namespace".
import { once, until } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { SEPARATOR, serverUnderTest } from "./support.js";

describe("CONNECT", () => {
  test("to the main namespace is answered with a socket id that is not the session's", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const { socket, id, answer } = await client.connected();
    const [server] = await connected;
    expect(id).toMatch(/^[\w-]{20}$/);
    expect(id).not.toBe(socket.handshake.sid);
    expect(server.id).toBe(id);
    expect(answer).toEqual({ sid: id });
    await socket.close();
  });

  test("over polling is answered the same", async () => {
    const { client } = await serverUnderTest();
    const polling = await client.polling();
    await polling.push("40");
    expect(await polling.next()).toMatch(/^40\{"sid":"[\w-]{20}"\}$/);
    await polling.close();
  });

  test("carries the auth payload, and the handshake of the session", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const auth = { token: "abc", nested: { list: [1, 2] } };
    const { socket } = await client.connected("/", auth);
    const [{ handshake }] = await connected;
    expect(handshake.auth).toEqual(auth);
    expect(handshake.query).toMatchObject({ EIO: "4", transport: "websocket" });
    expect(handshake.url).toContain("/socket.io/?");
    expect(handshake.headers.host).toContain("127.0.0.1");
    expect(handshake).toMatchObject({ secure: false, xdomain: false });
    expect(handshake.address).toContain("127.0.0.1");
    expect(Math.abs(handshake.issued - Date.now())).toBeLessThan(5_000);
    expect(new Date(handshake.time).getTime()).toBeGreaterThan(0);
    await socket.close();
  });

  test("to other namespaces makes a socket in each, with its own auth and id", async () => {
    const { client, io } = await serverUnderTest();
    const seen: Record<string, unknown> = {};
    for (const name of ["/one", "/two"]) {
      io.of(name).on("connection", (socket: Socket) => {
        seen[name] = socket.handshake.auth;
      });
    }
    const socket = await client.websocket();
    socket.send('40/one,{"n":1}');
    socket.send('40/two,{"n":2}');
    const [one, two] = [await socket.nextText(), await socket.nextText()];
    expect(one).toMatch(/^40\/one,\{"sid":"/);
    expect(two).toMatch(/^40\/two,\{"sid":"/);
    expect(one.slice(7)).not.toBe(two.slice(7));
    expect(seen).toEqual({ "/one": { n: 1 }, "/two": { n: 2 } });
    await socket.close();
  });

  test("without the main namespace is possible", async () => {
    const { client, io } = await serverUnderTest();
    io.of("/only");
    const { socket } = await client.connected("/only");
    expect(io.of("/").sockets.size).toBe(0);
    expect(io.of("/only").sockets.size).toBe(1);
    await socket.close();
  });

  test.each(["/unknown", "/__proto__", "/constructor", "/toString"])(
    "to %s, which nobody made, is refused",
    async (name) => {
      const { client } = await serverUnderTest();
      const socket = await client.websocket();
      socket.send(`40${name},`);
      expect(await socket.nextText()).toBe(`44${name},{"message":"Invalid namespace"}`);
      socket.send("40");
      expect(await socket.nextText()).toMatch(/^40\{/);
      await socket.close();
    },
  );

  test("to a dynamic namespace makes it", async () => {
    const { client, io } = await serverUnderTest();
    io.of(/^\/room-\d+$/);
    const created = once<[{ name: string }]>(io, "new_namespace");
    const { socket } = await client.connected("/room-101");
    expect((await created)[0].name).toBe("/room-101");
    socket.send("40/room-x,");
    expect(await socket.nextText()).toBe('44/room-x,{"message":"Invalid namespace"}');
    await socket.close();
  });

  test("to a namespace that a function allows", async () => {
    const { client, io } = await serverUnderTest();
    io.of((name, auth, next) => {
      next(null, name === "/secret" && (auth as { key?: string }).key === "open");
    });
    const { socket } = await client.connected("/secret", { key: "open" });
    const other = await client.websocket();
    other.send('40/secret-not,{"key":"open"}');
    expect(await other.nextText()).toBe('44/secret-not,{"message":"Invalid namespace"}');
    await socket.close();
    await other.close();
  });

  test("refused by a middleware is answered with its message and data", async () => {
    const { client, io } = await serverUnderTest();
    io.use((_socket, next) => {
      next(Object.assign(new Error("not you"), { data: { code: 7, why: "€" } }));
    });
    const socket = await client.websocket();
    socket.send("40");
    expect(await socket.nextText()).toBe('44{"message":"not you","data":{"code":7,"why":"€"}}');
    expect(io.of("/").sockets.size).toBe(0);
    await socket.close();
  });

  test("again for a namespace already joined closes the connection", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const gone = once((await connected)[0], "disconnect");
    socket.send("40");
    await socket.closed();
    await gone;
  });

  test("that never comes: the connection is closed after connectTimeout", async () => {
    const { client, io } = await serverUnderTest({ connectTimeout: 50 });
    const socket = await client.websocket();
    await socket.closed();
    expect(io.engine.clientsCount).toBe(0);
  });

  test("in time keeps the connection", async () => {
    const { client } = await serverUnderTest({ connectTimeout: 50 });
    const { socket } = await client.connected();
    const late = await client.websocket();
    await late.closed();
    expect(socket.isOpen).toBe(true);
    await socket.close();
  });
});

describe("DISCONNECT", () => {
  test("from the client leaves one namespace only", async () => {
    const { client, io } = await serverUnderTest();
    io.of("/other").on("connection", (socket: Socket) => {
      socket.on("echo", (text: string) => socket.emit("echo", text));
    });
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    socket.send("40/other,");
    await socket.nextText();
    const reasons: unknown[] = [];
    server.on("disconnecting", (reason) => reasons.push(["disconnecting", reason, [...server.rooms].length]));
    server.on("disconnect", (reason) => reasons.push(["disconnect", reason, [...server.rooms].length]));
    const gone = once(server, "disconnect");
    socket.send("41");
    await gone;
    expect(reasons).toEqual([
      ["disconnecting", "client namespace disconnect", 1],
      ["disconnect", "client namespace disconnect", 0],
    ]);
    socket.send('42/other,["echo","still here"]');
    expect(await socket.nextText()).toBe('42/other,["echo","still here"]');
    await socket.close();
  });

  test("from the server tells the client", async () => {
    const { client, io } = await serverUnderTest();
    io.of("/n").on("connection", (socket: Socket) => {
      socket.on("bye", () => socket.disconnect());
    });
    const { socket } = await client.connected("/n");
    socket.send('42/n,["bye"]');
    expect(await socket.nextText()).toBe("41/n,");
    socket.send("40/n,");
    expect(await socket.nextText()).toMatch(/^40\/n,/);
    await socket.close();
  });

  test("disconnect(true) closes the connection", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    const gone = once(server, "disconnect");
    server.disconnect(true);
    expect((await gone)[0]).toBe("server namespace disconnect");
    await socket.closed();
    expect(io.engine.clientsCount).toBe(0);
  });

  test("of the transport is reported to every socket of the connection", async () => {
    const { client, io } = await serverUnderTest();
    const main = once<[Socket]>(io, "connection");
    const other = once<[Socket]>(io.of("/other"), "connection");
    const { socket } = await client.connected();
    socket.send("40/other,");
    const gone = [once((await main)[0], "disconnect"), once((await other)[0], "disconnect")];
    await socket.close();
    for (const [reason] of await Promise.all(gone)) expect(reason).toBe("transport close");
  });

  test("a closed server says so to every socket and closes every connection", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const polling = await client.polling();
    await polling.push("40");
    await polling.next();
    const gone = once((await connected)[0], "disconnect");
    const poll = polling.poll().catch((error: unknown) => error);
    const closing = io.close();
    expect((await gone)[0]).toBe("server shutting down");
    await socket.closed();
    await poll;
    polling.release();
    await closing;
  });

  test("of a polling client by the server ends with noop and close", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    await polling.next();
    const [server] = await connected;
    server.disconnect(true);
    const packets: string[] = [];
    while (packets.at(-1) !== "1") packets.push(...(await polling.poll()).text.split(SEPARATOR));
    expect(packets.filter((packet) => packet !== "6")).toEqual(["41", "1"]);
    await until(() => io.engine.clientsCount === 0, "no session left");
    polling.release();
  });
});
