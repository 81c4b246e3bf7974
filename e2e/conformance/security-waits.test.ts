// Waits that a peer, or an application that forgets to answer, could make endless: each has a deadline, and behind it nothing is left,
// the connection included. Each test names the line of the list it belongs to.
import { connect, type Socket as NetSocket } from "node:net";
import { encodeFrame, httpRequest, once, RawTcp, until, upgradeRequest } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { underAttack } from "./bystander.js";
import { rawSocket, TARGET } from "./raw-frames.js";

const OPEN = "/socket.io/?EIO=4&transport=polling";

/** A peer that says what it has to say, reads nothing, and never ends its half of the connection. */
async function halfOpen(port: number, text: string): Promise<NetSocket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

describe("S11 an upgrade that nobody serves leaves no connection", () => {
  test("to a peer that keeps its half of it open", async () => {
    const { port, connections, unharmed } = await underAttack({ destroyUpgradeTimeout: 10 });
    const before = connections.size;
    await halfOpen(port, upgradeRequest("/elsewhere"));
    await until(() => connections.size > before, "the connection");
    await until(() => connections.size === before, "its end");
    await unharmed();
  });

  test("behind a request that was answered on the same connection", async () => {
    const { port, unharmed } = await underAttack({ destroyUpgradeTimeout: 10 });
    const tcp = await RawTcp.open(port);
    tcp.write("GET /socket.io/?EIO=4&transport=tobacco HTTP/1.1\r\nHost: x\r\n\r\n");
    expect((await tcp.readResponse()).status).toBe(400);
    tcp.write(upgradeRequest("/elsewhere"));
    await tcp.closed();
    await unharmed();
  });

  test("behind a request whose answer comes later, from somebody else", async () => {
    const answers: (() => void)[] = [];
    const listener = (_request: unknown, response: { end(body: string): void }): void => {
      answers.push(() => {
        response.end("late");
      });
    };
    const { port, unharmed } = await underAttack({ destroyUpgradeTimeout: 50, serveClient: false, http: { listener } });
    const tcp = await RawTcp.open(port);
    tcp.write("GET /socket.io HTTP/1.1\r\nHost: x\r\n\r\n", upgradeRequest("/elsewhere"));
    await until(() => answers.length === 1, "the request");
    for (const answer of answers) answer();
    await tcp.closed();
    await unharmed();
  });

  test("behind a bundle that is still read from the disk", async () => {
    const { port, connections, unharmed } = await underAttack({ destroyUpgradeTimeout: 50 });
    const before = connections.size;
    for (let i = 0; i < 20; i++) {
      const tcp = await RawTcp.open(port);
      tcp.write("GET /socket.io/socket.io.js HTTP/1.1\r\nHost: x\r\n\r\n", upgradeRequest("/elsewhere"));
      await tcp.closed();
    }
    await until(() => connections.size === before, "the end of them");
    await unharmed();
  });

  test("behind a poll that waits on the same connection", async () => {
    const { client, port, unharmed } = await underAttack({ destroyUpgradeTimeout: 10 });
    const polling = await client.polling();
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`, upgradeRequest("/elsewhere"));
    await tcp.closed();
    polling.release();
    await unharmed();
  });
});

describe("S6 a refusal that is not read", () => {
  test.each([
    { title: "of an upgrade", request: upgradeRequest(`${TARGET}&sid=nobody`) },
    { title: "of a handshake without its key", request: upgradeRequest(TARGET, { "Sec-WebSocket-Key": "" }) },
  ])("$title, behind an answer that is not read either: the connection is cut", async ({ request }) => {
    const listener = (_request: unknown, response: { end(body: Buffer): void }): void => {
      response.end(Buffer.alloc(30_000_000));
    };
    const { port, connections, unharmed } = await underAttack({ upgradeTimeout: 60, http: { listener } });
    const before = new Set(connections);
    const socket = await halfOpen(port, `GET /file HTTP/1.1\r\nHost: x\r\n\r\n${request}`);
    socket.pause();
    await until(() => connections.size > before.size, "the connection");
    await until(() => connections.size === before.size, "its end");
    await unharmed();
  });
});

describe("S19 an answer that is never read", () => {
  test("goes soon after its session, and the connection with it", async () => {
    const { client, port, io, connections, unharmed } = await underAttack();
    const connected = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    const [server] = await connected;
    const before = new Set(connections);
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port, { paused: true });
    server.emit("flood", "x".repeat(15_000_000));
    tcp.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => server.conn.transport.bufferedBytes > 15_000_000, "the answer");
    server.conn.close(true);
    await until(() => [...connections].every((each) => before.has(each)), "the end of that connection");
    tcp.destroy();
    polling.release();
    await unharmed();
  });
});

test("S21 a poll behind one whose answer is not read ends with the session", async () => {
  const { client, port, io, unharmed } = await underAttack();
  const connected = once<[Socket]>(io, "connection");
  const polling = await client.polling();
  await polling.push("40");
  const [server] = await connected;
  const { pathname, search } = new URL(polling.url());
  const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const unread = await RawTcp.open(port, { paused: true });
  server.emit("flood", "x".repeat(15_000_000));
  unread.write(request);
  await until(() => server.conn.transport.bufferedBytes > 15_000_000, "the first answer");
  const next = await RawTcp.open(port);
  next.write(request);
  // A turn of the server, so that it has the second poll.
  await polling.push('42["m"]');
  await polling.push("1");
  expect((await next.readResponse()).status).toBe(200);
  unread.destroy();
  next.destroy();
  polling.release();
  await unharmed();
});

describe("S20 an application that forgets to answer", () => {
  const NEVER = (): void => undefined;

  test.each([
    { title: "allowRequest", options: { allowRequest: NEVER } },
    { title: "cors", options: { cors: NEVER } },
  ])("$title: polling gets 503, WebSocket is cut", async ({ options }) => {
    const { url, port, io, connections } = await underAttack({ upgradeTimeout: 2_000 });
    expect(io.engine.clientsCount).toBe(1);
    const forgetful = await import("./support.js").then(({ serverUnderTest }) =>
      serverUnderTest({ upgradeTimeout: 60, ...options }),
    );
    const errors: unknown[] = [];
    forgetful.io.engine.on("connection_error", ({ context }: { context: unknown }) => errors.push(context));
    expect((await httpRequest(`${forgetful.url}${OPEN}`)).status).toBe(503);
    expect(errors).toEqual([{ name: "UNDECIDED" }]);
    const tcp = await RawTcp.open(forgetful.port);
    tcp.write(upgradeRequest(TARGET));
    await tcp.closed();
    await until(() => forgetful.connections.size === 0, "no connection left");
    expect([url, port, connections.size]).toEqual([url, port, 1]);
  });

  test("a middleware of the engine: 503; what it decides later is of no account", async () => {
    const { url, io, unharmed } = await underAttack({ upgradeTimeout: 60 });
    const waiting: (() => void)[] = [];
    io.engine.use((request: { headers: object }, _response: unknown, next: () => void) => {
      if ("x-wait" in request.headers) waiting.push(next);
      else next();
    });
    expect((await httpRequest(`${url}${OPEN}`, { headers: { "x-wait": "1" } })).status).toBe(503);
    for (const next of waiting) next();
    await unharmed();
  });

  test("a middleware of a namespace: the client is told, and keeps the others", async () => {
    const { client, io, unharmed } = await underAttack({ connectTimeout: 300 });
    io.of("/slow").use(NEVER);
    io.of(NEVER);
    const { socket } = await client.connected();
    socket.send("40/slow,");
    expect(await socket.nextText()).toBe('44/slow,{"message":"namespace did not answer in time"}');
    socket.send("40/whoever,");
    expect(await socket.nextText()).toBe('44/whoever,{"message":"namespace did not answer in time"}');
    socket.send('427["echo","still here"]');
    expect(await socket.nextText()).toBe('437["still here"]');
    await socket.close();
    await unharmed();
  });
});

describe("S14 acknowledgements that never come", () => {
  test("are bounded: who asks is told, the client is cut, and no other is", async () => {
    const { client, io, unharmed, bystanderIsServed } = await underAttack({ maxPendingAcks: 100 });
    const failures: unknown[] = [];
    io.on("listener_error", (error: unknown) => failures.push(error));
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    const gone = once(server, "disconnect");
    for (let i = 0; i < 100; i++) server.emit("ask", () => undefined);
    expect(server.acks.size).toBe(100);
    await bystanderIsServed();
    expect(server.connected).toBe(true);
    // Nothing is thrown: whoever asks in a loop goes on to the next client.
    const refused = server.emitWithAck("ask").catch((error: unknown) => error);
    expect(await refused).toMatchObject({ code: "ERR_TOO_MANY_ACKS" });
    await gone;
    expect(failures).toEqual([expect.objectContaining({ code: "ERR_TOO_MANY_ACKS" })]);
    expect(server.acks.size).toBe(0);
    await socket.closed();
    await unharmed();
  });

  test("with a timeout they end with an error, also the one too many", async () => {
    const { client, io, unharmed } = await underAttack({ maxPendingAcks: 1 });
    io.on("listener_error", () => undefined);
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    const asked = [1, 2].map(() =>
      server
        .timeout(50)
        .emitWithAck("ask")
        .catch((error: unknown) => error),
    );
    expect(await Promise.all(asked)).toMatchObject([{ code: "ERR_ACK_TIMEOUT" }, { code: "ERR_TOO_MANY_ACKS" }]);
    await socket.closed();
    await unharmed();
  });
});

test("S12 a peer that never answers a close frame is cut", async () => {
  const { port, unharmed } = await underAttack();
  const tcp = await rawSocket(port);
  tcp.write(encodeFrame("x", { rsv2: true }));
  // It stays silent: neither a close frame nor the end of its half comes back.
  await tcp.closed();
  await unharmed();
});
