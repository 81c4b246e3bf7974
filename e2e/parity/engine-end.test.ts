// The ways that a session of the engine ends and what is said then, the heartbeat's among them. By the raw clients.
import { describe, expect, test } from "vitest";
import { collect, once, turns, until } from "@everwire/testkit";
import { startEngine } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { NAMES, endOf, open } from "./support/wire.js";

describe.each(PEERS)("$name: the end of a session", (peer) => {
  test("close() of the server with a poll that waits", async () => {
    const { polling, engine } = await startEngine(peer);
    const { client, session } = await polling();
    const poll = client.poll();
    await until(() => session.transport.writable, "the poll");
    const ended = endOf(session);
    session.close();
    expect((await poll).text).toBe("1");
    expect((await ended).reason).toBe("forced close");
    expect([session.readyState, engine.clientsCount, Object.keys(engine.clients)]).toEqual(["closed", 0, []]);
  });

  test("close() of the server without a poll", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    session.close();
    expect(session.readyState).toBe("closing");
    const ended = endOf(session);
    expect((await client.poll()).text).toBe("6\x1e1");
    expect((await ended).reason).toBe("forced close");
  });

  test("close() over WebSocket", async () => {
    const { websocket } = await startEngine(peer);
    const { client, session } = await websocket();
    await turns();
    const ended = endOf(session);
    session.close();
    expect(await client.closed()).toEqual({ code: 1005, reason: "" });
    expect((await ended).reason).toBe("forced close");
    expect(session.readyState).toBe("closed");
  });

  test.each(NAMES)("close() waits for what was sent, over %s", async (name) => {
    const { session, next } = await open(peer, name);
    const ended = endOf(session);
    session.send("a");
    session.send("b");
    session.close();
    expect(session.readyState).not.toBe("open");
    expect([await next(), await next()]).toEqual(["4a", "4b"]);
    if (name === "polling") await next();
    expect((await ended).reason).toBe("forced close");
  });

  test.each(NAMES)("close(true) drops what was sent, over %s", async (name) => {
    const { session } = await open(peer, name);
    await turns();
    const ended = endOf(session);
    session.close(true);
    expect((await ended).reason).toBe("forced close");
    expect(session.readyState).toBe("closed");
  });

  test("nothing is sent while closing", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    session.send("a");
    session.close();
    let created = 0;
    session.on("packetCreate", () => created++);
    session.send("late");
    expect(created).toBe(0);
    expect((await client.poll()).text).toBe("4a");
  });

  test("a close packet of the client, with a poll that waits", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    const poll = client.poll();
    await until(() => session.transport.writable, "the poll");
    const ended = endOf(session);
    expect((await client.push("1")).text).toBe("ok");
    expect(await ended).toEqual({ reason: "transport close", description: undefined });
    expect((await poll).text).toBe("6");
  });

  test("a WebSocket that the client closes", async () => {
    const { websocket } = await startEngine(peer);
    const { client, session } = await websocket();
    const ended = endOf(session);
    await client.close();
    expect((await ended).reason).toBe("transport close");
  });

  // docs/migrating.md, "The wire of the engine": the stock engine passes it over.
  if (peer.name === "everwire")
    test("a close packet over WebSocket", async () => {
      const { websocket } = await startEngine(peer);
      const { client, session } = await websocket();
      const ended = endOf(session);
      client.send("1");
      expect((await ended).reason).toBe("transport close");
      await client.closed();
    });

  test("a WebSocket that breaks", async () => {
    const { websocket } = await startEngine(peer);
    const { client, session } = await websocket();
    const ended = endOf(session);
    client.terminate();
    expect((await ended).reason).toMatch(/^transport (close|error)$/);
  });

  test("a poll that is cancelled", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    const aborting = new AbortController();
    const poll = client.poll({ signal: aborting.signal }).catch(() => undefined);
    await until(() => session.transport.writable, "the poll");
    const ended = endOf(session);
    aborting.abort();
    await poll;
    const { reason, description } = await ended;
    expect([reason, (description as Error).message]).toEqual(["transport error", "poll connection closed prematurely"]);
    expect(description).toBeInstanceOf(Error);
  });

  test("a POST that is cancelled", async () => {
    const { polling, tcp } = await startEngine(peer);
    const { client, session } = await polling();
    const connection = await tcp();
    const { pathname, search } = new URL(client.url());
    connection.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4a`);
    await turns(20);
    const ended = endOf(session);
    connection.destroy();
    const { reason, description } = await ended;
    expect([reason, (description as Error).message]).toEqual([
      "transport error",
      "data request connection closed prematurely",
    ]);
  });

  test("two polls at once", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    const first = client.poll();
    await until(() => session.transport.writable, "the poll");
    const ended = endOf(session);
    expect((await client.poll()).status).toBe(400);
    expect(await ended).toMatchObject({ reason: "transport error", description: { message: "overlap from client" } });
    expect((await first).text).toBe("1");
  });

  test("two POSTs at once", async () => {
    const { polling, tcp } = await startEngine(peer);
    const { client, session } = await polling();
    const connection = await tcp();
    const { pathname, search } = new URL(client.url());
    connection.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4a`);
    await turns(20);
    const ended = endOf(session);
    expect((await client.push("4b")).status).toBe(400);
    expect(await ended).toMatchObject({
      reason: "transport error",
      description: { message: "data request overlap from client" },
    });
  });

  test.each(["x", "4a\x1e9", ""])("a POST of %j, which is no packet", async (body) => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    const ended = endOf(session);
    const answer = await client.push(body);
    expect([answer.status, answer.text]).toEqual([200, "ok"]);
    expect((await ended).reason).toBe("parse error");
    expect((await client.poll()).json()).toEqual({ code: 1, message: "Session ID unknown" });
  });

  test.each(["x", "", "7"])("a WebSocket message of %j, which is no packet", async (text) => {
    const { websocket } = await startEngine(peer);
    const { client, session } = await websocket();
    const ended = endOf(session);
    client.send(text);
    expect((await ended).reason).toBe("parse error");
    await client.closed();
  });

  test.each(NAMES)("a ping of a client of revision 4, over %s", async (name) => {
    const { session, push } = await open(peer, name);
    const ended = endOf(session);
    await push("2");
    const { reason, description } = await ended;
    expect([reason, (description as Error).message]).toEqual(["transport error", "invalid heartbeat direction"]);
  });

  test("leaves writeBuffer to the listeners of close, and empties it then", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    session.send("foo");
    let length: number | undefined;
    session.on("close", () => (length = session.writeBuffer.length));
    const ended = endOf(session);
    await client.push("1");
    await ended;
    expect(length).toBe(1);
    await turns(2);
    expect(session.writeBuffer).toHaveLength(0);
  });

  test("is told once", async () => {
    const { session } = await open(peer, "websocket");
    let count = 0;
    session.on("close", () => count++);
    session.close();
    session.close();
    session.close(true);
    await turns(20);
    expect(count).toBe(1);
  });

  test.each(NAMES)("comes with the engine's close(), over %s", async (name) => {
    const { session, engine } = await open(peer, name);
    const ended = endOf(session);
    expect(engine.close()).toBe(engine);
    expect((await ended).reason).toBe("forced close");
    expect(engine.clientsCount).toBe(0);
  });
});

