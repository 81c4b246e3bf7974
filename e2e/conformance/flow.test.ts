// How much a peer may send, and how much may wait for it: rates, addresses, buffers, and who is told.
import { httpRequest, once, turns, until } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { engineUnderTest, serverUnderTest } from "./support.js";

describe("limits", () => {
  test("of sessions: the next one is refused with 503, and let in when one has gone", async () => {
    const { client, engine } = await engineUnderTest({ maxConnections: 1 });
    const first = await client.websocket();
    expect(await (await fetch(client.url("polling"))).json()).toEqual({ code: 4, message: "Forbidden" });
    await expect(client.socket()).rejects.toMatchObject({ status: 503 });
    await first.close();
    await until(() => engine.clientsCount === 0, "room");
    await (await client.websocket()).close();
  });

  test("of sessions of an address, as the application counts them", async () => {
    const { client } = await engineUnderTest({
      maxConnectionsPerAddress: 1,
      addressOf: (request) => String(request.headers["x-forwarded-for"]),
    });
    await client.websocket({}, { headers: { "x-forwarded-for": "10.0.0.1" } });
    await expect(client.socket({}, { headers: { "x-forwarded-for": "10.0.0.1" } })).rejects.toMatchObject({
      status: 429,
    });
    await client.websocket({}, { headers: { "x-forwarded-for": "10.0.0.2" } });
  });

  test("of handshakes a second: a storm is answered 429, and sessions that live do not notice", async () => {
    const { client, engine, nextSession } = await engineUnderTest({ maxHandshakesPerSecond: 3 });
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const answers = await Promise.all(Array.from({ length: 10 }, () => httpRequest(client.url("polling"))));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(6);
    expect(engine.clientsCount).toBeLessThanOrEqual(4);
    const heard = once(session, "message");
    socket.send("4still here");
    expect((await heard)[0]).toBe("still here");
  });

  test("of messages a second: who sends more is closed, and both sides can tell why", async () => {
    const { io, client } = await serverUnderTest({ maxMessagesPerSecond: 50 });
    const reasons: string[] = [];
    let heard = 0;
    io.on("connection", (socket) => {
      socket.on("say", () => (heard += 1));
      socket.on("disconnect", (reason) => reasons.push(reason));
    });
    const { socket } = await client.connected();
    for (let i = 0; i < 200; i++) socket.send('42["say"]');
    await socket.closed();
    expect(reasons).toEqual(["too many messages"]);
    // One of the fifty was the CONNECT; a slow machine gives back a few.
    expect(heard).toBeGreaterThanOrEqual(49);
    expect(heard).toBeLessThan(200);
  });
});

describe("what waits for a client", () => {
  test("can be asked and waited for", async () => {
    const { io, client } = await serverUnderTest();
    const connection = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [served] = await connection;
    expect(served.bufferedBytes).toBe(0);
    await served.flushed();
    socket.ws.pause();
    for (let i = 0; i < 60; i++) served.emit("big", "x".repeat(100_000));
    let isFlushed = false;
    const flushed = served.flushed().then(() => (isFlushed = true));
    expect(served.bufferedBytes).toBeGreaterThan(1_000_000);
    expect(isFlushed).toBe(false);
    socket.ws.resume();
    await flushed;
    expect(served.bufferedBytes).toBe(0);
  });

  test("a client that goes ends the wait with an error", async () => {
    const { io, client } = await serverUnderTest();
    const connection = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [served] = await connection;
    socket.ws.pause();
    for (let i = 0; i < 60; i++) served.emit("big", "x".repeat(100_000));
    const flushed = served.flushed();
    socket.ws.terminate();
    await expect(flushed).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
    await expect(served.flushed()).rejects.toMatchObject({ code: "ERR_DISCONNECTED" });
  });

  test("over the cap the application may drop instead of cutting off", async () => {
    const dropped: number[] = [];
    const { engine, client, nextSession } = await engineUnderTest({
      maxBufferedBytes: 1_000_000,
      onOverflow: (_session, packet) => {
        dropped.push(packet.byteLength);
        return "drop";
      },
    });
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    socket.ws.pause();
    for (let i = 0; i < 100; i++) {
      session.send("x".repeat(100_000));
      await turns(1);
    }
    expect(dropped.length).toBeGreaterThan(0);
    expect([session.readyState, engine.clientsCount]).toEqual(["open", 1]);
    expect(session.bufferedBytes).toBeLessThanOrEqual(1_100_000);
    socket.ws.terminate();
  });

  test("a room of many readers of which some never read: those are cut, the others get everything", async () => {
    const { io, client } = await serverUnderTest({ maxBufferedBytes: 2_000_000 });
    const reasons: string[] = [];
    io.on("connection", (socket) => {
      void socket.join("room");
      socket.on("disconnect", (reason) => reasons.push(reason));
    });
    const readers = await Promise.all(Array.from({ length: 20 }, () => client.connected()));
    const deaf = await Promise.all(Array.from({ length: 3 }, () => client.connected()));
    for (const { socket } of deaf) socket.ws.pause();
    const count = 150;
    for (let i = 0; i < count; i++) {
      io.to("room").emit("big", i, "x".repeat(50_000));
      for (const { socket } of readers) expect((await socket.nextText()).startsWith(`42["big",${i},`)).toBe(true);
    }
    await until(() => reasons.length === 3, "the end of those that do not read");
    expect(reasons).toEqual(Array(3).fill("buffer overflow"));
    expect(io.engine.clientsCount).toBe(20);
  });
});
