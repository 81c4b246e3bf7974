// What surrounds the wire on HTTP: CORS, cookies, compression, header events, middleware, keep-alive, TLS.
import { Agent } from "node:http";
import { gunzipSync } from "node:zlib";
import { httpRequest, once, RawEngineClient, RawTcp, startHttpServer } from "@everwire/testkit";
import { attach } from "@everwire/server/engine";
import { describe, expect, onTestFinished, test } from "vitest";
import { ENGINE_PATH, engineUnderTest } from "./support.js";

const OPEN = "/engine.io/?EIO=4&transport=polling";

describe("CORS", () => {
  const cors = { origin: "https://app.example", credentials: true, methods: ["GET", "POST"] };

  test("a preflight is answered before anything is verified", async () => {
    const { url } = await engineUnderTest({ cors });
    const answer = await httpRequest(`${url}${OPEN}`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST" },
    });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe("");
    expect(answer.headers["access-control-allow-origin"]).toBe("https://app.example");
    expect(answer.headers["access-control-allow-credentials"]).toBe("true");
    expect(answer.headers["access-control-allow-methods"]).toBe("GET,POST");
  });

  test("every answer of a session carries the headers, refusals too", async () => {
    const { url, client } = await engineUnderTest({ cors });
    const polling = await client.polling({ headers: { origin: "https://app.example" } });
    expect(polling.opening.headers["access-control-allow-origin"]).toBe("https://app.example");
    const posted = await polling.push("4x");
    expect(posted.headers["access-control-allow-origin"]).toBe("https://app.example");
    const refused = await httpRequest(`${url}${OPEN}&sid=nobody`, { headers: { origin: "https://app.example" } });
    expect(refused.status).toBe(400);
    expect(refused.headers["access-control-allow-origin"]).toBe("https://app.example");
    polling.release();
  });

  test("without the option no such header is sent", async () => {
    const { client } = await engineUnderTest();
    const polling = await client.polling();
    expect(polling.opening.headers["access-control-allow-origin"]).toBeUndefined();
    polling.release();
  });
});

describe("cookies", () => {
  test("none is set by default", async () => {
    const { client } = await engineUnderTest();
    const polling = await client.polling();
    expect(polling.opening.headers["set-cookie"]).toBeUndefined();
    polling.release();
  });

  test("cookie: true sets io, the session id, on the first answer only", async () => {
    const { client } = await engineUnderTest({ cookie: true });
    const polling = await client.polling();
    expect(polling.opening.headers["set-cookie"]).toEqual([`io=${polling.sid}; Path=/; HttpOnly; SameSite=Lax`]);
    expect((await polling.push("4x")).headers["set-cookie"]).toBeUndefined();
    polling.release();
  });

  test("every attribute can be set", async () => {
    const { client } = await engineUnderTest({
      cookie: { name: "session", path: "/app", httpOnly: false, sameSite: "strict", secure: true, maxAge: 3_600 },
    });
    const polling = await client.polling();
    const [cookie = ""] = polling.opening.headers["set-cookie"] ?? [];
    const [pair, ...attributes] = cookie.split("; ");
    expect(pair).toBe(`session=${polling.sid}`);
    expect(new Set(attributes)).toEqual(new Set(["Path=/app", "SameSite=Strict", "Secure", "Max-Age=3600"]));
    polling.release();
  });
});

describe("compression of polling answers", () => {
  test.each(["gzip", "deflate"])("%s is used when asked for and the body reaches the threshold", async (encoding) => {
    const { client, nextSession } = await engineUnderTest({ httpCompression: { threshold: 100 } });
    const connected = nextSession();
    const polling = await client.polling({ headers: { "accept-encoding": encoding } });
    const session = await connected;
    const text = "abc €".repeat(100);
    session.send(text);
    const answer = await polling.poll();
    expect(answer.headers["content-encoding"]).toBe(encoding);
    expect(answer.raw.length).toBeLessThan(text.length);
    expect(answer.text).toBe(`4${text}`);
    polling.release();
  });

  test.each([
    { title: "a small body", options: {}, accept: "gzip", size: 1_000, compress: true },
    { title: "no Accept-Encoding", options: {}, accept: undefined, size: 2_000, compress: true },
    { title: "an encoding that is not known", options: {}, accept: "snappy", size: 2_000, compress: true },
    {
      title: "httpCompression: false",
      options: { httpCompression: false },
      accept: "gzip",
      size: 2_000,
      compress: true,
    },
    { title: "compress: false on every packet", options: {}, accept: "gzip", size: 2_000, compress: false },
  ])("is not used for $title", async ({ options, accept, size, compress }) => {
    const { client, nextSession } = await engineUnderTest(options);
    const connected = nextSession();
    const polling = await client.polling({ headers: accept === undefined ? {} : { "accept-encoding": accept } });
    const session = await connected;
    session.send("x".repeat(size), { compress });
    const answer = await polling.poll();
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.text).toHaveLength(size + 1);
    polling.release();
  });

  test("the compressed bytes are whole: they inflate to the payload", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling({ headers: { "accept-encoding": "gzip" } });
    (await connected).send(Buffer.alloc(50_000, 7));
    const answer = await polling.poll();
    expect(gunzipSync(answer.raw).toString()).toBe(`b${Buffer.alloc(50_000, 7).toString("base64")}`);
    polling.release();
  });
});