describe.each(PEERS)("$name: the heartbeat", (peer) => {
  test.each(NAMES)("pings, hears the pong and pings again, over %s", async (name) => {
    const { session, push, next } = await open(peer, name, { pingInterval: 20, pingTimeout: 1000 });
    const beats = collect(session, "heartbeat", 2);
    // The raw polling client answers pings by itself.
    const answer = async (): Promise<void> => {
      for (;;) if ((await next()) === "2") await push("3");
    };
    void answer().catch(() => undefined);
    await beats;
  });

  test.each(NAMES)("ends a session whose pong is missing, over %s", async (name) => {
    const started = await startEngine(peer, { pingInterval: 10, pingTimeout: 20 });
    const { session } = await started[name]();
    expect(await endOf(session)).toEqual({ reason: "ping timeout", description: undefined });
    expect(session.readyState).toBe("closed");
  });

  test("emits packet for pongs", async () => {
    const { session, push } = await open(peer, "websocket");
    const heard = once(session, "packet");
    await push("3");
    expect(await heard).toMatchObject([{ type: "pong" }]);
  });

  test("closes the WebSocket of a session that timed out", async () => {
    const { websocket } = await startEngine(peer, { pingInterval: 10, pingTimeout: 20 });
    const { client } = await websocket();
    await client.closed();
  });

  test("answers the poll of a session that timed out", async () => {
    const { polling } = await startEngine(peer, { pingInterval: 10, pingTimeout: 20 });
    const { client } = await polling();
    expect(await client.poll().then((answer) => answer.text)).toBe("2");
    expect(await client.poll().then((answer) => answer.text)).toBe("1");
  });

  test("queues the ping behind what waits", async () => {
    const { polling } = await startEngine(peer, { pingInterval: 20, pingTimeout: 1000 });
    const { client, session } = await polling();
    for (let index = 0; index < 100; index++) session.send("a");
    await until(() => session.writeBuffer.length === 101, "the ping");
    expect((await client.poll()).text.endsWith("4a\x1e2")).toBe(true);
  });
});
