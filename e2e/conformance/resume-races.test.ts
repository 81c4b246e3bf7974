// Session resume under a hostile or unlucky client: requests that end after their session has gone elsewhere, connections that nobody
// reads, upgrades that a suspension cuts short, more sessions than may wait (docs/PROTOCOL.md, "Session resume").
import type { Socket as TcpSocket } from "node:net";
import type { Socket as Session } from "@everwire/server/engine";
import { collect, once, RawTcp, type RawPolling, type RawWebSocket, turns, until } from "@everwire/testkit";
import { expect, onTestFinished, test } from "vitest";
import { engineUnderTest, type EngineUnderTest } from "./support.js";

const MIB = 1024 * 1024;

type Opened = EngineUnderTest & { session: Session; polling: RawPolling; log: string[]; accepted: TcpSocket[] };

/** A session over polling; `log` tells how it is suspended and closed. */
async function opened(options: Parameters<typeof engineUnderTest>[0] = {}): Promise<Opened> {
  const under = await engineUnderTest(options);
  const accepted: TcpSocket[] = [];
  under.httpServer.on("connection", (socket: TcpSocket) => accepted.push(socket));
  const connected = under.nextSession();
  const polling = await under.client.polling({ query: { ew: "1" } });
  onTestFinished(() => polling.release());
  const session = await connected;
  const log: string[] = [];
  for (const event of ["suspend", "close"]) session.on(event, (reason: string) => log.push(`${event}: ${reason}`));
  return { ...under, session, polling, log, accepted };
}

