// What would eat memory, time or places. Each test names the line of the list it shows.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { encodeFrame, once, RawTcp, until } from "@everwire/testkit";
import type { Server as HttpServer } from "node:http";
import { Server, type Socket } from "@everwire/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { underAttack } from "./bystander.js";
import { closing, rawSocket } from "./raw-frames.js";

describe("S17 a POST is answered exactly once", () => {
  const answers = (tcp: RawTcp): number => tcp.text.split("HTTP/1.1 ").length - 1;

  test("octet-stream in protocol 4: 400, and the session is closed", async () => {
    const { client, port, unharmed } = await underAttack();
    const polling = await client.polling();
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    const head = `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n`;
    tcp.write(`${head}Content-Length: 4\r\n\r\nabcd`);
    expect((await tcp.readResponse()).status).toBe(400);
    tcp.write("GET /socket.io/?EIO=4&transport=tobacco HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await tcp.closed();
    expect(answers(tcp)).toBeLessThanOrEqual(2);
    polling.release();
    await unharmed();
  });

  test.each([
    { title: "by its Content-Length", head: "Content-Length: 2000\r\n", body: "4".repeat(2_000) },
    {
      title: "in chunks",
      head: "Transfer-Encoding: chunked\r\n",
      body: `3e8\r\n${"4".repeat(1_000)}\r\n3e8\r\n${"4".repeat(1_000)}\r\n0\r\n\r\n`,
    },
    {
      title: "by a Content-Length that is never filled",
      head: "Content-Length: 100000000\r\n",
      body: "4".repeat(2_000),
    },
  ])("oversize $title: 413", async ({ head, body }) => {
    const { client, port, unharmed } = await underAttack({ maxHttpBufferSize: 1_000 });
    const polling = await client.polling();
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\n${head}\r\n${body}`);
    expect(await tcp.readThrough("\r\n")).toMatch(/^HTTP\/1\.1 413 /);
    tcp.destroy();
    expect(answers(tcp)).toBe(1);
    await polling.close();
    await unharmed();
  });
});

test("S18 a frame over the limit is refused on its header", async () => {
  const { port, unharmed } = await underAttack({ maxHttpBufferSize: 1_000 });
  const tcp = await rawSocket(port);
  // Only the header and one byte: nothing more is ever sent.
  tcp.write(encodeFrame("4", { claim: 100_000_000n }));
  expect(await closing(tcp)).toBe(1009);
  tcp.destroy();
  await unharmed();
});

test("S19 a client that never reads is cut off, and what waited for it is freed", async () => {
  const { io, port, connections, unharmed } = await underAttack();
  const before = new Set(connections);
  const connected = once<[Socket]>(io, "connection");
  const tcp = await rawSocket(port);
  tcp.write(encodeFrame("40"));
  const [socket] = await connected;
  tcp.socket.pause();
  const [server] = [...connections].filter((each) => !before.has(each));
  if (server === undefined) throw new Error("failed to find the server's side");
  const gone = once(socket, "disconnect");
  let sentBytes = 0;
  let peakBytes = 0;
  const chunk = "x".repeat(100_000);
  while (socket.connected && sentBytes < 100_000_000) {
    for (let i = 0; i < 10; i++) socket.emit("flood", chunk);
    sentBytes += 10 * chunk.length;
    peakBytes = Math.max(peakBytes, socket.conn.bufferedBytes);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await gone;
  expect(peakBytes).toBeLessThan(32_000_000);
  await until(() => server.destroyed, "the end of the connection");
  tcp.destroy();
  await unharmed();
});

test("S19 a client that never polls is cut off, and what waited for it is freed", async () => {
  const { client, io, unharmed } = await underAttack({ maxBufferedBytes: 1_000_000 });
  const connected = once<[Socket]>(io, "connection");
  const polling = await client.polling();
  await polling.push("40");
  const [socket] = await connected;
  const gone = once(socket, "disconnect");
  for (let i = 0; i < 100 && socket.connected; i++) {
    socket.emit("flood", "x".repeat(100_000));
    expect(socket.conn.bufferedBytes).toBeLessThan(1_200_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await gone;
  expect(socket.conn.bufferedBytes).toBe(0);
  polling.release();
  await unharmed();
});

describe("S20 a client that takes its time", () => {
  test("half a header has a deadline: Node's own, which is left on", () => {
    const io = new Server(0);
    const { headersTimeout, requestTimeout } = io.httpServer as HttpServer;
    onTestFinished(() => io.close());
    expect(headersTimeout).toBeGreaterThan(0);
    expect(requestTimeout).toBeGreaterThan(0);
  });

  test("silence after the open packet is a ping timeout", async () => {
    const { port, io } = await underAttack({ pingInterval: 50, pingTimeout: 50 });
    const tcp = await rawSocket(port);
    await until(() => io.engine.clientsCount === 0, "no session left");
    // It does not answer the close frame either: the connection ends all the same.
    await tcp.closed();
  });

  test("no CONNECT packet is the end after connectTimeout, pongs or not", async () => {
    const { client, unharmed } = await underAttack({ connectTimeout: 80 });
    const polling = await client.polling();
    const socket = await client.websocket();
    socket.send("3");
    await socket.closed();
    await polling.poll().catch(() => undefined);
    polling.release();
    await unharmed();
  });

  test("a probe without an end is the end of the probe after upgradeTimeout", async () => {
    const { client, unharmed } = await underAttack({ upgradeTimeout: 60 });
    const polling = await client.polling();
    await polling.push("40");
    const silent = await client.socket({ sid: polling.sid });
    await silent.closed();
    const probing = await client.probe(polling.sid);
    await probing.closed();
    expect(await polling.next()).toMatch(/^40\{/);
    await polling.close();
    await unharmed();
  });

  test("a POST of one byte now and then has a deadline", async () => {
    const { client, port, unharmed } = await underAttack({ bodyTimeout: 100 });
    const polling = await client.polling();
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4`);
    const drip = setInterval(() => {
      tcp.write("x");
    }, 20);
    onTestFinished(() => {
      clearInterval(drip);
    });
    expect(await tcp.readThrough("\r\n")).toMatch(/^HTTP\/1\.1 408 /);
    await tcp.closed();
    polling.release();
    await unharmed();
  });
});

