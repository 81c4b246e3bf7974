// Moving a session from polling to WebSocket: Engine.IO protocol v4, "Upgrade", and every race around it.
import { collect, deferred, httpRequest, once, type RawPolling, until } from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { engineUnderTest, type EngineUnderTest } from "./support.js";

async function opened(
  options: Parameters<typeof engineUnderTest>[0] = {},
): Promise<EngineUnderTest & { polling: RawPolling; session: Session }> {
  const under = await engineUnderTest(options);
  const connected = under.nextSession();
  const polling = await under.client.polling();
  return { ...under, polling, session: await connected };
}

describe("an upgrade", () => {
  test("is probed, frees the waiting poll with a noop, and moves the session", async () => {
    const { client, polling, session } = await opened();
    const events: string[] = [];
    session.on("upgrading", () => events.push(`upgrading ${session.transport.name}`));
    session.on("upgrade", () => events.push(`upgrade ${session.transport.name}`));
    const poll = polling.packets();
    const socket = await client.probe(polling.sid);
    expect(await poll).toEqual(["6"]);
    const upgraded = once(session, "upgrade");
    socket.send("5");
    await upgraded;
    expect(events).toEqual(["upgrading polling", "upgrade websocket"]);
    expect(session.upgraded).toBe(true);
    session.send("over WebSocket");
    expect(await socket.nextText()).toBe("4over WebSocket");
    const heard = once(session, "message");
    socket.send("4me too");
    expect((await heard)[0]).toBe("me too");
    await socket.close();
    polling.release();
  });

  test("keeps messages of both directions in order, each once", async () => {
    const { client, polling, session } = await opened();
    const heard = collect(session, "message", 30);
    const got: string[] = [];
    let sent = 0;
    const say = (): void => {
      session.send(`s${String(sent++)}`);
    };
    for (let i = 0; i < 10; i++) {
      say();
      await polling.push(`4c${String(i)}`);
    }
    got.push(...(await polling.packets()));
    const poll = polling.packets();
    const socket = await client.probe(polling.sid);
    for (let i = 10; i < 20; i++) {
      say();
      await polling.push(`4c${String(i)}`);
    }
    got.push(...(await poll));
    const upgraded = once(session, "upgrade");
    socket.send("5");
    for (let i = 20; i < 30; i++) {
      say();
      socket.send(`4c${String(i)}`);
    }
    await upgraded;
    const expected = Array.from({ length: 30 }, (_, i) => `4s${String(i)}`);
    while (got.filter((packet) => packet !== "6").length < 30) got.push(await socket.nextText());
    expect(got.filter((packet) => packet !== "6")).toEqual(expected);
    expect((await heard).map(([data]) => data)).toEqual(Array.from({ length: 30 }, (_, i) => `c${String(i)}`));
    await socket.close();
    polling.release();
  });

  test("fires the callbacks of what was sent while it was under way", async () => {
    const { client, polling, session } = await opened();
    const poll = polling.packets();
    const socket = await client.probe(polling.sid);
    await poll;
    const called = deferred();
    session.send("in between", {}, () => {
      called.resolve();
    });
    socket.send("5");
    expect(await socket.nextText()).toBe("4in between");
    await called.promise;
    await socket.close();
    polling.release();
  });

  test("with a noop every poll until it is done", async () => {
    const { client, polling } = await opened();
    const poll = polling.packets();
    const socket = await client.probe(polling.sid);
    expect(await poll).toEqual(["6"]);
    expect(await polling.packets()).toEqual(["6"]);
    socket.send("5");
    await socket.close();
    polling.release();
  });

  test("leaves polling requests of the same session with 400", async () => {
    const { client, polling, session } = await opened();
    const { socket } = await client.upgrade(polling);
    await until(() => session.upgraded, "the upgrade");
    expect((await polling.poll()).json()).toEqual({ code: 3, message: "Bad request" });
    expect((await polling.push("4x")).status).toBe(400);
    session.send("alive");
    expect(await socket.nextText()).toBe("4alive");
    await socket.close();
    polling.release();
  });
});

