// Payloads, frames and headers made to cost much. Each test names the line of the list it shows.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateRawSync } from "node:zlib";
import { encodeFrame, once, Opcode, RawTcp, turns, until, upgradeRequest } from "@everwire/testkit";
import { attach } from "@everwire/server/engine";
import { describe, expect, onTestFinished, test } from "vitest";
import { underAttack } from "./bystander.js";
import { closing, rawSocket, TARGET } from "./raw-frames.js";
import { SEPARATOR } from "./support.js";

describe("S13 a polling payload made to cost much", () => {
  test("of one-byte chunks up to the limit", async () => {
    const { client, port, unharmed } = await underAttack({ maxHttpBufferSize: 50_000 });
    const polling = await client.polling();
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    tcp.write("1\r\n4\r\n", "1\r\nx\r\n".repeat(60_000), "0\r\n\r\n");
    expect(await tcp.readThrough("\r\n")).toMatch(/ 413 /);
    tcp.destroy();
    polling.release();
    await unharmed(1);
  });

  test.each(["4", "3", "6", "2"])("of 100,000 packets %j", async (packet) => {
    const { client, unharmed } = await underAttack();
    const polling = await client.polling();
    const start = performance.now();
    await polling
      .request({ method: "POST", body: Array.from({ length: 100_000 }, () => packet).join(SEPARATOR) })
      .catch(() => undefined);
    // Honest work takes milliseconds; the bound is for slow machines.
    expect(performance.now() - start).toBeLessThan(10_000);
    polling.release();
    await unharmed();
  });
});

describe("S14 WebSocket frames made to cost much", () => {
  test("100,000 empty fragments", async () => {
    const { port, unharmed } = await underAttack();
    const tcp = await rawSocket(port);
    const empty = encodeFrame("", { fin: false, opcode: Opcode.CONTINUATION });
    tcp.write(encodeFrame("4", { fin: false }), ...Array.from({ length: 100_000 }, () => empty));
    expect([1002, 1008, 1009]).toContain(await closing(tcp));
    tcp.destroy();
    await unharmed();
  });

  test("100,000 fragments of one byte", async () => {
    const { port, unharmed } = await underAttack();
    const tcp = await rawSocket(port);
    const tiny = encodeFrame("x", { fin: false, opcode: Opcode.CONTINUATION });
    tcp.write(encodeFrame("4", { fin: false }), ...Array.from({ length: 100_000 }, () => tiny));
    expect([1002, 1008, 1009]).toContain(await closing(tcp));
    tcp.destroy();
    await unharmed();
  });

  test("pings whose pongs are never read", async () => {
    const { port, connections, unharmed } = await underAttack();
    const before = new Set(connections);
    const tcp = await rawSocket(port, {}, true);
    const [server] = [...connections].filter((socket) => !before.has(socket));
    if (server === undefined) throw new Error("failed to find the server's side");
    let peakBytes = 0;
    const watch = setInterval(() => {
      peakBytes = Math.max(peakBytes, server.writableLength);
    }, 5);
    const pings = Buffer.concat(
      Array.from({ length: 5_000 }, () => encodeFrame("x".repeat(125), { opcode: Opcode.PING })),
    );
    for (let i = 0; i < 40 && !server.destroyed; i++) {
      if (!tcp.socket.write(pings))
        await Promise.race([once(tcp.socket, "drain").catch(() => undefined), tcp.closed().catch(() => undefined)]);
    }
    clearInterval(watch);
    expect(peakBytes).toBeLessThan(8 * 1024 * 1024);
    tcp.reset();
    await unharmed();
  });
});

test("S15 a decompression bomb is stopped while it inflates", async () => {
  const { port, unharmed } = await underAttack({ perMessageDeflate: true, maxHttpBufferSize: 100_000 });
  const tcp = await rawSocket(port, { "Sec-WebSocket-Extensions": "permessage-deflate" });
  const bomb = deflateRawSync(Buffer.alloc(50_000_000));
  expect(bomb.length).toBeLessThan(100_000);
  const before = process.memoryUsage().rss;
  tcp.write(encodeFrame(bomb, { rsv1: true }));
  expect(await closing(tcp)).toBe(1009);
  expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  tcp.destroy();
  await unharmed();
});

describe("S5 chunks behind a fault, all come while a message inflates", () => {
  const fault = Buffer.from([0x03, 0xec, 0x20]);
  test.each([
    { title: "a close frame with a number that is none", frame: encodeFrame(fault, { opcode: Opcode.CLOSE }) },
    { title: "a text that is no UTF-8", frame: encodeFrame(Buffer.from([0xff])) },
    { title: "a frame with reserved bits", frame: encodeFrame("x", { rsv2: true }) },
  ])("$title", async ({ frame }) => {
    const { port, unharmed } = await underAttack({ perMessageDeflate: true, maxHttpBufferSize: 20_000_000 });
    for (let round = 0; round < 10; round++) {
      const tcp = await rawSocket(port, { "Sec-WebSocket-Extensions": "permessage-deflate" });
      // Long enough to inflate that the rest arrives meanwhile, in chunks of its own.
      tcp.write(encodeFrame(deflateRawSync(Buffer.alloc(10_000_000)), { rsv1: true }));
      for (const chunk of [frame, Buffer.alloc(200, 0x88), Buffer.alloc(200, 0x88)]) {
        await turns(2);
        tcp.write(chunk);
      }
      await tcp.closed();
    }
    await unharmed();
  });
});

describe("S16 headers made for slow regular expressions", () => {
  test.each([
    { name: "Sec-WebSocket-Extensions", value: `permessage-deflate; a="${"\\".repeat(32_000)}` },
    { name: "Sec-WebSocket-Extensions", value: `a${" ".repeat(32_000)}b` },
    { name: "Sec-WebSocket-Protocol", value: `a${" ".repeat(32_000)}b` },
    { name: "Sec-WebSocket-Protocol", value: "a,".repeat(16_000) },
    { name: "Origin", value: `http://${"a.".repeat(16_000)}` },
    { name: "Cookie", value: "a=;".repeat(10_000) },
    { name: "Accept-Encoding", value: "gzip;q=0.1,".repeat(3_000) },
  ])("$name of 32k", async ({ name, value }) => {
    const http = createServer({ maxHeaderSize: 100_000 });
    const engine = attach(http, {
      path: "/socket.io",
      perMessageDeflate: true,
      cors: { origin: "http://allowed.example" },
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => {
      engine.close();
      http.close();
      http.closeAllConnections();
    });
    const tcp = await RawTcp.open((http.address() as AddressInfo).port);
    const start = performance.now();
    tcp.write(upgradeRequest(TARGET, { [name]: value }));
    await tcp.readThrough("HTTP/1.1 ");
    expect(performance.now() - start).toBeLessThan(1_000);
    tcp.destroy();
    await until(() => engine.clientsCount === 0, "no session left");
  });
});
