// The end of a session, from either side, and of the engine: nothing stays behind.
import { once, RawTcp, until, upgradeRequest } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { engineUnderTest, SEPARATOR } from "./support.js";

describe("over polling", () => {
  test("a close packet ends the session, and frees the waiting poll with a noop", async () => {
    const { client, nextSession, engine } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    const poll = polling.packets();
    await until(() => session.transport.writable, "the poll");
    const closed = once(session, "close");
    expect((await polling.push("1")).text).toBe("ok");
    expect(await poll).toEqual(["6"]);
    expect((await closed)[0]).toBe("transport close");
    expect(engine.clientsCount).toBe(0);
    expect((await polling.poll()).json()).toEqual({ code: 1, message: "Session ID unknown" });
    polling.release();
  });

  test("close() with a waiting poll answers it with the end", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    const poll = polling.poll();
    await until(() => session.transport.writable, "the poll");
    const closed = once(session, "close");
    session.close();
    expect((await poll).text.split(SEPARATOR)).toContain("1");
    expect((await closed)[0]).toBe("forced close");
    polling.release();
  });

  test("close() without a poll waits for the next one and answers noop and close", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    session.close();
    const closed = once(session, "close");
    expect((await polling.poll()).text).toBe(`6${SEPARATOR}1`);
    expect((await closed)[0]).toBe("forced close");
    polling.release();
  });

  test("close() lets buffered packets go first; close(true) does not wait for them", async () => {
    const { client, nextSession } = await engineUnderTest();
    let connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    session.send("last words");
    session.close();
    expect(session.readyState).toBe("closing");
    const packets: string[] = [];
    while (!packets.includes("1")) packets.push(...(await polling.packets()));
    expect(packets[0]).toBe("4last words");
    polling.release();

    connected = nextSession();
    const other = await client.polling();
    const discarded = await connected;
    discarded.send("never said");
    const closed = once(discarded, "close");
    discarded.close(true);
    const answer = await other.poll();
    expect(answer.text).not.toContain("never said");
    expect((await closed)[0]).toBe("forced close");
    other.release();
  });

  test("on close the unsent packets can still be read", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    let unsent = 0;
    session.on("close", () => {
      unsent = session.writeBuffer.length;
    });
    session.send("one");
    session.send("two");
    const closed = once(session, "close");
    await polling.push("1");
    await closed;
    expect(unsent).toBe(2);
    await until(() => session.writeBuffer.length === 0, "an empty buffer");
    polling.release();
  });
});

describe("over WebSocket", () => {
  test("a close packet ends the session", async () => {
    const { client, nextSession, engine } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    socket.send("1");
    expect((await closed)[0]).toBe("transport close");
    await socket.closed();
    expect(engine.clientsCount).toBe(0);
  });

  test("a close frame ends the session and is answered", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const closed = once(await connected, "close");
    socket.ws.close(1000, "bye");
    expect((await closed)[0]).toBe("transport close");
    expect((await socket.closed()).code).toBe(1000);
  });

  test("close() sends what is buffered, then closes", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    session.send("last words");
    session.send(Buffer.alloc(200_000, 1));
    session.close();
    expect(await socket.nextText()).toBe("4last words");
    expect(await socket.next()).toHaveLength(200_000);
    await socket.closed();
    expect((await closed)[0]).toBe("forced close");
  });

  test("close() from a connection listener is seen by the client", async () => {
    const { client, engine } = await engineUnderTest();
    engine.on("connection", (session: { close(): unknown }) => {
      session.close();
    });
    const socket = await client.websocket();
    await socket.closed();
    expect(engine.clientsCount).toBe(0);
  });

  test("close happens once, however often it is asked for", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    let closes = 0;
    session.on("close", () => {
      closes += 1;
    });
    session.close();
    session.close();
    session.close(true);
    socket.send("1");
    await socket.closed();
    await until(() => session.readyState === "closed", "the closed session");
    expect(closes).toBe(1);
  });
});

describe("the engine", () => {
  test("close() ends every session, on both transports", async () => {
    const { client, engine } = await engineUnderTest();
    const polling = await client.polling();
    const poll = polling.poll().catch((error: unknown) => error);
    const sockets = await Promise.all([client.websocket(), client.websocket()]);
    expect(engine.clientsCount).toBe(3);
    expect(engine.close()).toBe(engine);
    await Promise.all(sockets.map((socket) => socket.closed()));
    await poll;
    await until(() => engine.clientsCount === 0, "no session left");
    polling.release();
  });

  test("closes when its HTTP server does", async () => {
    const { client, engine, httpServer } = await engineUnderTest();
    const polling = await client.polling();
    expect(engine.clientsCount).toBe(1);
    polling.release();
    httpServer.close();
    await until(() => engine.clientsCount === 0, "no session left");
  });

  test("a client that breaks off in the middle of the opening leaves nothing", async () => {
    const { port, client, engine, connections } = await engineUnderTest();
    for (let i = 0; i < 5; i++) {
      const tcp = await RawTcp.open(port);
      tcp.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket"));
      tcp.reset();
    }
    const other = await client.websocket();
    await until(() => engine.clientsCount === 1, "only the other session");
    await until(() => connections.size === 1, "only the other connection");
    await other.close();
  });
});
