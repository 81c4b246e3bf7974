// What is seen of the two transports on the wire: answers, headers, limits, compression, frames.
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { httpRequest, once, turns, until } from "@everwire/testkit";
import type { RawSession } from "@everwire/testkit";
import { startEngine } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { NAMES, endOf, open } from "./support/wire.js";

describe.each(PEERS)("$name: long-polling", (peer) => {
  test("answers a POST", async () => {
    const { polling } = await startEngine(peer);
    const { client } = await polling();
    const answer = await client.push("4a");
    expect([answer.status, answer.text]).toEqual([200, "ok"]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html",
      "content-length": "2",
      "cache-control": "no-store",
    });
  });

  test("answers a GET", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    expect(client.opening.headers).toMatchObject({
      "content-type": "text/plain; charset=UTF-8",
      "content-length": String(client.opening.raw.length),
      "cache-control": "no-store",
    });
    session.send("€");
    const answer = await client.poll();
    expect([answer.status, answer.text, answer.headers["content-length"]]).toEqual([200, "4€", "4"]);
  });

  test.each(["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])("answers %s 500; the session lives", async (method) => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    expect((await client.request({ method })).status).toBe(500);
    expect(session.readyState).toBe("open");
  });

  test("refuses a binary POST", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    const ended = endOf(session);
    const answer = await client
      .request({ method: "POST", body: "4a", headers: { "content-type": "application/octet-stream" } })
      .catch(() => undefined);
    // The stock engine forgets to answer.
    if (peer.name === "everwire") expect(answer?.status).toBe(400);
    expect((await ended).reason).toBe("transport error");
  }, 8000);

  test.each([
    [10, 200],
    [11, 413],
  ])("takes a body of %i bytes where 10 are allowed: %i", async (bytes, status) => {
    const { polling } = await startEngine(peer, { maxHttpBufferSize: 10 });
    const { client } = await polling();
    expect((await client.push(`4${"a".repeat(bytes - 1)}`)).status).toBe(status);
  });

  test("counts bytes, not characters, and chunks too", async () => {
    const { polling } = await startEngine(peer, { maxHttpBufferSize: 10 });
    const { client, session } = await polling();
    const answer = await client.request({ method: "POST", body: ["4", "€€", "€€"] });
    expect(answer.status).toBe(413);
    expect(session.readyState).toBe("open");
  });

  test("takes a chunked body", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    const heard = once(session, "message");
    expect((await client.request({ method: "POST", body: ["4ab", "cd"] })).text).toBe("ok");
    expect((await heard)[0]).toBe("abcd");
  });

  test("goes without keep-alive", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    session.send("a");
    const answer = await httpRequest(client.url(), { headers: { connection: "close" } });
    expect([answer.text, answer.headers.connection]).toEqual(["4a", "close"]);
  });

  test.each([
    ["Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", "0"],
    ["Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "0"],
    ["Mozilla/4.0 (compatible;MSIE 7.0)", "0"],
    ["Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)", undefined],
    ["Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", undefined],
  ])("tells %s about X-XSS-Protection: %s", async (userAgent, value) => {
    const { raw } = await startEngine(peer);
    const client = await raw.polling({ headers: { "user-agent": userAgent } });
    expect(client.opening.headers["x-xss-protection"]).toBe(value);
    expect((await client.push("4a")).headers["x-xss-protection"]).toBe(value);
  });

  test.each<[EngineOptions, string | undefined, boolean, number, string | undefined]>([
    [{}, "gzip", true, 1024, "gzip"],
    [{}, "deflate", true, 1024, "deflate"],
    [{}, "gzip, deflate", true, 1024, "gzip"],
    [{}, "gzip;q=0, deflate", true, 1024, "deflate"],
    [{}, undefined, true, 1024, undefined],
    [{}, "br", true, 1024, undefined],
    [{}, "gzip", true, 1022, undefined],
    [{}, "gzip", false, 1024, undefined],
    [{ httpCompression: false }, "gzip", true, 9999, undefined],
    [{ httpCompression: { threshold: 0 } }, "gzip", true, 1, "gzip"],
    [{ httpCompression: { threshold: 100, level: 9 } }, "gzip", true, 100, "gzip"],
    [{ httpCompression: true }, "gzip", true, 1024, "gzip"],
  ])("with %o and accept-encoding %s, compress %s, %i bytes: %s", async (options, accept, compress, bytes, coding) => {
    const { polling } = await startEngine(peer, options);
    const { client, session } = await polling();
    session.send("x".repeat(bytes), { compress });
    const answer = await client.poll({ headers: accept === undefined ? {} : { "accept-encoding": accept } });
    expect(answer.text).toBe(`4${"x".repeat(bytes)}`);
    expect(answer.headers["content-encoding"]).toBe(coding);
    expect(answer.headers["content-length"] === undefined).toBe(coding !== undefined);
  });
});