describe("a probe that fails leaves the session on polling", () => {
  const stillOnPolling = async (polling: RawPolling, session: Session): Promise<void> => {
    expect(session.readyState).toBe("open");
    expect(session.transport.name).toBe("polling");
    const heard = once(session, "message");
    await polling.push("4still polling");
    expect((await heard)[0]).toBe("still polling");
    session.send("still here");
    const packets: string[] = [];
    while (!packets.includes("4still here")) packets.push(...(await polling.packets()));
    polling.release();
  };

  test.each(["2", "2wrong", "3probe", "4message", "1", "6", "x"])("the first packet is %j", async (packet) => {
    const { client, polling, session } = await opened();
    const socket = await client.socket({ sid: polling.sid });
    socket.send(packet);
    await socket.closed();
    await stillOnPolling(polling, session);
  });

  test.each(["2", "4message", "3probe", "x", "1"])("after the probe comes %j", async (packet) => {
    const { client, polling, session } = await opened();
    const socket = await client.probe(polling.sid);
    socket.send(packet);
    await socket.closed();
    await stillOnPolling(polling, session);
  });

  test("it closes before the probe", async () => {
    const { client, polling, session } = await opened();
    const socket = await client.socket({ sid: polling.sid });
    await socket.close();
    await stillOnPolling(polling, session);
  });

  test("it breaks after the probe", async () => {
    const { client, polling, session } = await opened();
    const socket = await client.probe(polling.sid);
    socket.terminate();
    await socket.closed();
    await stillOnPolling(polling, session);
  });

  test("it is never finished: closed after upgradeTimeout, and another try succeeds", async () => {
    const { client, polling, session } = await opened({ upgradeTimeout: 50 });
    const socket = await client.probe(polling.sid);
    await socket.closed();
    await until(() => !session.upgrading, "the end of the first upgrade");
    const poll = polling.packets().catch(() => []);
    const second = await client.probe(polling.sid);
    second.send("5");
    await until(() => session.upgraded, "the second upgrade");
    await poll;
    await second.close();
    polling.release();
  });

  test("it sends binary instead of a probe", async () => {
    const { client, polling, session } = await opened();
    const socket = await client.socket({ sid: polling.sid });
    socket.send(Buffer.from("2probe"));
    await socket.closed();
    await stillOnPolling(polling, session);
  });
});

describe("a second upgrade", () => {
  const refused = async (under: EngineUnderTest, sid: string): Promise<void> => {
    const second = await under.client.socket({ sid }).catch(() => undefined);
    second?.send("2probe");
    await second?.closed();
  };

  test("while the first is under way is closed; the first goes on", async () => {
    const under = await opened();
    const poll = under.polling.packets();
    const socket = await under.client.probe(under.polling.sid);
    await poll;
    await refused(under, under.polling.sid);
    socket.send("5");
    await until(() => under.session.upgraded, "the upgrade");
    under.session.send("alive");
    expect(await socket.nextText()).toBe("4alive");
    await socket.close();
    under.polling.release();
  });

  test("after the first is closed; the session goes on", async () => {
    const under = await opened();
    const { socket } = await under.client.upgrade(under.polling);
    await until(() => under.session.upgraded, "the upgrade");
    await refused(under, under.polling.sid);
    under.session.send("alive");
    expect(await socket.nextText()).toBe("4alive");
    await socket.close();
    under.polling.release();
  });
});

describe("a session that ends while it upgrades", () => {
  test("closed by the server: the probing connection is closed too", async () => {
    const { client, polling, session, engine } = await opened();
    const poll = polling.packets();
    const socket = await client.probe(polling.sid);
    await poll;
    const closed = once(session, "close");
    const last = polling.poll().catch(() => undefined);
    session.close();
    expect((await closed)[0]).toBe("forced close");
    await socket.closed();
    await last;
    expect(engine.clientsCount).toBe(0);
    polling.release();
  });

  test("closed by the client over polling: the probing connection is closed too", async () => {
    const { client, polling, session } = await opened();
    const socket = await client.probe(polling.sid);
    const closed = once(session, "close");
    await polling.push("1");
    expect((await closed)[0]).toBe("transport close");
    await socket.closed();
    polling.release();
  });

  test("engine.close() ends the session and the probing connection", async () => {
    const { client, polling, session, engine } = await opened();
    const socket = await client.probe(polling.sid);
    const closed = once(session, "close");
    engine.close();
    await closed;
    await socket.closed();
    polling.release();
  });

  test("ping timeout ends the probing connection", async () => {
    const { client, polling, session } = await opened({ pingInterval: 30, pingTimeout: 40 });
    const socket = await client.probe(polling.sid);
    expect((await once(session, "close"))[0]).toBe("ping timeout");
    await socket.closed();
    polling.release();
  });
});

test("an upgrade is refused when upgrades are off; the session goes on", async () => {
  const { client, polling, session } = await opened({ allowUpgrades: false });
  expect(polling.handshake.upgrades).toEqual([]);
  const socket = await client.socket({ sid: polling.sid }).catch(() => undefined);
  socket?.send("2probe");
  await socket?.closed();
  const heard = once(session, "message");
  await polling.push("4still polling");
  expect((await heard)[0]).toBe("still polling");
  polling.release();
});

test("an upgrade with another protocol version is refused", async () => {
  const { client, polling } = await opened();
  await expect(client.socket({ sid: polling.sid, EIO: "3" })).rejects.toMatchObject({ status: 400 });
  const answer = await httpRequest(polling.url({ EIO: "3" }));
  expect(answer.json()).toEqual({ code: 3, message: "Bad request" });
  polling.release();
});