describe("events and middleware", () => {
  test("initial_headers comes once, headers with every answer", async () => {
    const { client, engine } = await engineUnderTest();
    let initial = 0;
    engine.on("initial_headers", (headers: Record<string, string>) => {
      initial += 1;
      headers["x-first"] = "1";
    });
    engine.on("headers", (headers: Record<string, string>) => {
      headers["x-every"] = "1";
    });
    const polling = await client.polling();
    expect(polling.opening.headers).toMatchObject({ "x-first": "1", "x-every": "1" });
    const posted = await polling.push("4x");
    expect(posted.headers["x-first"]).toBeUndefined();
    expect(posted.headers["x-every"]).toBe("1");
    expect(initial).toBe(1);
    const socket = await client.websocket();
    expect(socket.headers).toMatchObject({ "x-first": "1", "x-every": "1" });
    polling.release();
    await socket.close();
  });

  test("middlewares run in order, for polling and for upgrades, and their headers are sent", async () => {
    const { client, engine } = await engineUnderTest();
    const order: string[] = [];
    engine.use((_request, response, next) => {
      order.push("one");
      response.setHeader("x-middleware", "was here");
      next();
    });
    engine.use((_request, _response, next) => {
      order.push("two");
      setImmediate(next);
    });
    const polling = await client.polling();
    expect(polling.opening.headers["x-middleware"]).toBe("was here");
    const socket = await client.websocket();
    expect(socket.headers["x-middleware"]).toBe("was here");
    expect(order).toEqual(["one", "two", "one", "two"]);
    polling.release();
    await socket.close();
  });

  test("a middleware's error is a bad request", async () => {
    const { url, client, engine } = await engineUnderTest();
    engine.use((_request, _response, next) => {
      next(new Error("no"));
    });
    const reported = once<[{ code: number; context: Record<string, unknown> }]>(engine, "connection_error");
    const answer = await httpRequest(`${url}${OPEN}`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ code: 3, message: "Bad request" });
    expect((await reported)[0].context["name"]).toBe("MIDDLEWARE_FAILURE");
    await expect(client.websocket()).rejects.toMatchObject({ status: 400 });
  });

  test("a middleware may answer by itself", async () => {
    const { url, engine } = await engineUnderTest();
    engine.use((_request, response) => {
      response.writeHead(503, { "retry-after": "1" });
      response.end("later");
    });
    const answer = await httpRequest(`${url}${OPEN}`);
    expect(answer.status).toBe(503);
    expect(answer.text).toBe("later");
    expect(engine.clientsCount).toBe(0);
  });
});

describe("connections", () => {
  test("a client without keep-alive is served", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const polling = await client.polling({ headers: { connection: "close" } });
    const session = await connected;
    const heard = once(session, "message");
    await polling.push("4x");
    expect((await heard)[0]).toBe("x");
    session.send("y");
    expect(await polling.packets()).toEqual(["4y"]);
    polling.release();
  });

  test("a client with keep-alive uses one connection for its requests", async () => {
    const { url, connections } = await engineUnderTest();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const opening = await httpRequest(`${url}${OPEN}`, { agent });
    const { sid } = JSON.parse(opening.text.slice(1)) as { sid: string };
    for (let i = 0; i < 3; i++) {
      await httpRequest(`${url}${OPEN}&sid=${sid}`, { agent, method: "POST", body: "4x" });
    }
    expect(connections.size).toBe(1);
    agent.destroy();
  });

  test("HTTP/1.0 is answered", async () => {
    const { port } = await engineUnderTest();
    const tcp = await RawTcp.open(port);
    tcp.write(`GET ${OPEN} HTTP/1.0\r\n\r\n`);
    await tcp.closed();
    expect(tcp.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(tcp.text).toContain('0{"sid":');
  });

  test("both transports work over TLS", async () => {
    const http = await startHttpServer({ secure: true });
    const engine = attach(http.httpServer, {});
    onTestFinished(async () => {
      engine.close();
      await http.close();
    });
    const client = new RawEngineClient(http.url, { path: ENGINE_PATH });
    const polling = await client.polling();
    expect((await polling.push("4x")).text).toBe("ok");
    const { socket } = await client.upgrade(polling);
    await socket.close();
    await (await client.websocket()).close();
    polling.release();
  });
});
