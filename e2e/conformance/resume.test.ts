// Session resume on the server, spoken by hand (docs/PROTOCOL.md, "Session resume"): counts, acknowledgements, the window, and a
// session that goes on over another connection with nothing lost and nothing doubled.
import type { Socket as Session } from "@everwire/server/engine";
import {
  collect,
  httpRequest,
  once,
  type RawPolling,
  type RawWebSocket,
  UpgradeRefused,
  until,
} from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { engineUnderTest, type EngineUnderTest, REFUSAL, SEPARATOR } from "./support.js";

type Opened = EngineUnderTest & { session: Session; sid: string };

async function openWebSocket(
  options: Parameters<typeof engineUnderTest>[0] = {},
): Promise<Opened & { socket: RawWebSocket }> {
  const under = await engineUnderTest(options);
  const connected = under.nextSession();
  const socket = await under.client.websocket({ ew: "1" });
  return { ...under, socket, session: await connected, sid: socket.handshake.sid };
}

async function openPolling(
  options: Parameters<typeof engineUnderTest>[0] = {},
): Promise<Opened & { polling: RawPolling }> {
  const under = await engineUnderTest(options);
  const connected = under.nextSession();
  const polling = await under.client.polling({ query: { ew: "1" } });
  return { ...under, polling, session: await connected, sid: polling.sid };
}

/** Cuts the connection without a close frame; resolves when the server has noticed. */
async function cut(session: Session, socket: RawWebSocket): Promise<unknown[]> {
  const suspended = once(session, "suspend");
  socket.ws.terminate();
  return suspended;
}

/** Tries to resume over WebSocket; gives the connection and the answer. */
async function back({ client, sid }: Opened, received: number, leg = 1) {
  const socket = await client.socket({ ew: "1", sid, resume: String(received), leg: String(leg) });
  const open = await socket.nextText();
  return { socket, handshake: JSON.parse(open.slice(1)) as { sid: string; resume: { received: number } } };
}

describe("the offer", () => {
  test("is made to a client that asks, on either transport", async () => {
    const { client } = await engineUnderTest({ resume: { windowMs: 5000, maxBufferBytes: 2048 } });
    const socket = await client.websocket({ ew: "1" });
    expect(socket.handshake).toMatchObject({ resume: { windowMs: 5000, maxBufferBytes: 2048 } });
    const polling = await client.polling({ query: { ew: "1" } });
    expect(polling.handshake).toMatchObject({ resume: { windowMs: 5000, maxBufferBytes: 2048 } });
    polling.release();
  });

  test("is not made to one that does not ask, nor where it is switched off", async () => {
    const { client } = await engineUnderTest();
    expect((await client.websocket()).handshake).not.toHaveProperty("resume");
    const { client: other } = await engineUnderTest({ resume: false });
    expect((await other.websocket({ ew: "1" })).handshake).not.toHaveProperty("resume");
  });

  test("leaves a plain session as it was: its end is its end, and a count is nothing to it", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    socket.send("6nonsense");
    const heard = once(session, "message");
    socket.send("4a");
    await heard;
    const closed = once(session, "close");
    socket.ws.terminate();
    expect((await closed)[0]).toBe("transport close");
  });
});

describe("acknowledgements", () => {
  test("leave after 32 messages", async () => {
    const { socket } = await openWebSocket();
    for (let i = 0; i < 32; i++) socket.send(`4${String(i)}`);
    expect(await socket.nextText()).toBe("632");
  });

  test("leave after 64 KiB", async () => {
    const { socket } = await openWebSocket();
    socket.send(`4${"x".repeat(40_000)}`);
    socket.send(new Uint8Array(40_000));
    expect(await socket.nextText()).toBe("62");
  });

  test("leave by themselves when nothing else does", async () => {
    const { socket } = await openWebSocket();
    socket.send("4a");
    expect(await socket.nextText()).toBe("61");
  });

  test("ride on the answer to a ping of the client, and on the server's pings", async () => {
    const { socket } = await openWebSocket({ pingInterval: 30, pingTimeout: 5000 });
    socket.send("4a");
    socket.send("20");
    expect(await socket.nextText()).toBe("31");
    expect(await socket.nextText()).toBe("21");
    socket.send("30");
    socket.send("4b");
    expect(await socket.nextText()).toBe("22");
  });

  test.each(["699", "6-1", "601", "61.5", "6", "6x", "3", "2", "3x", "6+", "6+x", "69007199254740993"])(
    "%s is no count that can be, and closes the session",
    async (packet) => {
      const { socket, session } = await openWebSocket();
      const closed = once(session, "close");
      socket.send(packet);
      expect((await closed)[0]).toBe("parse error");
    },
  );
});

