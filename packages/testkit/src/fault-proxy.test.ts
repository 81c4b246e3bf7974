import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { AddressInfo } from "node:net";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";
import { RawTcp } from "./raw-tcp.js";
import type { Toxics } from "./toxics.js";
import { once, until } from "./wait.js";

/** A server that answers every byte, behind a proxy. */
async function echoBehind(
  toxics: Partial<Toxics> = {},
): Promise<{ proxy: FaultProxy; targetPort: number; sockets: Socket[]; chunks: number[] }> {
  const sockets: Socket[] = [];
  const chunks: number[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      chunks.push(chunk.length);
      socket.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const targetPort = (server.address() as AddressInfo).port;
  const proxy = await startFaultProxy(targetPort, toxics);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await proxy.close();
    server.close();
  });
  return { proxy, targetPort, sockets, chunks };
}

test("a proxy with no toxics passes bytes both ways", async () => {
  const { proxy } = await echoBehind();
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("hello");
  expect(await tcp.readThrough("hello")).toBe("hello");
  tcp.destroy();
  await until(() => proxy.connections === 0, "no connection left");
});

test("new connections go where the proxy is aimed at, open ones stay", async () => {
  const first = await echoBehind();
  const second = await echoBehind();
  const stays = await RawTcp.open(first.proxy.port);
  stays.write("1");
  await stays.readThrough("1");
  first.proxy.aim(second.targetPort);
  const moves = await RawTcp.open(first.proxy.port);
  moves.write("22");
  await moves.readThrough("22");
  stays.write("3");
  await stays.readThrough("3");
  expect([first.chunks, second.chunks]).toEqual([[1, 1], [2]]);
  stays.destroy();
  moves.destroy();
});

test("latency delays each direction and keeps the order under jitter", async () => {
  const { proxy } = await echoBehind({ latencyMs: 30, jitterMs: 10 });
  const tcp = await RawTcp.open(proxy.port);
  const start = performance.now();
  for (let i = 0; i < 10; i++) tcp.write(String(i));
  await tcp.readThrough("9");
  expect(performance.now() - start).toBeGreaterThanOrEqual(58);
  expect(tcp.text).toBe("0123456789");
  tcp.destroy();
});

test("bandwidth spreads bytes over time", async () => {
  const { proxy } = await echoBehind({ bytesPerSecond: 100_000 });
  const tcp = await RawTcp.open(proxy.port);
  const start = performance.now();
  tcp.write(Buffer.alloc(5_000, "x"), "end");
  await tcp.readThrough("end");
  expect(performance.now() - start).toBeGreaterThanOrEqual(45);
  tcp.destroy();
});

test("slicing makes many reads of one write", async () => {
  const { proxy, chunks } = await echoBehind({ sliceBytes: 1 });
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("abcdefgh");
  await tcp.readThrough("abcdefgh");
  expect(chunks.length).toBeGreaterThan(2);
  tcp.destroy();
});

test("cut resets both sides", async () => {
  const { proxy, sockets } = await echoBehind();
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("x");
  await tcp.readThrough("x");
  const [server] = sockets as [Socket];
  const serverGone = once(server, "close");
  proxy.cut();
  await tcp.closed();
  expect(tcp.error?.code).toBe("ECONNRESET");
  await serverGone;
});

test("fin ends both sides without an error", async () => {
  const { proxy, sockets } = await echoBehind();
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("x");
  await tcp.readThrough("x");
  const serverGone = once(sockets[0] as Socket, "close");
  proxy.fin();
  await tcp.closed();
  expect(tcp.error).toBeUndefined();
  await serverGone;
});

test("a connection that is cut while it is being ended is gone", async () => {
  const { proxy } = await echoBehind();
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("x");
  await tcp.readThrough("x");
  proxy.fin();
  proxy.cut();
  await tcp.closed();
  await until(() => proxy.connections === 0, "no connection left");
});

test("a frozen proxy passes nothing and tells nobody; thawed, it goes on", async () => {
  const { proxy, sockets, chunks } = await echoBehind();
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("a");
  await tcp.readThrough("a");
  proxy.freeze();
  tcp.write("b");
  const other = await RawTcp.open(proxy.port);
  other.destroy();
  await other.closed();
  expect(chunks).toEqual([1]);
  expect(sockets[0]?.destroyed).toBe(false);
  proxy.thaw();
  await tcp.readThrough("b");
  await until(() => proxy.connections === 1, "the dead connection forgotten");
  tcp.destroy();
});

test("a connection that ends while frozen is known to the other side after the thaw", async () => {
  const { proxy, sockets } = await echoBehind();
  const tcp = await RawTcp.open(proxy.port);
  tcp.write("a");
  await tcp.readThrough("a");
  proxy.freeze();
  tcp.destroy();
  await tcp.closed();
  expect(sockets[0]?.destroyed).toBe(false);
  const serverGone = once(sockets[0] as Socket, "close");
  proxy.thaw();
  await serverGone;
});

test("a refusing proxy resets new connections", async () => {
  const { proxy, sockets } = await echoBehind({ refuse: true });
  // The reset may overtake the handshake of TCP: then it is opening that fails.
  const outcome = await RawTcp.open(proxy.port).then(
    async (tcp) => {
      await tcp.closed();
      return tcp.error?.code;
    },
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );
  expect(outcome).toBe("ECONNRESET");
  expect(sockets).toHaveLength(0);
});

