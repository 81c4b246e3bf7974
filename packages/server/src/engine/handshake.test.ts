import { IncomingMessage } from "node:http";
import { Socket as NetSocket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { RawWebSocket, httpRequest, once } from "@everwire/testkit";
import type { HttpRequestOptions } from "@everwire/testkit";
import { Server, Socket, Transport } from "@everwire/server/engine";
import { start, refusedUpgrade } from "../../test/raw-session.js";
import type { Refused } from "../../test/raw-session.js";

describe("handshake", () => {
  test("answers a first request with the open packet", async () => {
    const { client, engine } = await start({ pingInterval: 1234, pingTimeout: 567, maxHttpBufferSize: 89 });
    const { handshake, opening } = await client.polling();
    expect(handshake).toEqual({
      sid: expect.stringMatching(/^[\w-]{22}$/) as string,
      upgrades: ["websocket"],
      pingInterval: 1234,
      pingTimeout: 567,
      maxPayload: 89,
    });
    expect(opening.headers["content-type"]).toBe("text/plain; charset=UTF-8");
    expect(opening.headers["cache-control"]).toBe("no-store");
    expect(engine.clientsCount).toBe(1);
    expect(Object.keys(engine.clients)).toEqual([handshake.sid]);
    expect(engine.clients[handshake.sid]).toBe(engine.clients[handshake.sid]);
  });

  test("opens a session over WebSocket, with nothing to upgrade to", async () => {
    const { client } = await start();
    const { handshake } = await client.websocket();
    expect(handshake.upgrades).toEqual([]);
  });

  test.each([
    [{ allowUpgrades: false }, []],
    [{ transports: ["polling"] as const }, []],
    [{ transports: ["websocket", "polling"] as const }, ["websocket"]],
  ])("announces with %o the upgrades %o", async (options, upgrades) => {
    const { client } = await start(options);
    expect((await client.polling()).handshake.upgrades).toEqual(upgrades);
  });

  test("sends the initial packet right behind the open packet", async () => {
    const { client } = await start({ initialPacket: "hello" });
    expect(await (await client.websocket()).next()).toBe("4hello");
    expect(await (await client.polling()).next()).toBe("4hello");
  });

  test("sends on WebSocket the 101 response, the open packet and what the listener sends in one write", () => {
    const writes: string[] = [];
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, callback) => callback(void writes.push(chunk.toString("latin1"))),
      writev: (chunks: { chunk: Buffer }[], callback) =>
        callback(void writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString("latin1"))),
    });
    const request = new IncomingMessage(new NetSocket());
    request.method = "GET";
    request.url = "/engine.io/?EIO=4&transport=websocket";
    request.headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-version": "13",
    };
    const engine = new Server();
    engine.on("connection", (session: Socket) => session.send("from the listener"));
    engine.handleUpgrade(request, socket, Buffer.alloc(0));
    expect(writes).toEqual([expect.stringMatching(/^HTTP\/1\.1 101 [^]*0\{"sid"[^]*4from the listener$/)]);
    socket.destroy();
    engine.close();
  });

  test("gives the listener an open session that knows its request", async () => {
    const { client, engine } = await start();
    const connected = once<[Socket]>(engine, "connection");
    await client.websocket({ a: "1", __proto__: "2" }, { headers: { "X-Extra": "yes" } });
    const [session] = await connected;
    expect(session).toBeInstanceOf(Socket);
    expect(session.transport).toBeInstanceOf(Transport);
    expect(session.readyState).toBe("open");
    expect(session.protocol).toBe(4);
    expect(session.server).toBe(engine);
    expect(session.remoteAddress).toBe("127.0.0.1");
    expect(session.request.headers["x-extra"]).toBe("yes");
    expect((session.request as IncomingMessage & { _query: Record<string, string> })._query["a"]).toBe("1");
  });
});

