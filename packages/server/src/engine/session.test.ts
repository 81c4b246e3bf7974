import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { collect, once, turns, until } from "@everwire/testkit";
import { TransportError } from "@everwire/server/engine";
import type { Socket } from "@everwire/server/engine";
import { start, overWebSocket, overPolling } from "../../test/raw-session.js";

describe("close", () => {
  test("sends what is queued first, which a WebSocket takes at once", async () => {
    const { session, socket, engine } = await overWebSocket();
    const closed = once(session, "close");
    session.send("last words");
    expect(session.close()).toBe(session);
    expect(session.readyState).toBe("closed");
    session.send("too late");
    expect(await socket.next()).toBe("4last words");
    expect((await closed)[0]).toBe("forced close");
    await socket.closed();
    expect(socket.pending).toEqual([]);
    expect(engine.clientsCount).toBe(0);
  });

  test("waits for the poll that takes what is queued", async () => {
    const { session, polling, engine } = await overPolling();
    const closed = once(session, "close");
    session.send("last words").close().send("too late");
    expect(session.readyState).toBe("closing");
    expect((await polling.poll()).text).toBe("4last words");
    expect((await polling.poll()).text).toBe("6\x1e1");
    expect((await closed)[0]).toBe("forced close");
    expect([session.readyState, engine.clientsCount]).toEqual(["closed", 0]);
  });

  test("with nothing queued is done at once", async () => {
    const { session, socket } = await overWebSocket();
    const reasons: unknown[] = [];
    session.on("close", (reason) => reasons.push(reason));
    session.close();
    expect(reasons).toEqual(["forced close"]);
    session.close().close(true);
    expect(reasons).toHaveLength(1);
    await socket.closed();
  });

  test("with discard drops what the transport does not take, which can be read for the rest of the turn", async () => {
    const { session, polling } = await overPolling();
    const left: number[] = [];
    session.on("close", () => left.push(session.writeBuffer.length));
    session.send("a").send("b");
    session.close(true);
    expect(left).toEqual([2]);
    await turns(1);
    expect(session.writeBuffer).toHaveLength(0);
    expect((await polling.poll()).status).toBe(400);
  });

  test("with discard lets go what only waits for the end of the turn, over each transport", async () => {
    const { session, socket, client, next } = await overWebSocket();
    session.send("last").send("words").close(true);
    expect([await socket.next(), await socket.next()]).toEqual(["4last", "4words"]);
    await socket.closed();
    const [other, polling] = await Promise.all([next(), client.polling()]);
    const poll = polling.poll();
    await until(() => other.transport.writable, "the poll");
    other.send("bye").close(true);
    expect((await poll).text).toBe("4bye");
  });

  test("with discard cuts a close short that waits", async () => {
    const { session, polling } = await overPolling();
    session.send("a");
    session.close();
    await turns();
    expect(session.readyState).toBe("closing");
    session.close(true);
    expect(session.readyState).toBe("closed");
    polling.release();
  });

  test("by the client is a transport close, told to the layer above too", async () => {
    const { session, socket } = await overWebSocket();
    const told: unknown[] = [];
    session.handler = { onMessage: () => undefined, onClose: (...args) => told.push(args) };
    const closed = once(session, "close");
    socket.ws.close();
    expect(await closed).toEqual(["transport close", undefined]);
    expect(told).toEqual([["transport close", undefined]]);
  });

  test("by a close packet is a transport close", async () => {
    const { session, socket } = await overWebSocket();
    const closed = once(session, "close");
    socket.send("1");
    expect((await closed)[0]).toBe("transport close");
    await socket.closed();
  });

  test("by a lost connection is a transport close", async () => {
    const { session, socket } = await overWebSocket();
    const closed = once(session, "close");
    socket.terminate();
    expect((await closed)[0]).toBe("transport close");
  });
});

describe("heartbeat", () => {
  const FAST = { pingInterval: 30, pingTimeout: 200 };

  test("pings, and hears the pong", async () => {
    const { session, socket } = await overWebSocket(FAST);
    const beats = collect(session, "heartbeat", 2);
    for (let time = 0; time < 2; time++) {
      expect(await socket.nextRaw()).toBe("2");
      socket.send("3");
    }
    await beats;
    expect(session.readyState).toBe("open");
  });

  test("closes the session and its connection when no pong comes", async () => {
    const { session, socket } = await overWebSocket({ pingInterval: 20, pingTimeout: 30 });
    expect((await once(session, "close"))[0]).toBe("ping timeout");
    await socket.closed();
  });

  test("closes a polling session too, and ends its poll", async () => {
    const { session, polling } = await overPolling({ pingInterval: 20, pingTimeout: 30 });
    expect(await polling.packets()).toEqual(["2"]);
    const poll = polling.poll();
    expect((await once(session, "close"))[0]).toBe("ping timeout");
    expect((await poll).text).toBe("1");
  });

  test("closes a polling session that does not poll", async () => {
    const { session } = await overPolling({ pingInterval: 20, pingTimeout: 30 });
    expect((await once(session, "close"))[0]).toBe("ping timeout");
  });

  test("in the wrong direction is a transport error", async () => {
    const { session, socket } = await overWebSocket();
    const closed = once<[string, TransportError]>(session, "close");
    socket.send("2");
    const [reason, error] = await closed;
    expect(reason).toBe("transport error");
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ name: "TransportError", code: "ERR_HEARTBEAT_DIRECTION" });
  });
});

