import { describe, expect, test } from "vitest";
import { TestClock, collect, httpRequest, once, until } from "@everwire/testkit";
import type { Socket, Transport } from "@everwire/server/engine";
import { Deadlines } from "./deadlines.js";
import { Upgrade } from "./upgrade.js";
import type { UpgradeHost } from "./upgrade.js";
import { overPolling as start } from "../../test/raw-session.js";

describe("an upgrade", () => {
  test("moves the session to the new transport", async () => {
    const { client, polling, session, engine } = await start();
    const log: unknown[] = [];
    session.on("upgrading", (transport: Transport) => log.push(["upgrading", transport.name, session.transport.name]));
    session.on("upgrade", (transport: Transport) => log.push(["upgrade", transport.name, session.transport.name]));
    let upgrades = 0;
    session.handler = { onMessage: () => undefined, onClose: () => undefined, onUpgrade: () => (upgrades += 1) };
    expect([session.upgrading, session.upgraded]).toEqual([false, false]);
    const socket = await client.probe(polling.sid);
    expect([session.upgrading, session.upgraded]).toEqual([true, false]);
    socket.send("5");
    socket.send("4over WebSocket");
    expect((await once(session, "message"))[0]).toBe("over WebSocket");
    expect([session.upgrading, session.upgraded]).toEqual([false, true]);
    session.send("answer");
    expect(await socket.next()).toBe("4answer");
    expect(log).toEqual([
      ["upgrading", "websocket", "polling"],
      ["upgrade", "websocket", "websocket"],
    ]);
    expect(upgrades).toBe(1);
    expect(engine.clientsCount).toBe(1);
    const closed = once(session, "close");
    socket.ws.close();
    expect((await closed)[0]).toBe("transport close");
  });

  test("answers the poll that waits with a noop, again and again", async () => {
    const { client, polling, session } = await start();
    await client.probe(polling.sid);
    expect((await polling.poll()).text).toBe("6");
    expect((await polling.poll()).text).toBe("6");
    expect(session.transport.name).toBe("polling");
  });

  test("releases the poll right behind the answer to the probe, for messages wait while the client moves", () => {
    const clock = new TestClock();
    const sent: string[] = [];
    const wire = (name: string): Transport =>
      ({ writable: true, send: ([packet]: { type: string }[]) => sent.push(`${name} ${packet!.type}`) }) as never;
    const candidate = wire("candidate");
    const server = { deadlines: new Deadlines(clock), opts: { upgradeTimeout: 10_000 } };
    const host = { server, transport: wire("poll"), onProbed: () => undefined } as unknown as UpgradeHost;
    const upgrade = new Upgrade(host, candidate);
    upgrade.start();
    upgrade.onPacket("ping", "probe");
    expect(sent).toEqual(["candidate pong"]);
    clock.advance(10);
    expect(sent).toEqual(["candidate pong", "poll noop"]);
    clock.advance(99);
    expect(sent).toHaveLength(2);
    clock.advance(1);
    expect(sent).toEqual(["candidate pong", "poll noop", "poll noop"]);
  });

  test("lets a poll go that still waits when the client has moved", async () => {
    const { client, polling, session } = await start();
    const socket = await client.probe(polling.sid);
    let isAnswered = false;
    const poll = polling.poll().finally(() => (isAnswered = true));
    // On a slow machine the first release is as quick as this look.
    await until(() => session.transport.writable || isAnswered, "the poll");
    socket.send("5");
    await once(session, "upgrade");
    expect((await poll).text).toBe("6");
  });

  test("keeps the order of messages in both directions", async () => {
    const { client, polling, session } = await start();
    const received: unknown[] = [];
    session.on("message", (data) => received.push(data));
    session.send("1");
    await polling.push("4a");
    const socket = await client.probe(polling.sid);
    session.send("2");
    await polling.push("4b");
    const polled: string[] = [];
    while (polled.filter((packet) => packet !== "6").length < 2) polled.push(...(await polling.packets()));
    session.send("3");
    socket.send("5");
    socket.send("4c");
    session.send("4");
    const overSocket = [await socket.next(), await socket.next()];
    expect([...polled.filter((packet) => packet !== "6"), ...overSocket]).toEqual(["41", "42", "43", "44"]);
    await until(() => received.length === 3, "the messages");
    expect(received).toEqual(["a", "b", "c"]);
  });

  test("runs the callbacks of what was sent in its window", async () => {
    const { client, polling, session } = await start();
    const socket = await client.probe(polling.sid);
    const log: string[] = [];
    session.send("a", () => log.push("a"));
    socket.send("5");
    await once(session, "upgrade");
    session.send("b", () => log.push("b"));
    expect([await socket.next(), await socket.next()]).toEqual(["4a", "4b"]);
    expect(log).toEqual(["a", "b"]);
  });

  test("runs the callbacks of a batch whose response was cut off by it", async () => {
    const setup = await start();
    const { client, polling, session } = setup;
    const log: string[] = [];
    const socket = await client.probe(polling.sid);
    const poll = polling.packets();
    await until(() => session.transport.writable, "the poll");
    session.send("a", () => log.push("a"));
    socket.send("5");
    await once(session, "upgrade");
    session.send("b", () => log.push("b"));
    expect(await socket.nextText()).toMatch(/^4[ab]$/);
    await poll.catch(() => undefined);
    await until(() => log.length === 2, "the callbacks");
    expect(log).toEqual(["a", "b"]);
  });

  test("makes polling requests with the same id bad ones", async () => {
    const { client, polling, engine } = await start();
    const { socket } = await client.upgrade(polling);
    await once(engine.clients[polling.sid] as Socket, "upgrade");
    const refused = collect<[{ context: unknown }]>(engine, "connection_error", 3);
    expect((await polling.poll()).status).toBe(400);
    expect((await polling.push("4a")).json()).toEqual({ code: 3, message: "Bad request" });
    expect((await httpRequest(client.url("websocket", { sid: polling.sid }))).status).toBe(400);
    const [[first], , [last]] = (await refused) as [[{ context: unknown }], unknown, [{ context: unknown }]];
    expect(first.context).toEqual({ name: "TRANSPORT_MISMATCH", transport: "polling", previousTransport: "websocket" });
    expect(last.context).toEqual({ name: "TRANSPORT_HANDSHAKE_ERROR" });
    expect(socket.isOpen).toBe(true);
  });

  test("leaves no timer behind", async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const { client, polling, close } = await start({ pingInterval: 60_000 });
    const { socket } = await client.upgrade(polling);
    socket.terminate();
    await close();
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(before);
  });
});