test.each([0, 2])(
  "resetAfterBytes breaks a connection in the middle of a message, at that byte (slices: %i)",
  async (sliceBytes) => {
    for (const limit of [1, 4, 7]) {
      const { proxy, chunks } = await echoBehind({ resetAfterBytes: limit, resetDirection: "up", sliceBytes });
      const tcp = await RawTcp.open(proxy.port);
      tcp.write("abcdefgh");
      await tcp.closed();
      await until(() => chunks.reduce((sum, length) => sum + length, 0) === limit, `${limit} bytes at the server`);
    }
  },
);

/** An HTTP server that tells what it was asked, behind a proxy. */
async function httpBehind(toxics: Partial<Toxics>): Promise<{ proxy: FaultProxy; asked: string[] }> {
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(request.method ?? "");
    request.resume().on("end", () => response.end("done"));
  });
  server.on("upgrade", (_request, socket: Socket) => {
    asked.push("upgrade");
    socket.on("error", () => undefined);
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.on("data", (chunk) => socket.write(chunk));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await startFaultProxy((server.address() as AddressInfo).port, toxics);
  onTestFinished(async () => {
    await proxy.close();
    server.close();
    server.closeAllConnections();
  });
  return { proxy, asked };
}

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
const UPGRADE = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

test("an answer is swallowed after those that pass, and only to its method: the server did what it was asked", async () => {
  const { proxy, asked } = await httpBehind({ answersTo: "POST", answerDelayMs: Infinity, answersPassed: 1 });
  const tcp = await RawTcp.open(proxy.port);
  tcp.write(POST);
  await tcp.readThrough("done");
  tcp.write(GET);
  await tcp.readThrough("done");
  tcp.write(POST);
  await tcp.closed();
  expect(tcp.error?.code).toBe("ECONNRESET");
  expect(asked).toEqual(["POST", "GET", "POST"]);
  expect(tcp.text.split("done")).toHaveLength(3);
});

test("an answer comes late, and those to other methods do not", async () => {
  const { proxy } = await httpBehind({ answersTo: "GET", answerDelayMs: 60 });
  const tcp = await RawTcp.open(proxy.port);
  const other = await RawTcp.open(proxy.port);
  const start = performance.now();
  tcp.write(GET);
  other.write(POST);
  await other.readThrough("done");
  expect(tcp.text).toBe("");
  proxy.set({ answersTo: "" });
  await tcp.readThrough("done");
  expect(performance.now() - start).toBeGreaterThanOrEqual(58);
  tcp.destroy();
  other.destroy();
});

test("WebSocket is blocked, open or not, while polling goes on; and the other way round", async () => {
  const { proxy, asked } = await httpBehind({});
  const tunnel = await RawTcp.open(proxy.port);
  tunnel.write(UPGRADE);
  await tunnel.readThrough("\r\n\r\n");
  const polling = await RawTcp.open(proxy.port);
  polling.write(GET);
  await polling.readThrough("done");
  proxy.set({ block: "websocket" });
  await tunnel.closed();
  expect(tunnel.error?.code).toBe("ECONNRESET");
  const refused = await RawTcp.open(proxy.port);
  refused.write(UPGRADE);
  await refused.closed();
  polling.write(GET);
  await polling.readThrough("done");
  proxy.set({ block: "polling" });
  await polling.closed();
  const again = await RawTcp.open(proxy.port);
  again.write(UPGRADE);
  await again.readThrough("\r\n\r\n");
  expect(asked).toEqual(["upgrade", "GET", "GET", "upgrade"]);
  again.destroy();
});

test("what is blocked silently hangs until it is let go", async () => {
  const { proxy, asked } = await httpBehind({ block: "websocket", blocksSilently: true });
  const tunnel = await RawTcp.open(proxy.port);
  const polling = await RawTcp.open(proxy.port);
  tunnel.write(UPGRADE);
  polling.write(GET);
  await polling.readThrough("done");
  expect(asked).toEqual(["GET"]);
  proxy.set({ block: "" });
  proxy.refloat();
  await tunnel.readThrough("101");
  tunnel.destroy();
  polling.destroy();
});

test("a limit of bytes may count one direction, and WebSockets alone", async () => {
  const { proxy } = await httpBehind({
    resetAfterBytes: UPGRADE.length + 3,
    resetDirection: "up",
    resetsTunnelsOnly: true,
    sliceBytes: 1,
  });
  const polling = await RawTcp.open(proxy.port);
  for (let i = 0; i < 5; i++) {
    polling.write(GET);
    await polling.readThrough("done");
  }
  const tunnel = await RawTcp.open(proxy.port);
  tunnel.write(UPGRADE);
  await tunnel.readThrough("\r\n\r\n");
  expect(proxy.traffic.find(({ isWebSocket }) => isWebSocket)?.up).toBe(UPGRADE.length);
  tunnel.write("abc");
  await tunnel.readThrough("abc");
  tunnel.write("d");
  await tunnel.closed();
  polling.destroy();
});