describe("a client that does not read", () => {
  const BIG = "x".repeat(64 * 1024);

  test("S19 is cut off at the cap, and the others see nothing of it", async () => {
    const { client, engine, next } = await start({ maxBufferedBytes: 1024 * 1024 });
    const [deaf, socket] = await Promise.all([next(), client.websocket()]);
    const [session, other] = await Promise.all([next(), client.websocket()]);
    const closed = once<[string, TransportError]>(deaf, "close");
    socket.ws.pause();
    let highest = 0;
    while (deaf.readyState === "open") {
      deaf.send(BIG);
      session.send("alive");
      expect(await other.next()).toBe("4alive");
      highest = Math.max(highest, deaf.bufferedBytes);
    }
    const [reason, error] = await closed;
    expect(reason).toBe("buffer overflow");
    expect(error.code).toBe("ERR_BUFFER_OVERFLOW");
    expect(highest).toBeGreaterThan(900 * 1024);
    expect(highest).toBeLessThanOrEqual(1024 * 1024);
    expect(deaf.bufferedBytes).toBe(0);
    expect(Object.keys(engine.clients)).toEqual([session.id]);
    socket.ws.resume();
    await socket.closed();
  });

  test("over polling is cut off too, without a poll", async () => {
    const { session, polling } = await overPolling({ maxBufferedBytes: 1024 * 1024 });
    const closed = once(session, "close");
    for (let count = 0; count < 17; count++) session.send(BIG);
    // Not within the caller's loop.
    expect(session.readyState).toBe("open");
    expect((await closed)[0]).toBe("buffer overflow");
    expect((await polling.poll()).status).toBe(400);
  });

  test("is cut off for a flood of empty packets", async () => {
    const { session } = await overPolling({ maxBufferedBytes: 1024 * 1024 });
    const closed = once(session, "close");
    for (let count = 0; count < 1024 * 1024; count++) session.send("");
    expect(session.writeBuffer.length).toBeLessThan(20_000);
    expect((await closed)[0]).toBe("buffer overflow");
  });

  test("gets everything, in order, if it reads again in time", async () => {
    const { session, socket } = await overWebSocket();
    socket.ws.pause();
    const count = 160;
    for (let index = 0; index < count; index++) {
      session.send(`${index} ${BIG}`);
      await turns(1);
    }
    expect(session.bufferedBytes).toBeGreaterThan(0);
    expect(session.transport.writable).toBe(false);
    const drained = once(session, "drain");
    socket.ws.resume();
    for (let index = 0; index < count; index++) expect(String(await socket.next()).split(" ", 1)[0]).toBe(`4${index}`);
    await drained;
    expect(session.bufferedBytes).toBe(0);
    expect(session.writable).toBe(true);
  });
});

describe("the request that opened the session", () => {
  test("is let go when nobody has seen it, and made anew for who asks", async () => {
    const { session } = await overWebSocket();
    const request = session.request as IncomingMessage & { _query: Record<string, string> };
    expect(request.headers["sec-websocket-version"]).toBe("13");
    expect(request.url).toContain("transport=websocket");
    expect(request._query["EIO"]).toBe("4");
    expect(request.socket.remoteAddress).toBe("127.0.0.1");
    expect(session.request).toBe(request);
  });

  test("is the same object for who asked in the listener", async () => {
    const { client, engine } = await start();
    const seen: IncomingMessage[] = [];
    engine.on("connection", (session: Socket) => seen.push(session.request));
    const { handshake } = await client.websocket();
    expect(engine.clients[handshake.sid]?.request).toBe(seen[0]);
  });

  test.each(["allowRequest", "middleware", "headers", "other listener"])("is kept when %s has seen it", async (who) => {
    const seen: IncomingMessage[] = [];
    const { client, engine } = await start(
      who === "allowRequest"
        ? { allowRequest: (request, callback) => callback(null, seen.push(request) > 0) }
        : who === "other listener"
          ? { http: { prepare: (http) => http.on("upgrade", (request) => seen.push(request)) } }
          : {},
    );
    if (who === "middleware") engine.use((request, _response, next) => next(void seen.push(request)));
    if (who === "headers") engine.on("headers", (_headers: unknown, request: IncomingMessage) => seen.push(request));
    const { handshake } = await client.websocket();
    await turns();
    expect(engine.clients[handshake.sid]?.request).toBe(seen[0]);
  });
});