describe("a candidate", () => {
  test.each([
    ["sends something else than a probe", "4message"],
    ["sends a ping that is no probe", "2"],
    ["upgrades without a probe", "5"],
    ["sends no packet at all", "abc"],
  ])("that %s is dropped, and the session goes on", async (_name, packet) => {
    const { client, polling, session } = await start();
    const socket = await client.socket({ sid: polling.sid });
    socket.send(packet);
    await socket.closed();
    expect([session.readyState, session.upgrading, session.upgraded]).toEqual(["open", false, false]);
    session.send("still here");
    expect(await polling.next()).toBe("4still here");
  });

  test("that sends something else than the upgrade after its probe is dropped", async () => {
    const { client, polling, session } = await start();
    const socket = await client.probe(polling.sid);
    socket.send("4message");
    await socket.closed();
    expect([session.readyState, session.upgrading]).toEqual(["open", false]);
  });

  test.each(["close", "terminate"] as const)("that is lost (%s) is forgotten, and another may come", async (how) => {
    const { client, polling, session } = await start();
    const first = await client.probe(polling.sid);
    first.ws[how]();
    await until(() => !session.upgrading, "the end of the upgrade");
    const second = await client.probe(polling.sid);
    second.send("5");
    await once(session, "upgrade");
    expect(session.transport.name).toBe("websocket");
  });

  test("S20 that is silent is dropped in time", async () => {
    const { client, polling, session } = await start({ upgradeTimeout: 40 });
    const silent = await client.socket({ sid: polling.sid });
    await silent.closed();
    const probed = await client.probe(polling.sid);
    await probed.closed();
    expect([session.readyState, session.upgrading]).toEqual(["open", false]);
  });

  test("is closed with the session", async () => {
    const { client, polling, session } = await start();
    const socket = await client.probe(polling.sid);
    const poll = polling.poll();
    await until(() => session.transport.writable, "the poll");
    session.close();
    await socket.closed();
    expect((await poll).text).toBe("1");
    expect(session.readyState).toBe("closed");
  });

  test("takes over a session that is closing, which says goodbye over it", async () => {
    const { client, polling, session } = await start();
    const socket = await client.probe(polling.sid);
    session.send("last words");
    session.close();
    expect(session.readyState).toBe("closing");
    socket.send("5");
    expect(await socket.next()).toBe("4last words");
    await socket.closed();
    expect(session.readyState).toBe("closed");
  });

  test("takes over a session that only waits for a poll to close, which then closes", async () => {
    const { client, polling, session } = await start();
    const socket = await client.probe(polling.sid);
    session.close();
    expect(session.readyState).toBe("closing");
    socket.send("5");
    await socket.closed();
    expect(session.readyState).toBe("closed");
  });
});

describe("S10 an upgrade", () => {
  test("of a session that is upgrading is closed, and both others live", async () => {
    const { client, polling, session } = await start();
    const first = await client.probe(polling.sid);
    const second = await client.socket({ sid: polling.sid });
    await second.closed();
    first.send("5");
    await once(session, "upgrade");
    session.send("alive");
    expect(await first.next()).toBe("4alive");
  });

  test("of a session that has upgraded is closed, and the session lives", async () => {
    const { client, polling, session } = await start();
    const { socket } = await client.upgrade(polling);
    await once(session, "upgrade");
    const second = await client.socket({ sid: polling.sid });
    await second.closed();
    session.send("alive");
    expect(await socket.next()).toBe("4alive");
  });

  test("of a WebSocket session is closed, and the session lives", async () => {
    const { client, engine } = await start();
    const socket = await client.websocket();
    const second = await client.socket({ sid: socket.handshake.sid });
    await second.closed();
    engine.clients[socket.handshake.sid]?.send("alive");
    expect(await socket.next()).toBe("4alive");
  });

  test("of a closed session is refused", async () => {
    const { client, polling, session } = await start();
    session.close(true);
    await expect(client.socket({ sid: polling.sid })).rejects.toThrow("400");
  });

  test.each(["nobody", "__proto__", "constructor", "toString"])("of %s is refused", async (sid) => {
    const { client } = await start();
    await expect(client.socket({ sid })).rejects.toThrow("400 Session ID unknown");
  });
});

test("S21 a POST and polls during the upgrade are served", async () => {
  const { client, polling, session } = await start();
  const socket = await client.probe(polling.sid);
  const message = once(session, "message");
  expect((await polling.push("4during")).status).toBe(200);
  expect((await message)[0]).toBe("during");
  expect((await polling.poll()).text).toBe("6");
  socket.send("5");
  await once(session, "upgrade");
});
