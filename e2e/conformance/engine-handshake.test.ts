// Opening a session: Engine.IO protocol v4, "Handshake". Right ones on both transports, and every wrong parameter.
import { httpRequest, once, RawTcp, UpgradeRefused, upgradeRequest } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { engineUnderTest, REFUSAL } from "./support.js";

interface ConnectionError {
  readonly req: unknown;
  readonly code: number;
  readonly message: string;
  readonly context: Record<string, unknown>;
}

describe("a right handshake", () => {
  test("over polling answers with an open packet that has every field", async () => {
    const { client } = await engineUnderTest({ pingInterval: 1_234, pingTimeout: 567, maxHttpBufferSize: 4_321 });
    const polling = await client.polling();
    expect(polling.handshake).toEqual({
      sid: expect.stringMatching(/^[\w-]{20,}$/) as string,
      upgrades: ["websocket"],
      pingInterval: 1_234,
      pingTimeout: 567,
      maxPayload: 4_321,
    });
    expect(polling.opening.headers["content-type"]).toBe("text/plain; charset=UTF-8");
    await polling.close();
  });

  test("over WebSocket answers with an open packet that announces no upgrade", async () => {
    const { client } = await engineUnderTest();
    const socket = await client.websocket();
    expect(socket.handshake).toEqual({
      sid: expect.stringMatching(/^[\w-]{20,}$/) as string,
      upgrades: [],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    });
    await socket.close();
  });

  test("counts and names the session on the server", async () => {
    const { client, engine, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling({ query: { room: "blue" }, headers: { "x-extra": "yes" } });
    const session = await connected;
    expect(session.id).toBe(polling.sid);
    expect(session.protocol).toBe(4);
    expect(session.readyState).toBe("open");
    expect(session.transport.name).toBe("polling");
    expect(session.request.headers["x-extra"]).toBe("yes");
    expect((session.request as unknown as { _query: Record<string, string> })._query["room"]).toBe("blue");
    expect(session.remoteAddress).toMatch(/127\.0\.0\.1$/);
    expect(engine.clientsCount).toBe(1);
    const closed = once(session, "close");
    await polling.close();
    await closed;
    expect(engine.clientsCount).toBe(0);
  });

  test.each(["/engine.io/", "/engine.io/anything", "/engine.io/a/b"])("is found at %s", async (path) => {
    const { url } = await engineUnderTest();
    const answer = await httpRequest(`${url}${path}?EIO=4&transport=polling`);
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^0\{"sid":/);
  });

  test("is found without the final slash when the path has none", async () => {
    const { url } = await engineUnderTest({ addTrailingSlash: false });
    const answer = await httpRequest(`${url}/engine.io?EIO=4&transport=polling`);
    expect(answer.status).toBe(200);
  });

  test("sends the initial packet right behind the open packet", async () => {
    const { client } = await engineUnderTest({ initialPacket: "welcome" });
    const polling = await client.polling();
    expect(await polling.packets()).toEqual(["4welcome"]);
    const socket = await client.websocket();
    expect(await socket.nextText()).toBe("4welcome");
    polling.release();
    await socket.close();
  });

  test("takes the id that generateId gives, promised or not", async () => {
    const { client, engine } = await engineUnderTest();
    let count = 0;
    engine.generateId = () => `plain-${String(++count)}`;
    const first = await client.polling();
    expect(first.sid).toBe("plain-1");
    engine.generateId = () => Promise.resolve(`promised-${String(++count)}`);
    const second = await client.websocket();
    expect(second.handshake.sid).toBe("promised-2");
    first.release();
    await second.close();
  });

  test("announces no upgrade when upgrades are off, or WebSocket is", async () => {
    const off = await engineUnderTest({ allowUpgrades: false });
    expect((await off.client.polling()).handshake.upgrades).toEqual([]);
    const pollingOnly = await engineUnderTest({ transports: ["polling"] });
    expect((await pollingOnly.client.polling()).handshake.upgrades).toEqual([]);
  });

  test("gives every session an id of its own", async () => {
    const { client } = await engineUnderTest();
    const sockets = await Promise.all(Array.from({ length: 100 }, () => client.websocket()));
    expect(new Set(sockets.map(({ handshake }) => handshake.sid)).size).toBe(100);
    for (const socket of sockets) socket.terminate();
  });
});

const wrongQueries: { title: string; query: string; refusal: { code: number; message: string } }[] = [
  { title: "no query at all", query: "", refusal: REFUSAL.UNKNOWN_TRANSPORT },
  { title: "no transport", query: "EIO=4", refusal: REFUSAL.UNKNOWN_TRANSPORT },
  { title: "an unknown transport", query: "EIO=4&transport=tobacco", refusal: REFUSAL.UNKNOWN_TRANSPORT },
  { title: "an empty transport", query: "EIO=4&transport=", refusal: REFUSAL.UNKNOWN_TRANSPORT },
  { title: "the transport in capitals", query: "EIO=4&transport=POLLING", refusal: REFUSAL.UNKNOWN_TRANSPORT },
  { title: "webtransport over HTTP", query: "EIO=4&transport=webtransport", refusal: REFUSAL.UNKNOWN_TRANSPORT },
  { title: "an unknown session", query: "EIO=4&transport=polling&sid=nobody", refusal: REFUSAL.UNKNOWN_SID },
  { title: "websocket without an upgrade", query: "EIO=4&transport=websocket", refusal: REFUSAL.BAD_REQUEST },
  { title: "no protocol version", query: "transport=polling", refusal: REFUSAL.UNSUPPORTED_PROTOCOL_VERSION },
  { title: "protocol version 3", query: "EIO=3&transport=polling", refusal: REFUSAL.UNSUPPORTED_PROTOCOL_VERSION },
  { title: "protocol version 5", query: "EIO=5&transport=polling", refusal: REFUSAL.UNSUPPORTED_PROTOCOL_VERSION },
  { title: "protocol version abc", query: "EIO=abc&transport=polling", refusal: REFUSAL.UNSUPPORTED_PROTOCOL_VERSION },
];

describe("a wrong handshake over HTTP", () => {
  test.each(wrongQueries)("$title gets 400 and its code", async ({ query, refusal }) => {
    const { url, engine } = await engineUnderTest();
    const reported = once<[ConnectionError]>(engine, "connection_error");
    const answer = await httpRequest(`${url}/engine.io/?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toContain("application/json");
    expect(answer.json()).toEqual(refusal);
    const [error] = await reported;
    expect(error).toMatchObject(refusal);
    expect(error.req).toBeDefined();
    expect(engine.clientsCount).toBe(0);
  });

  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s gets 400 and code 2", async (method) => {
    const { url } = await engineUnderTest();
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`, { method });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(REFUSAL.BAD_HANDSHAKE_METHOD);
  });

  test("HEAD gets 400 and no body", async () => {
    const { url } = await engineUnderTest();
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`, { method: "HEAD" });
    expect(answer.status).toBe(400);
    expect(answer.raw).toHaveLength(0);
  });

  test("a transport that is switched off is unknown", async () => {
    const { url, client } = await engineUnderTest({ transports: ["websocket"] });
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`);
    expect(answer.json()).toEqual(REFUSAL.UNKNOWN_TRANSPORT);
    await (await client.websocket()).close();
  });

  test("an Origin with illegal characters is a bad request", async () => {
    const { port, engine } = await engineUnderTest();
    const reported = once<[ConnectionError]>(engine, "connection_error");
    const tcp = await RawTcp.open(port);
    tcp.write(
      "GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nOrigin: http://a\x01b\r\nConnection: close\r\n\r\n",
    );
    await tcp.closed();
    expect(tcp.text).toMatch(/^HTTP\/1\.1 400 /);
    // Node's own parser may refuse the bytes before the engine sees them: then nothing is reported, and that is as good.
    await Promise.race([
      reported.then(([error]) => expect(error.context["name"]).toBe("INVALID_ORIGIN")),
      tcp.closed(),
    ]);
  });

  test("allowRequest that refuses gives 403, code 4 and its message", async () => {
    const { url, engine } = await engineUnderTest({
      allowRequest: (_request, decide) => {
        decide("not today", false);
      },
    });
    const reported = once<[ConnectionError]>(engine, "connection_error");
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`);
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ code: 4, message: "not today" });
    expect((await reported)[0]).toMatchObject({ code: 4, message: "Forbidden", context: { message: "not today" } });
  });

  test("allowRequest is asked once for a session, not for each request", async () => {
    let asked = 0;
    const { client } = await engineUnderTest({
      allowRequest: (_request, decide) => {
        asked += 1;
        decide(null, true);
      },
    });
    const polling = await client.polling();
    await polling.push("4a");
    await polling.push("4b");
    expect(asked).toBe(1);
    await polling.close();
  });

  test("an id that cannot be generated is a bad request", async () => {
    const { url, engine } = await engineUnderTest();
    engine.generateId = () => Promise.reject(new Error("no ids left"));
    const reported = once<[ConnectionError]>(engine, "connection_error");
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(REFUSAL.BAD_REQUEST);
    expect((await reported)[0].context["name"]).toBe("ID_GENERATION_ERROR");
  });

  test("a request for a session with the other transport, not upgrading, is a bad request", async () => {
    const { client, url, engine } = await engineUnderTest();
    const socket = await client.websocket();
    const reported = once<[ConnectionError]>(engine, "connection_error");
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling&sid=${socket.handshake.sid}`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(REFUSAL.BAD_REQUEST);
    expect((await reported)[0].context).toMatchObject({ name: "TRANSPORT_MISMATCH" });
    socket.send("4still here");
    await socket.close();
  });
});