/** What came over the connection of a WebSocket, as `ws` keeps it. */
const bytesReadBy = ({ ws }: RawSession): number => (ws as unknown as { _socket: Socket })._socket.bytesRead;

describe.each(PEERS)("$name: WebSocket", (peer) => {
  test("closes with 1009 on a message over the limit", async () => {
    const { websocket } = await startEngine(peer, { maxHttpBufferSize: 5 });
    const { client, session } = await websocket();
    const ended = endOf(session);
    client.send("4aaaaaa");
    expect((await client.closed()).code).toBe(1009);
    const { reason, description } = await ended;
    expect(reason).toBe("transport error");
    expect(description).toBeInstanceOf(Error);
  });

  test.each<[EngineOptions, boolean, string | undefined]>([
    [{}, true, undefined],
    [{ perMessageDeflate: true }, false, undefined],
    [{ perMessageDeflate: true }, true, "permessage-deflate"],
    [
      { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true } },
      true,
      "permessage-deflate; server_no_context_takeover",
    ],
  ])("with %o and a client that offers it (%s) negotiates %s", async (options, offers, extensions) => {
    const { websocket } = await startEngine(peer, options);
    const { client, session } = await websocket({}, { perMessageDeflate: offers });
    expect(client.headers["sec-websocket-extensions"]).toBe(extensions);
    session.send("x".repeat(5000));
    session.send("y", { compress: false });
    expect([await client.next(), await client.next()]).toEqual([`4${"x".repeat(5000)}`, "4y"]);
  });

  test.each<[EngineOptions["perMessageDeflate"] & object, number, boolean, boolean]>([
    [{ threshold: 1024 }, 1024, true, true],
    [{ threshold: 1024 }, 1000, true, false],
    [{ threshold: 0 }, 100, true, true],
    [{ threshold: 0 }, 100, false, false],
    [{}, 1024, true, true],
    [{}, 1000, true, false],
  ])(
    "with perMessageDeflate %o and %i bytes, compress %s: %s",
    async (perMessageDeflate, bytes, compress, isCompressed) => {
      const { websocket } = await startEngine(peer, { perMessageDeflate });
      const { client, session } = await websocket({}, { perMessageDeflate: true });
      await turns();
      const before = bytesReadBy(client);
      session.send(Buffer.alloc(bytes), { compress });
      expect(await client.nextRaw()).toEqual(Buffer.alloc(bytes));
      // The stock engine compresses whatever comes, once the extension is negotiated.
      expect(bytesReadBy(client) - before < bytes).toBe(isCompressed || peer.name === "stock");
    },
  );

  test("sends a ready frame as it is", async () => {
    const { websocket } = await startEngine(peer);
    const { client, session } = await websocket();
    session.send("not this", { wsPreEncodedFrame: [Buffer.from([0x81, 2]), Buffer.from("4a")] });
    expect(await client.next()).toBe("4a");
  });

  test("ignores a ready frame where permessage-deflate is on", async () => {
    const { websocket } = await startEngine(peer, { perMessageDeflate: { threshold: 0 } });
    const { client, session } = await websocket({}, { perMessageDeflate: true });
    session.send("this", { wsPreEncodedFrame: [Buffer.from([0x81, 2]), Buffer.from("4a")] });
    expect(await client.next()).toBe("4this");
  });

  test.each(NAMES)("tells drain and ready on its transport, as %s does", async (name) => {
    const { session, next } = await open(peer, name);
    await turns();
    const seen: string[] = [];
    for (const event of ["drain", "ready"]) session.transport.on(event, () => seen.push(event));
    session.send("a");
    expect(await next()).toBe("4a");
    await until(() => seen.length === 2, "both events");
    expect(seen.sort()).toEqual(["drain", "ready"]);
    expect(session.transport.writable).toBe(name === "websocket");
  });

  test("survives an invalid frame right behind the handshake", async () => {
    const { tcp, polling } = await startEngine(peer);
    const connection = await tcp();
    const { upgradeRequest } = await import("./support/engine.js");
    connection.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket"), Buffer.from([0xf1, 0x00, 0x01, 0x02]));
    await connection.closed();
    expect((await polling()).session.readyState).toBe("open");
  });
});