/** A request whose answer is not read. */
async function request({ polling, port }: Opened, method: string, headers = "", query = {}): Promise<RawTcp> {
  const { pathname, search } = new URL(polling.url(query));
  const tcp = await RawTcp.open(port, { paused: true });
  onTestFinished(() => tcp.destroy());
  tcp.write(`${method} ${pathname}${search} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
  return tcp;
}

/** Takes the session back over WebSocket. */
async function back({ client, polling }: Opened, received: number, leg = 1): Promise<RawWebSocket> {
  const socket = await client.socket({ ew: "1", sid: polling.sid, resume: String(received), leg: String(leg) });
  expect(await socket.nextText()).toMatch(/^0/);
  return socket;
}

test("a body that is whole only after the session was resumed counts for nothing, and nobody waits for it", async () => {
  const one = await opened();
  const heard: unknown[] = [];
  one.session.on("message", (data: unknown) => heard.push(data));
  const posted = once(one.httpServer, "request");
  const tcp = await request(one, "POST", "Content-Length: 8\r\n", { n: "0" });
  await posted;
  tcp.write("4lat");
  const socket = await back(one, 0);
  tcp.write("e\x1e4x");
  socket.send("4first");
  await until(() => heard.length > 0, "a message");
  socket.send("20");
  expect(await socket.nextText()).toBe("31");
  expect([heard, one.log]).toEqual([["first"], ["suspend: transport close"]]);
});

test("a poll that was answered before has no say in what becomes of the session", async () => {
  const one = await opened();
  const first = once(one.session, "drain");
  const tcp = await request(one, "GET");
  one.session.send("a");
  await first;
  const polled = once(one.httpServer, "request");
  const second = one.polling.poll();
  await polled;
  tcp.destroy();
  await until(() => one.accepted.some(({ destroyed }) => destroyed), "the end of the connection");
  one.session.send("b");
  expect((await second).text).toBe("4b");
  expect(one.log).toEqual([]);
});

test("a poll that a browser repeats because its answer was lost gets that answer, in order and once", async () => {
  const one = await opened();
  one.session.send("a");
  expect((await one.polling.request({ query: { ack: "0" } })).text).toBe("4a");
  // What follows an acknowledged message is lost twice, the second time with more behind it.
  one.session.send("b");
  one.session.send(Buffer.from([1, 255]));
  expect((await one.polling.request({ query: { ack: "1" } })).text).toBe("4b\x1ebAf8=");
  one.session.send("c");
  expect((await one.polling.request({ query: { ack: "1" } })).text).toBe("4b\x1ebAf8=");
  expect((await one.polling.request({ query: { ack: "3" } })).text).toBe("4c");
  const last = one.polling.request({ query: { ack: "4" } });
  one.session.send("d");
  expect((await last).text).toBe("4d");
  expect(one.log).toEqual([]);
});

test("a repeated poll that asks for what is no longer kept ends the session", async () => {
  const one = await opened({ resume: { maxBufferBytes: 1000 } });
  for (const letter of ["a", "b"]) one.session.send(letter.repeat(800));
  expect((await one.polling.request({ query: { ack: "0" } })).text).toHaveLength(2 * 801 + 1);
  expect((await one.polling.request({ query: { ack: "0" } })).status).toBe(400);
  expect(one.log).toEqual(["close: buffer overflow"]);
});

test("an answer that nobody reads goes with the connection when the session is resumed elsewhere", async () => {
  const limits = { maxBufferedBytes: 64 * MIB, resume: { maxBufferBytes: 64 * MIB } };
  const one = await opened(limits);
  const polled = once(one.httpServer, "request");
  await request(one, "GET");
  await polled;
  const held = one.accepted.at(-1) as TcpSocket;
  one.session.send("x".repeat(32 * MIB));
  await until(() => held.writableLength > MIB, "an answer that is not read");
  await back(one, 0);
  await until(() => held.destroyed, "the end of the connection");
});

test("while an answer is not read the next ones wait, and are counted", async () => {
  const one = await opened({ maxBufferedBytes: 40 * MIB, resume: { maxBufferBytes: 64 * MIB } });
  const closed = once(one.session, "close");
  for (let i = 0; i < 2; i += 1) {
    const polled = once(one.httpServer, "request");
    await request(one, "GET");
    await polled;
    one.session.send("x".repeat(32 * MIB));
    await turns(3);
  }
  expect((await closed)[0]).toBe("buffer overflow");
});

test("an upgrade that a suspension cuts short does not end the session for a client that believes it done", async () => {
  const one = await opened();
  const socket = await one.client.socket({ sid: one.polling.sid });
  socket.send("2probe");
  expect(await socket.nextText()).toBe("3probe");
  const polled = once(one.httpServer, "request");
  const tcp = await request(one, "GET");
  await polled;
  const suspended = once(one.session, "suspend");
  tcp.destroy();
  await suspended;
  expect((await socket.closed()).code).toBe(1006);
});

test("a session that is taken over takes no place of those that wait", async () => {
  const first = await opened({ resume: { maxSuspended: 1 } });
  const posted = once(first.httpServer, "request");
  const tcp = await request(first, "POST", "Content-Length: 8\r\n");
  await posted;
  const suspended = once(first.session, "suspend");
  tcp.destroy();
  await suspended;
  const connected = first.nextSession();
  const polling = await first.client.polling({ query: { ew: "1" } });
  onTestFinished(() => polling.release());
  const second = await connected;
  await back({ ...first, polling }, 0);
  expect([first.session.readyState, second.readyState]).toEqual(["suspended", "open"]);
  expect(first.engine.counters).toMatchObject({ suspended: 1, resumed: 1, expired: 0 });
});

test("close() while it is suspended is the last word: nothing that is sent after it is taken", async () => {
  const one = await opened();
  const posted = once(one.httpServer, "request");
  const tcp = await request(one, "POST", "Content-Length: 8\r\n");
  await posted;
  const suspended = once(one.session, "suspend");
  tcp.destroy();
  await suspended;
  one.session.send("the last word");
  one.session.close();
  one.session.send("too late");
  const socket = await back(one, 0);
  expect(await socket.nextText()).toBe("4the last word");
  expect((await socket.closed()).code).toBe(1005);
});

test("messages without a byte of data are not kept without an end", async () => {
  const one = await opened({ resume: { maxBufferBytes: 10_000 } });
  const socket = await back(one, 0);
  const heard = collect(one.session, "drain", 1);
  for (let i = 0; i < 1_000; i += 1) one.session.send("");
  await heard;
  const closed = once(one.session, "close");
  const again = await one.client.socket({ ew: "1", sid: one.polling.sid, resume: "0", leg: "2" });
  expect((await again.closed()).code).toBe(4007);
  expect((await closed)[0]).toBe("buffer overflow");
  await socket.closed();
});