describe("a wrong handshake over WebSocket", () => {
  test.each([
    { title: "an unknown transport", query: { transport: "tobacco" }, message: "Transport unknown" },
    { title: "an unknown session", query: { sid: "nobody" }, message: "Session ID unknown" },
  ])("$title gets 400 with words", async ({ query, message }) => {
    const { client, engine } = await engineUnderTest();
    const reported = once<[ConnectionError]>(engine, "connection_error");
    const refused = await client.socket(query as Record<string, string>).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UpgradeRefused);
    expect(refused).toMatchObject({ status: 400, body: message });
    expect((await reported)[0].message).toBe(message);
    expect(engine.clientsCount).toBe(0);
  });

  // Refused with 400, or accepted and closed at once: either way no open packet comes.
  test("a wrong protocol version never opens a session, and is reported", async () => {
    const { client, engine } = await engineUnderTest();
    const reported = once<[ConnectionError]>(engine, "connection_error");
    await expect(client.websocket({ EIO: "3" })).rejects.toThrow(/400|closed/);
    expect((await reported)[0].code).toBe(5);
    expect(engine.clientsCount).toBe(0);
  });

  test("polling as transport never opens a session", async () => {
    const { client, engine } = await engineUnderTest();
    await expect(client.websocket({ transport: "polling" })).rejects.toThrow(/400|closed/);
    expect(engine.clientsCount).toBe(0);
  });

  test("allowRequest that refuses gives its message", async () => {
    const { client } = await engineUnderTest({
      allowRequest: (_request, decide) => {
        decide("not today", false);
      },
    });
    await expect(client.socket()).rejects.toMatchObject({ body: "not today" });
  });

  test.each([
    { title: "no key", headers: { "Sec-WebSocket-Key": "" } },
    { title: "a short key", headers: { "Sec-WebSocket-Key": "abc" } },
    { title: "a wrong version", headers: { "Sec-WebSocket-Version": "12" } },
    { title: "no version", headers: { "Sec-WebSocket-Version": "" } },
    { title: "another protocol to upgrade to", headers: { Upgrade: "h2c" } },
  ])("$title in the upgrade request gets 400 or 426, and the connection ends", async ({ headers }) => {
    const { port, engine } = await engineUnderTest();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket", headers));
    await tcp.closed();
    expect(tcp.text).toMatch(/^HTTP\/1\.1 4(00|26) /);
    expect(engine.clientsCount).toBe(0);
  });
});