describe("a broken connection", () => {
  test("suspends the session: it lives, and what is sent waits", async () => {
    const { session, socket, engine } = await openWebSocket();
    let isClosed = false;
    session.on("close", () => (isClosed = true));
    expect(await cut(session, socket)).toEqual(["transport close", undefined]);
    session.send("waits");
    expect([session.readyState, session.writable, isClosed]).toEqual(["suspended", false, false]);
    expect([engine.clientsCount, engine.counters.suspended]).toEqual([1, 1]);
  });

  test.each(["over WebSocket", "over polling"])(
    "is resumed %s: each side gets what it lacks, once and in order",
    async (way) => {
      const opened = await openWebSocket();
      const { session, socket, client, sid } = opened;
      const heard = collect(session, "message", 4);
      session.send("one");
      session.send("two");
      expect(await socket.nextText()).toBe("4one");
      expect(await socket.nextText()).toBe("4two");
      socket.send("4a");
      socket.send("4b");
      await until(() => session.resumption?.received === 2, "two messages");
      await cut(session, socket);
      session.send("three");
      const resumed = once(session, "resume");
      // The client says that it never got "two", and is told that "b" has arrived.
      if (way === "over WebSocket") {
        const { socket: again, handshake } = await back(opened, 1);
        expect(handshake).toMatchObject({ sid, resume: { received: 2 } });
        expect([await again.nextText(), await again.nextText()]).toEqual(["4two", "4three"]);
        again.send("4c");
        again.send("4d");
      } else {
        const open = await httpRequest(client.url("polling", { ew: "1", sid, resume: "1", leg: "1" }));
        const [handshake = "", ...rest] = open.text.split(SEPARATOR);
        expect(JSON.parse(handshake.slice(1))).toMatchObject({ sid, resume: { received: 2 } });
        expect(rest).toEqual(["4two"]);
        const later = { sid, leg: "1" };
        expect((await httpRequest(client.url("polling", { ...later, ack: "2" }))).text).toBe("4three");
        const body = ["4b", "4c", "4d"].join(SEPARATOR);
        const post = { method: "POST", body, headers: { "content-type": "text/plain" } };
        expect((await httpRequest(client.url("polling", { ...later, n: "1" }), post)).text).toBe("ok");
      }
      expect(await resumed).toEqual([{ replayed: 1 }]);
      expect((await heard).map(([data]) => data)).toEqual(["a", "b", "c", "d"]);
      expect(session.readyState).toBe("open");
      expect(opened.engine.counters).toMatchObject({ suspended: 0, resumed: 1, replayed: 1 });
    },
  );

  test("may be noticed by the client alone: the old connection is dropped", async () => {
    const opened = await openWebSocket();
    const { session, socket } = opened;
    session.send("one");
    const { socket: again } = await back(opened, 0);
    expect(await again.nextText()).toBe("4one");
    expect((await socket.closed()).code).toBe(1006);
    expect(session.readyState).toBe("open");
  });

  test("a poll that is cancelled suspends, a lost answer is sent again", async () => {
    const opened = await openPolling();
    const { session, polling, client, sid } = opened;
    session.send("one");
    expect(await polling.next()).toBe("4one");
    const suspended = once(session, "suspend");
    const poll = polling.poll().catch((error: unknown) => error);
    await until(() => session.transport.writable, "a poll that waits");
    polling.release();
    await poll;
    expect((await suspended)[0]).toBe("transport error");
    const again = await client.polling({ query: { ew: "1", sid, resume: "0", leg: "1" } });
    expect(await again.next()).toBe("4one");
    again.release();
  });

  test("a session that was resumed over polling moves up again", async () => {
    const opened = await openWebSocket();
    const { session, socket, client, sid } = opened;
    await cut(session, socket);
    const open = await httpRequest(client.url("polling", { ew: "1", sid, resume: "0", leg: "1" }));
    expect(JSON.parse(open.text.slice(1))).toMatchObject({ upgrades: ["websocket"] });
    const poll = httpRequest(client.url("polling", { sid, leg: "1" }));
    const candidate = await client.socket({ sid, leg: "1" });
    candidate.send("2probe");
    expect(await candidate.nextText()).toBe("3probe");
    expect((await poll).text).toBe("6");
    const upgraded = once(session, "upgrade");
    candidate.send("5");
    await upgraded;
    session.send("up");
    expect(await candidate.nextText()).toBe("4up");
  });

  test("can happen again and again", async () => {
    const opened = await openWebSocket();
    let { socket } = opened;
    const { session } = opened;
    for (let leg = 1; leg <= 5; leg++) {
      session.send(String(leg));
      await cut(session, socket);
      ({ socket } = await back(opened, leg - 1, leg));
      expect(await socket.nextText()).toBe(`4${String(leg)}`);
      expect(session.readyState).toBe("open");
    }
    expect(opened.engine.counters.resumed).toBe(5);
  });

  test("volatile messages are left out of the replay, and counted", async () => {
    const opened = await openWebSocket();
    const { session, socket } = opened;
    session.send("one");
    session.send("gone", { volatile: true });
    session.send("gone too", { volatile: true });
    session.send("four");
    for (let i = 0; i < 4; i++) await socket.nextText();
    await cut(session, socket);
    const { socket: again } = await back(opened, 0);
    expect([await again.nextText(), await again.nextText(), await again.nextText()]).toEqual(["4one", "6+2", "4four"]);
    again.send("64");
    session.send("five");
    expect(await again.nextText()).toBe("4five");
  });

  test("the client may leave out messages too", async () => {
    const opened = await openWebSocket();
    const { session, socket } = opened;
    const heard = once(session, "message");
    socket.send("6+3");
    socket.send("4d");
    await heard;
    expect(session.resumption?.received).toBe(4);
  });
});