describe("S21 requests that overlap", () => {
  test("three GETs: the offender gets 400, nobody is left hanging", async () => {
    const { client, unharmed } = await underAttack();
    const polling = await client.polling();
    const statuses = (await Promise.all([polling.poll(), polling.poll(), polling.poll()])).map(({ status }) => status);
    expect(statuses).toContain(400);
    polling.release();
    await unharmed();
  });

  test("two POSTs: the offender gets 400, the half one's connection ends in time", async () => {
    const { client, port, unharmed } = await underAttack({ bodyTimeout: 100 });
    const polling = await client.polling();
    const { pathname, search } = new URL(polling.url());
    const half = await RawTcp.open(port);
    half.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n4`);
    await half.readThrough("100 Continue\r\n\r\n");
    expect((await polling.push("4x")).status).toBe(400);
    await half.closed();
    polling.release();
    await unharmed();
  });

  test("two GETs while the session upgrades: the session ends, the candidate too", async () => {
    const { client, unharmed } = await underAttack();
    const polling = await client.polling();
    const probing = await client.probe(polling.sid);
    // The upgrade releases polls again and again, and so may be quicker than the second one.
    const statuses: number[] = [];
    while (!statuses.includes(400)) {
      for (const { status } of await Promise.all([polling.poll(), polling.poll()])) statuses.push(status);
    }
    await probing.closed();
    polling.release();
    await unharmed();
  });
});

describe("S22 floods of names and depth", () => {
  test("dynamic namespaces are gone when their sockets are", async () => {
    const { client, io, unharmed } = await underAttack({ cleanupEmptyChildNamespaces: true, maxNamespaces: 1_000 });
    io.of(/^\/dyn-\d+$/);
    const { socket } = await client.connected();
    for (let i = 0; i < 500; i++) socket.send(`40/dyn-${String(i)},`);
    socket.send('421["echo","done"]');
    for (;;) if ((await socket.nextText()).startsWith("431")) break;
    await socket.close();
    await until(() => [...io._nsps.keys()].every((name) => !name.startsWith("/dyn-")), "no dynamic namespace left");
    await unharmed();
  });

  test("100,000 rooms of one socket are gone with it", async () => {
    const { client, io, unharmed } = await underAttack({ maxRooms: 200_000 });
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    const rooms = Array.from({ length: 100_000 }, (_, i) => `room ${String(i)}`);
    await server.join(rooms);
    expect(io.of("/").adapter.rooms.size).toBeGreaterThan(100_000);
    await socket.close();
    await until(() => io.of("/").adapter.rooms.size === 1, "only the bystander's room");
    await unharmed();
  });

  test("the rooms of one socket and the namespaces of one connection are bounded", async () => {
    const { client, io, unharmed } = await underAttack({ maxRooms: 10, maxNamespaces: 10 });
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    for (let i = 0; i < 50; i++) {
      try {
        await server.join(`room ${String(i)}`);
      } catch {
        // Told with an error, or ignored: what counts is that no more are kept.
      }
    }
    expect(server.rooms.size).toBeLessThanOrEqual(11);
    io.of(/^\/dyn-\d+$/);
    for (let i = 0; i < 50; i++) socket.send(`40/dyn-${String(i)},`);
    await Promise.race([socket.closed(), new Promise((resolve) => setImmediate(resolve))]);
    expect([...io._nsps.keys()].length).toBeLessThanOrEqual(12);
    socket.terminate();
    await unharmed();
  });

  test.each(["[", '{"a":'])("JSON of 10,000 levels of %s", async (open) => {
    const { client, unharmed } = await underAttack();
    const { socket } = await client.connected();
    const close = open === "[" ? "]" : "}";
    socket.send(`421["echo",${open.repeat(10_000)}1${close.repeat(10_000)}]`);
    // Refused, or carried: both are fine, a crash is not.
    await Promise.race([socket.closed(), socket.nextText()]).catch(() => undefined);
    socket.terminate();
    await socket.closed();
    await unharmed();
  });
});

test("S23 a socket that sent one small frame costs no more than one that sent none", async () => {
  const { client, io, unharmed } = await underAttack();
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const measure = async (): Promise<number> => {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const sockets = await Promise.all(Array.from({ length: 200 }, () => client.websocket()));
  const before = await measure();
  for (const socket of sockets) socket.send("3");
  const { socket: last } = await client.connected();
  const after = await measure();
  // A slice of a 64 KiB read buffer that somebody keeps would be 200 times 64 KiB.
  expect((after - before) / sockets.length).toBeLessThan(8_000);
  for (const socket of [...sockets, last]) socket.terminate();
  await until(() => io.engine.clientsCount === 1, "only the bystander");
  await unharmed();
});
