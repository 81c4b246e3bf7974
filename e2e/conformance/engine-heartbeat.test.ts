// The heartbeat: Engine.IO protocol v4, "Heartbeat". The server pings, the client answers, each has its deadline.
import { once, until } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { engineUnderTest } from "./support.js";

const SHORT = { pingInterval: 40, pingTimeout: 60 };

describe("over WebSocket", () => {
  test("the server pings each interval as long as it is answered", async () => {
    const { client, nextSession } = await engineUnderTest({ pingInterval: 20, pingTimeout: 500 });
    const connected = nextSession();
    const start = performance.now();
    const socket = await client.websocket();
    const session = await connected;
    for (let i = 0; i < 4; i++) {
      const beat = once(session, "heartbeat");
      expect(await socket.nextRaw()).toBe("2");
      socket.send("3");
      await beat;
    }
    expect(performance.now() - start).toBeGreaterThanOrEqual(76);
    expect(session.readyState).toBe("open");
    await socket.close();
  });

  test("a client that does not answer is closed with ping timeout, and its connection too", async () => {
    const { client, nextSession, engine } = await engineUnderTest(SHORT);
    const connected = nextSession();
    const start = performance.now();
    const socket = await client.websocket();
    const session = await connected;
    const [reason] = await once(session, "close");
    expect(reason).toBe("ping timeout");
    expect(performance.now() - start).toBeGreaterThanOrEqual(95);
    await socket.closed();
    expect(engine.clientsCount).toBe(0);
  });

  test("a pong nobody asked for does no harm", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    socket.send("3");
    const heard = once(session, "message");
    socket.send("4x");
    expect((await heard)[0]).toBe("x");
    await socket.close();
  });

  test("a ping from the client is the wrong direction: transport error", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    socket.send("2");
    expect((await closed)[0]).toBe("transport error");
    await socket.closed();
  });

  test("messages alone keep a session no longer than one more timeout", async () => {
    const { client, nextSession } = await engineUnderTest({ pingInterval: 30, pingTimeout: 100 });
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    const chatter = setInterval(() => {
      if (socket.isOpen) socket.send("4still talking");
    }, 10);
    try {
      expect((await closed)[0]).toBe("ping timeout");
    } finally {
      clearInterval(chatter);
    }
    await socket.closed();
  });
});

describe("over polling", () => {
  test("the ping comes with a poll and is answered by a POST", async () => {
    const { client, nextSession } = await engineUnderTest({ pingInterval: 20, pingTimeout: 500 });
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    for (let i = 0; i < 3; i++) {
      expect(await polling.packets()).toEqual(["2"]);
      const beat = once(session, "heartbeat");
      await polling.push("3");
      await beat;
    }
    polling.release();
  });

  test("a client that never polls is closed with ping timeout", async () => {
    const { client, nextSession, engine } = await engineUnderTest(SHORT);
    const connected = nextSession();
    const polling = await client.polling();
    const [reason] = await once(await connected, "close");
    expect(reason).toBe("ping timeout");
    expect(engine.clientsCount).toBe(0);
    expect((await polling.poll()).json()).toEqual({ code: 1, message: "Session ID unknown" });
    polling.release();
  });

  test("a poll that waits when the session times out is answered", async () => {
    const { client, nextSession } = await engineUnderTest(SHORT);
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    expect(await polling.packets()).toEqual(["2"]);
    const closed = once(session, "close");
    const poll = polling.poll().catch((error: unknown) => error);
    expect((await closed)[0]).toBe("ping timeout");
    await poll;
    polling.release();
  });
});

test("a hundred sessions that stay silent are all let go", async () => {
  const { client, engine } = await engineUnderTest(SHORT);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => client.websocket()));
  await until(() => engine.clientsCount === 0, "no session left");
  await Promise.all(sockets.map((socket) => socket.closed()));
});