describe("what ends a session for good", () => {
  test.each([
    ["a close packet", (socket: RawWebSocket) => socket.send("1")],
    ["a close frame without a code", (socket: RawWebSocket) => socket.ws.close()],
    ["a close frame with code 1000", (socket: RawWebSocket) => socket.ws.close(1000)],
    // RFC 6455 section 7.4.1, "going away": what browsers say for a page that was left and a worker that was ended.
    ["a close frame with code 1001", (socket: RawWebSocket) => socket.ws.close(1001)],
  ])("%s", async (_how, end) => {
    const { session, socket } = await openWebSocket();
    const closed = once(session, "close");
    end(socket);
    expect((await closed)[0]).toBe("transport close");
  });

  test("a client that gives up its connection with another code is waited for", async () => {
    const { session, socket } = await openWebSocket();
    const suspended = once(session, "suspend");
    socket.ws.close(4000);
    await suspended;
    expect(session.readyState).toBe("suspended");
  });

  describe("the last word of a page whose poll was ended before", () => {
    const headers = { "content-type": "text/plain" };

    async function openSuspended() {
      const opened = await openPolling();
      const { session, polling } = opened;
      const suspended = once(session, "suspend");
      const poll = polling.poll().catch((error: unknown) => error);
      await until(() => session.transport.writable, "a poll that waits");
      polling.release();
      await poll;
      await suspended;
      return opened;
    }

    test("is a close packet", async () => {
      const { session, client, sid, engine } = await openSuspended();
      const closed = once(session, "close");
      expect(await httpRequest(client.url("polling", { sid }), { method: "POST", body: "1", headers })).toMatchObject({
        status: 200,
        text: "ok",
      });
      expect((await closed)[0]).toBe("transport close");
      expect(engine.counters).toMatchObject({ suspended: 0, expired: 0 });
    });

    test("may come from a client that is the first to notice, above the leg of its tries", async () => {
      const opened = await openPolling();
      const { session, client, sid } = opened;
      const closed = once(session, "close");
      await httpRequest(client.url("polling", { sid, leg: "2" }), { method: "POST", body: "1", headers });
      expect((await closed)[0]).toBe("transport close");
      opened.polling.release();
    });

    test.each([
      ["another packet", { body: "6" }, {}],
      ["more than that", { body: ["1", "1"].join(SEPARATOR) }, {}],
      ["that of an older leg", { body: "1" }, { leg: "0" }],
      ["that of a leg that is none", { body: "1" }, { leg: "-1" }],
    ])("is not %s, by which the client learns that it has to resume", async (_what, request, query) => {
      const opened = await openSuspended();
      const { session, client, sid } = opened;
      if ("leg" in query) {
        const { socket } = await back(opened, 0, 1);
        await cut(session, socket);
      }
      const answer = await httpRequest(client.url("polling", { sid, ...query }), {
        method: "POST",
        headers,
        ...request,
      });
      expect(answer.status).toBe(400);
      expect(session.readyState).toBe("suspended");
    });
  });

  test("a message over the limit: it would only come again", async () => {
    const { session, socket } = await openWebSocket({ maxHttpBufferSize: 100 });
    const closed = once(session, "close");
    socket.send(`4${"x".repeat(200)}`);
    expect((await closed)[0]).toBe("transport error");
  });

  test("the window's end", async () => {
    const { session, socket, engine } = await openWebSocket({ resume: { windowMs: 20 } });
    const closed = once(session, "close");
    await cut(session, socket);
    expect((await closed)[0]).toBe("session expired");
    expect(engine.counters).toMatchObject({ suspended: 0, expired: 1 });
  });

  test("more than may wait", async () => {
    const { session, socket, engine } = await openWebSocket({ resume: { maxBufferBytes: 1000 } });
    await cut(session, socket);
    const closed = once(session, "close");
    for (let i = 0; i < 20; i++) session.send("x".repeat(100));
    expect((await closed)[0]).toBe("buffer overflow");
    expect(engine.counters).toMatchObject({ suspended: 0, overflowed: 1 });
  });

  test("too many sessions that wait: the one that waits longest goes", async () => {
    const first = await openWebSocket({ resume: { maxSuspended: 1 } });
    const closed = once(first.session, "close");
    await cut(first.session, first.socket);
    const connected = first.nextSession();
    const socket = await first.client.websocket({ ew: "1" });
    const second = await connected;
    await cut(second, socket);
    expect((await closed)[0]).toBe("session expired");
    expect(second.readyState).toBe("suspended");
  });

  test("close() while it is suspended: at once with discard, else once the client has been told", async () => {
    const opened = await openWebSocket();
    const { session, socket } = opened;
    await cut(session, socket);
    session.send("the last word");
    session.close();
    expect(session.readyState).toBe("suspended");
    const { socket: again } = await back(opened, 0);
    expect(await again.nextText()).toBe("4the last word");
    expect((await again.closed()).code).toBe(1005);
    expect(session.readyState).toBe("closed");

    const other = await openWebSocket();
    await cut(other.session, other.socket);
    const closed = once(other.session, "close");
    other.session.close(true);
    expect((await closed)[0]).toBe("forced close");
  });

  test("the close of the engine", async () => {
    const { session, socket, engine } = await openWebSocket();
    const closed = once(session, "close");
    await cut(session, socket);
    engine.close();
    expect((await closed)[0]).toBe("forced close");
    expect(engine.counters.suspended).toBe(0);
  });
});