describe("refusals", () => {
  const cases: [string, Record<string, string>, HttpRequestOptions, object, object][] = [
    [
      "an unknown transport",
      { transport: "tobi" },
      {},
      { code: 0, message: "Transport unknown" },
      { transport: "tobi" },
    ],
    ["no transport", { transport: "" }, {}, { code: 0, message: "Transport unknown" }, {}],
    ["an unknown sid", { sid: "nobody" }, {}, { code: 1, message: "Session ID unknown" }, { sid: "nobody" }],
    [
      "an opening POST",
      {},
      { method: "POST", body: "x" },
      { code: 2, message: "Bad handshake method" },
      { method: "POST" },
    ],
    [
      "an opening OPTIONS",
      {},
      { method: "OPTIONS" },
      { code: 2, message: "Bad handshake method" },
      { method: "OPTIONS" },
    ],
    [
      "WebSocket without upgrade",
      { transport: "websocket" },
      {},
      { code: 3, message: "Bad request" },
      { name: "TRANSPORT_HANDSHAKE_ERROR" },
    ],
    ["an older protocol", { EIO: "3" }, {}, { code: 5, message: "Unsupported protocol version" }, { protocol: 3 }],
    ["no protocol", { EIO: "" }, {}, { code: 5, message: "Unsupported protocol version" }, { protocol: 3 }],
  ];

  test.each(cases)("%s: 400 with a number, and the event", async (_name, query, options, body, context) => {
    const { client, engine } = await start();
    const refused = once<[Refused]>(engine, "connection_error");
    const answer = await httpRequest(client.url(query["transport"] ?? "polling", query), options);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(body);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.headers["cache-control"]).toBe("no-store");
    const [event] = await refused;
    expect(event).toMatchObject({ ...body, context });
    expect(event.req.url).toContain("/engine.io/");
    expect(engine.clientsCount).toBe(0);
  });

  test("HEAD is answered, without a body", async () => {
    const { client } = await start();
    const answer = await httpRequest(client.url("polling"), { method: "HEAD" });
    expect([answer.status, answer.text]).toEqual([400, ""]);
  });

  test.each([
    ["an unknown transport", { transport: "tobi" }, 0, "Transport unknown"],
    ["the other transport", { transport: "polling" }, 3, "Bad request"],
    ["an unknown sid", { sid: "nobody" }, 1, "Session ID unknown"],
    ["an older protocol", { EIO: "3" }, 5, "Unsupported protocol version"],
  ])("an upgrade with %s is answered with the text", async (_name, query: Record<string, string>, code, text) => {
    const { engine, base } = await start();
    const refused = once<[Refused]>(engine, "connection_error");
    const url = new URL(base);
    for (const [key, value] of Object.entries({ EIO: "4", transport: "websocket", ...query }))
      url.searchParams.set(key, value);
    const error = await refusedUpgrade(RawWebSocket.open(url.href));
    expect([error.status, error.body]).toEqual([400, text]);
    expect((await refused)[0].code).toBe(code);
  });

  test("a disabled transport is an unknown one", async () => {
    const { client } = await start({ transports: ["websocket"] });
    expect((await httpRequest(client.url("polling"))).json()).toEqual({ code: 0, message: "Transport unknown" });
    const { client: other } = await start({ transports: ["polling"] });
    expect((await refusedUpgrade(other.socket())).body).toBe("Transport unknown");
  });

  test("S9 the protocol is that of the session", async () => {
    const { client, engine } = await start();
    const polling = await client.polling();
    const refused = once<[Refused]>(engine, "connection_error");
    expect((await polling.request({ query: { EIO: "3" } })).json()).toEqual({ code: 3, message: "Bad request" });
    expect((await refused)[0].context).toEqual({ name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 });
    expect((await refusedUpgrade(client.socket({ sid: polling.sid, EIO: "3" }))).status).toBe(400);
    expect(engine.clientsCount).toBe(1);
  });

  test("the maps of numbers and texts are on the class", () => {
    expect(Server.errors.UNKNOWN_SID).toBe(1);
    expect(Server.errorMessages[Server.errors.UNSUPPORTED_PROTOCOL_VERSION]).toBe("Unsupported protocol version");
  });

  test("an origin with illegal characters is a bad request, and is not reflected", async () => {
    const { client, engine } = await start({ cors: { origin: true } });
    engine.use((request, _response, next) => {
      request.headers.origin = `${String(request.headers.origin)}\n`;
      next();
    });
    const refused = once<[Refused]>(engine, "connection_error");
    const answer = await httpRequest(client.url("polling"), { headers: { origin: "http://a.test" } });
    expect(answer.json()).toEqual({ code: 3, message: "Bad request" });
    expect((await refused)[0].context).toEqual({ name: "INVALID_ORIGIN", origin: "http://a.test\n" });
  });
});
