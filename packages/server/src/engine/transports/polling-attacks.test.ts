import { describe, expect, onTestFinished, test } from "vitest";
import { RawTcp, once, turns, until } from "@everwire/testkit";
import { overPolling as start, messagesOf, endOf } from "../../../test/raw-session.js";

describe("attacks", () => {
  test("S13 one-byte chunks up to the limit cost no more memory than the body", async () => {
    const { polling, port, session } = await start();
    const messages = messagesOf(session);
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const count = 100_000;
    for (let sent = 0; sent < count; sent += 1000) {
      tcp.write("1\r\n4\r\n".repeat(1000));
      await turns(1);
    }
    tcp.write("0\r\n\r\n");
    expect((await tcp.readResponse()).status).toBe(200);
    expect(messages).toEqual(["4".repeat(count - 1)]);
    tcp.destroy();
  });

  test("S13 a payload of 100,000 packets is refused", async () => {
    const { polling, session, client } = await start();
    const ended = endOf(session);
    const other = await client.websocket();
    expect((await polling.push(...new Array<string>(100_000).fill("4"))).status).toBe(400);
    expect((await ended)[0]).toBe("parse error");
    expect(other.isOpen).toBe(true);
  });

  test("S17 an octet-stream is answered 400 and closes the session", async () => {
    const { polling, session } = await start();
    const ended = endOf(session);
    const answer = await polling.request({
      method: "POST",
      body: Buffer.from([0, 1, 255, 4]),
      headers: { "content-type": "Application/Octet-Stream; x" },
    });
    expect(answer.status).toBe(400);
    expect(await ended).toMatchObject(["transport error", { code: "ERR_BODY_TYPE" }]);
  });

  test("S17 an oversize body is answered once, with 413, and the connection serves on", async () => {
    const { polling, port } = await start({ maxHttpBufferSize: 100 });
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (let count = 0; count < 10; count++) tcp.write(`64\r\n${"4".repeat(100)}\r\n`);
    expect((await tcp.readResponse()).status).toBe(413);
    tcp.write("0\r\n\r\n", `POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n4a`);
    expect((await tcp.readResponse()).status).toBe(200);
    expect(tcp.text.match(/HTTP\/1\.1/g)).toHaveLength(2);
    tcp.destroy();
  });

  test("S17 a body that is announced too large is refused before it arrives", async () => {
    const { polling, port } = await start({ maxHttpBufferSize: 100 });
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n4`);
    expect((await tcp.readResponse()).status).toBe(413);
    tcp.destroy();
  });

  test("S20 a body that trickles in is cut off with 408", async () => {
    const { polling, port, session } = await start({ bodyTimeout: 60 });
    const ended = endOf(session);
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`);
    const trickle = setInterval(() => tcp.write("4"), 10);
    onTestFinished(() => clearInterval(trickle));
    expect((await tcp.readResponse()).status).toBe(408);
    await tcp.closed();
    expect(await ended).toMatchObject(["transport error", { code: "ERR_BODY_TIMEOUT" }]);
  });

  test("S20 a body that trickles on behind its 413 is cut off", async () => {
    const { polling, port } = await start({ bodyTimeout: 60, maxHttpBufferSize: 10 });
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`);
    const trickle = setInterval(() => tcp.write("4"), 10);
    onTestFinished(() => clearInterval(trickle));
    expect((await tcp.readResponse()).status).toBe(413);
    await tcp.closed();
  });

  test("S20 half a header is cut off by the HTTP server's own deadline, which the engine leaves on", async () => {
    const { httpServer } = await start();
    expect(httpServer.headersTimeout).toBeGreaterThan(0);
    expect(httpServer.requestTimeout).toBeGreaterThan(0);
  });

  test("S21 a second GET gets 400, the first is let go, and the session closes", async () => {
    const { polling, session, engine } = await start();
    const ended = endOf(session);
    const first = polling.poll();
    await until(() => session.transport.writable, "the poll");
    const second = await polling.poll();
    expect(second.status).toBe(400);
    const answer = await first;
    expect([answer.status, answer.text]).toEqual([200, "1"]);
    expect(await ended).toMatchObject(["transport error", { code: "ERR_OVERLAPPING_REQUESTS" }]);
    expect(engine.clientsCount).toBe(0);
  });

  test("S21 a second POST gets 400, the first too, and the session closes", async () => {
    const { polling, session, port, httpServer } = await start();
    const ended = endOf(session);
    const { pathname, search } = new URL(polling.url());
    const tcp = await RawTcp.open(port);
    const received = once(httpServer, "request");
    tcp.write(`POST ${pathname}${search} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4`);
    await received;
    expect((await polling.push("4b")).status).toBe(400);
    expect((await tcp.readResponse()).status).toBe(400);
    expect(await ended).toMatchObject(["transport error", { code: "ERR_OVERLAPPING_REQUESTS" }]);
    tcp.destroy();
  });

  test("many clients that are done leave no session and no connection", async () => {
    const { client, engine, connections } = await start();
    for (const polling of await Promise.all(Array.from({ length: 20 }, () => client.polling()))) await polling.close();
    expect(engine.clientsCount).toBe(1);
    await until(() => connections.size <= 1, "the end of the connections");
  });
});