describe("a try to resume is refused", () => {
  const REFUSED = { code: 4007, reason: "session unknown" };

  test("without such a session, in the words of each transport", async () => {
    const { client, engine } = await engineUnderTest();
    const query = { ew: "1", sid: "nobody", resume: "0", leg: "1" };
    const socket = await client.socket(query);
    expect(await socket.closed()).toEqual(REFUSED);
    const answer = await fetch(client.url("polling", query));
    expect([answer.status, await answer.json()]).toEqual([400, REFUSAL.UNKNOWN_SID]);
    expect(engine.counters.refused).toBe(2);
  });

  test("for a session that is a plain one, which does not notice", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const plain = await client.websocket();
    const session = await connected;
    const socket = await client.socket({ ew: "1", sid: plain.handshake.sid, resume: "0", leg: "1" });
    expect(await socket.closed()).toEqual(REFUSED);
    expect(session.readyState).toBe("open");
  });

  test("when it is older than the last one, or its numbers are none; the session does not notice", async () => {
    const opened = await openWebSocket();
    const { session, socket, client, sid } = opened;
    await cut(session, socket);
    const { socket: again } = await back(opened, 0, 7);
    for (const query of [
      { resume: "0", leg: "7" },
      { resume: "0", leg: "6" },
      { resume: "0" },
      { resume: "-1", leg: "8" },
      { resume: "1e3", leg: "8" },
      { resume: "0", leg: "x" },
      { resume: "", leg: "8" },
    ]) {
      const failed = await client.socket({ ew: "1", sid, ...query }).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(UpgradeRefused);
    }
    const heard = once(session, "message");
    again.send("4still here");
    await heard;
    expect(session.readyState).toBe("open");
  });

  test("with a count that can't be: that ends the session", async () => {
    const opened = await openWebSocket();
    const { session, socket } = opened;
    await cut(session, socket);
    const closed = once(session, "close");
    const again = await opened.client.socket({ ew: "1", sid: opened.sid, resume: "5", leg: "1" });
    expect(await again.closed()).toEqual(REFUSED);
    expect((await closed)[0]).toBe("parse error");
  });

  test("when something that the client lacks is no longer kept: that ends the session", async () => {
    const opened = await openWebSocket({ resume: { maxBufferBytes: 1000 } });
    const { session, socket, engine } = opened;
    for (let i = 0; i < 20; i++) session.send("x".repeat(100));
    for (let i = 0; i < 20; i++) await socket.nextText();
    const closed = once(session, "close");
    const again = await opened.client.socket({ ew: "1", sid: opened.sid, resume: "0", leg: "1" });
    expect(await again.closed()).toEqual(REFUSED);
    expect((await closed)[0]).toBe("buffer overflow");
    expect(engine.counters).toMatchObject({ overflowed: 1, refused: 1 });
  });

  test("by allowRequest, by middleware and for a foreign origin, as at the opening; the session goes on waiting", async () => {
    const seen: string[] = [];
    let isWanted = true;
    const opened = await openWebSocket({
      allowRequest: (request, done) => {
        seen.push(request.url ?? "");
        done(null, isWanted);
      },
    });
    const { session, socket, client, sid, engine } = opened;
    await cut(session, socket);
    isWanted = false;
    const query = { ew: "1", sid, resume: "0", leg: "1" };
    const answer = await fetch(client.url("polling", query));
    expect([answer.status, await answer.json()]).toEqual([403, REFUSAL.FORBIDDEN]);
    expect(seen).toHaveLength(2);
    isWanted = true;
    const foreign = await client
      .socket(query, { headers: { origin: "http://elsewhere.test" } })
      .catch((error: unknown) => error);
    expect(foreign).toMatchObject({ status: 403 });
    engine.use((_request, _response, next) => next(isWanted ? new Error("no") : undefined));
    expect((await fetch(client.url("polling", query))).status).toBe(400);
    isWanted = false;
    expect(session.readyState).toBe("suspended");
  });
});

describe("polling requests that come twice, or late", () => {
  const headers = { "content-type": "text/plain" };

  test("a POST that is sent again is answered, and nothing of it doubled", async () => {
    const { session, polling } = await openPolling();
    const heard = collect(session, "message", 4);
    const first = { method: "POST", query: { n: "0" }, body: ["4a", "4b"].join(SEPARATOR), headers };
    expect((await polling.request(first)).status).toBe(200);
    expect((await polling.request(first)).status).toBe(200);
    const overlapping = { ...first, query: { n: "1" }, body: ["4b", "4c"].join(SEPARATOR) };
    expect((await polling.request(overlapping)).status).toBe(200);
    expect((await polling.request({ ...first, query: { n: "3" }, body: "4d" })).status).toBe(200);
    expect((await heard).map(([data]) => data)).toEqual(["a", "b", "c", "d"]);
    polling.release();
  });

  test.each([
    ["a POST that leaves something out", { n: "5" }],
    ["a POST whose count is none", { n: "x" }],
    ["an acknowledgement of what was not sent", { n: "0", ack: "9" }],
  ])("%s is an error", async (_what, query) => {
    const { session, polling } = await openPolling();
    const closed = once(session, "close");
    expect((await polling.request({ method: "POST", query, body: "4a", headers })).status).toBe(400);
    expect((await closed)[0]).toBe("parse error");
    polling.release();
  });

  test("an older leg is refused, and the session does not notice", async () => {
    const { session, polling, client, sid } = await openPolling();
    await httpRequest(client.url("polling", { ew: "1", sid, resume: "0", leg: "3" }));
    expect((await polling.request({ method: "POST", query: { n: "0" }, body: "4late", headers })).status).toBe(400);
    await expect(client.socket({ sid })).rejects.toMatchObject({ status: 400 });
    const heard = once(session, "message");
    await httpRequest(client.url("polling", { sid, n: "0", leg: "3" }), { method: "POST", body: "4a", headers });
    expect((await heard)[0]).toBe("a");
    polling.release();
  });

  test("`ack` frees what was kept", async () => {
    const { session, polling } = await openPolling();
    session.send("x".repeat(500));
    await polling.next();
    expect(session.resumption?.bytes).toBe(500 + 64);
    const poll = polling.request({ query: { ack: "1" } });
    await until(() => session.resumption?.bytes === 0, "room");
    session.send("y");
    expect((await poll).text).toBe("4y");
    polling.release();
  });
});
