// The engine's door: which request is let in, and what every other one is told, by JSON over HTTP and as raw text over an upgrade.
import type { IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { UpgradeRefused, once } from "@everwire/testkit";
import { startEngine, upgradeRequest } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";

interface Refused {
  req: IncomingMessage;
  code: number;
  message: string;
  context: Record<string, unknown>;
}

const TEXTS = [
  "Transport unknown",
  "Session ID unknown",
  "Bad handshake method",
  "Bad request",
  "Forbidden",
  "Unsupported protocol version",
];

const refuse: EngineOptions = { allowRequest: (_request, answer) => answer("Thou shall not pass", false) };

describe.each(PEERS)("$name: a plain request", (peer) => {
  test.each<[string, string, number, Record<string, unknown>, EngineOptions?, string?]>([
    ["an unknown transport", "transport=tobi", 0, { transport: "tobi" }],
    ["an unknown transport with a session", "transport=tobi&sid=abc", 0, { transport: "tobi" }],
    ["no transport", "", 0, { transport: undefined }],
    ["an empty transport", "transport=", 0, { transport: "" }],
    ["a transport named constructor", "transport=constructor", 0, { transport: "constructor" }],
    ["a transport named __proto__", "transport=__proto__", 0, { transport: "__proto__" }],
    ["a transport named toString", "transport=toString", 0, { transport: "toString" }],
    ["webtransport over HTTP", "transport=webtransport", 0, { transport: "webtransport" }],
    [
      "webtransport over HTTP where it is enabled",
      "transport=webtransport",
      0,
      { transport: "webtransport" },
      { transports: ["polling", "webtransport"] as never },
    ],
    ["a disabled transport", "transport=polling", 0, { transport: "polling" }, { transports: ["websocket"] }],
    ["an unknown session", "transport=polling&sid=abc", 1, { sid: "abc" }],
    ["a session named __proto__", "transport=polling&sid=__proto__", 1, { sid: "__proto__" }],
    ["a session named constructor", "transport=polling&sid=constructor", 1, { sid: "constructor" }],
    ["an opening by POST", "transport=polling", 2, { method: "POST" }, {}, "POST"],
    ["an opening by PUT", "transport=polling", 2, { method: "PUT" }, {}, "PUT"],
    ["an opening by OPTIONS", "transport=polling", 2, { method: "OPTIONS" }, {}, "OPTIONS"],
    ["websocket without an upgrade", "transport=websocket", 3, { name: "TRANSPORT_HANDSHAKE_ERROR" }],
    ["a refusal by allowRequest", "transport=polling", 4, { message: "Thou shall not pass" }, refuse],
    ["revision 3 while it is off", "EIO=3&transport=polling", 5, { protocol: 3 }],
    ["revision 5", "EIO=5&transport=polling", 5, { protocol: 3 }],
    ["no revision", "transport=polling&x=EIO=", 5, { protocol: 3 }],
  ])("is refused for %s", async (_why, query, code, context, options = {}, method = "GET") => {
    const { engine, get } = await startEngine(peer, options);
    const refused = once<[Refused]>(engine, "connection_error");
    const answer = await get(query, { method });
    const message = code === 4 ? "Thou shall not pass" : TEXTS[code];
    expect([answer.status, answer.json()]).toEqual([code === 4 ? 403 : 400, { code, message }]);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(Number(answer.headers["content-length"] ?? answer.raw.length)).toBe(answer.raw.length);
    const [error] = await refused;
    expect({ ...error, req: undefined }).toEqual({ req: undefined, code, message: TEXTS[code], context });
    expect(error.req.method).toBe(method);
    expect(engine.clientsCount).toBe(0);
  });

  test.each<[string, (answer: (error: unknown, ok: boolean) => void) => void, string]>([
    ["a text", (answer) => answer("no", false), "no"],
    ["nothing", (answer) => answer(null, false), "Forbidden"],
    ["undefined", (answer) => answer(undefined, false), "Forbidden"],
    ["a text, later", (answer) => void setImmediate(answer, "later", false), "later"],
  ])("that allowRequest refuses with %s", async (_what, answerWith, message) => {
    const { engine, get } = await startEngine(peer, {
      allowRequest: (_request, answer) => answerWith(answer as never),
    });
    const refused = once<[Refused]>(engine, "connection_error");
    expect((await get("transport=polling")).json()).toEqual({ code: 4, message });
    expect((await refused)[0].message).toBe("Forbidden");
  });

  test("is asked about for openings only", async () => {
    const urls: string[] = [];
    const { polling } = await startEngine(peer, {
      allowRequest: (request, answer) => {
        urls.push(request.url ?? "");
        answer(null, true);
      },
    });
    const { client, session } = await polling();
    await client.push("4a");
    session.send("b");
    await client.poll();
    expect(urls).toEqual(["/engine.io/?EIO=4&transport=polling"]);
  });

  test.each<[string, Record<string, string>, Record<string, unknown>]>([
    [
      "another transport",
      { transport: "websocket" },
      { name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling" },
    ],
    ["another revision", { EIO: "3" }, { name: "PROTOCOL_MISMATCH", protocol: 3, previousProtocol: 4 }],
  ])("with %s than its session is refused; the session lives", async (_what, query, context) => {
    const { engine, polling } = await startEngine(peer);
    const { client, session } = await polling();
    const refused = once<[Refused]>(engine, "connection_error");
    const answer = await client.request({ query });
    expect([answer.status, answer.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
    expect((await refused)[0]).toMatchObject({ code: 3, message: "Bad request", context });
    expect(session.readyState).toBe("open");
  });

  test("with an illegal character in its Origin", async () => {
    const { engine, tcp } = await startEngine(peer, { cors: { origin: true } });
    const refused = once<[Refused]>(engine, "connection_error");
    const connection = await tcp();
    connection.write("GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nOrigin: http://a\x01b\r\n\r\n");
    // Node's own parser may be the one that refuses it.
    const { status } = await connection.readResponse();
    expect(status).toBe(400);
    void refused.catch(() => undefined);
  });

  test("of a form of its own may be handed over by hand", async () => {
    const engine = new peer.engine.Server();
    onTestFinished(() => void engine.close());
    const started = await startEngine(
      peer,
      { path: "/other" },
      {
        listener: (request, response) => {
          engine.handleRequest(request, response);
        },
      },
    );
    started.httpServer.on("upgrade", (request: IncomingMessage, socket, head: Buffer) => {
      if (request.url?.startsWith("/engine.io") === true) engine.handleUpgrade(request, socket, head);
    });
    const answer = await started.get("transport=polling");
    expect(answer.text).toMatch(/^0\{"sid":/);
    expect(Object.keys(engine.clients)).toHaveLength(1);
  });

  test.each<[string, object]>([
    ["an error", new Error("nope")],
    ["a text", "nope" as unknown as object],
  ])("whose middleware fails with %s", async (_what, failure) => {
    const { engine, get, raw } = await startEngine(peer);
    engine.use((_request, _response, next) => next(failure));
    const refused = once<[Refused]>(engine, "connection_error");
    const answer = await get("transport=polling");
    expect([answer.status, answer.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
    expect((await refused)[0]).toMatchObject({ code: 3, context: { name: "MIDDLEWARE_FAILURE" } });
    await expect(raw.websocket()).rejects.toThrow(UpgradeRefused);
  });

  test.each<[string, () => string | Promise<string>]>([["a rejection", () => Promise.reject(new Error("nope"))]])(
    "whose id can't be made: %s",
    async (_what, generateId) => {
      const { engine, get, raw } = await startEngine(peer);
      engine.generateId = generateId;
      const refused = once<[Refused]>(engine, "connection_error");
      const answer = await get("transport=polling");
      expect([answer.status, answer.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
      expect((await refused)[0]).toMatchObject({
        code: 3,
        context: { name: "ID_GENERATION_ERROR", error: { message: "nope" } },
      });
      // The stock engine has answered 101 by then and cuts the connection.
      await expect(raw.websocket()).rejects.toThrow(peer.name === "stock" ? "closed with 1006" : "400 Bad request");
      expect(engine.clientsCount).toBe(0);
    },
  );

  test.each<[string, () => string | Promise<string>]>([
    ["an id", () => "abc"],
    ["a promise", () => Promise.resolve("abc")],
  ])("is given %s of the user's", async (_what, generateId) => {
    const { engine, raw } = await startEngine(peer);
    let asked: string | undefined;
    engine.generateId = (request: IncomingMessage) => {
      asked = request.url;
      return generateId();
    };
    const client = await raw.polling();
    onTestFinished(() => client.release());
    expect(client.sid).toBe("abc");
    expect(asked).toContain("transport=polling");
    expect(engine.clients["abc"]?.id).toBe("abc");
  });
});

describe.each(PEERS)("$name: an upgrade request", (peer) => {
  test.each<[string, string, string, EngineOptions?]>([
    ["an unknown transport", "transport=tobi", "Transport unknown"],
    ["a transport named __proto__", "transport=__proto__", "Transport unknown"],
    ["an unknown session", "transport=websocket&sid=abc", "Session ID unknown"],
    ["a session named __proto__", "transport=websocket&sid=__proto__", "Session ID unknown"],
    ["allowRequest", "transport=websocket", "Thou shall not pass", refuse],
  ])("is refused as raw text for %s", async (_why, query, text, options = {}) => {
    const { tcp, engine } = await startEngine(peer, options);
    const refused = once<[Refused]>(engine, "connection_error");
    const connection = await tcp();
    connection.write(upgradeRequest(`/engine.io/?${query.includes("EIO") ? query : `EIO=4&${query}`}`));
    await connection.closed();
    const [head = "", body] = connection.text.split("\r\n\r\n");
    expect(head.split("\r\n")).toEqual([
      "HTTP/1.1 400 Bad Request",
      "Connection: close",
      "Content-type: text/html",
      `Content-Length: ${text.length}`,
    ]);
    expect(body).toBe(text);
    await refused;
  });

  test.each<[string, Record<string, string>]>([
    ["no key", { "Sec-WebSocket-Key": "" }],
    ["another version", { "Sec-WebSocket-Version": "1" }],
    ["another protocol", { Upgrade: "other" }],
  ])("without valid WebSocket headers is answered 400: %s", async (_what, headers) => {
    const { tcp, engine } = await startEngine(peer);
    const connection = await tcp();
    connection.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket", headers));
    await connection.closed();
    expect(connection.text.split("\r\n")[0]).toBe("HTTP/1.1 400 Bad Request");
    expect(engine.clientsCount).toBe(0);
  });

  // docs/migrating.md: before the handshake, where the stock engine leaves the one open and answers 101 to the other.
  if (peer.name === "everwire")
    test.each([
      ["polling as its transport", "EIO=4&transport=polling", "Bad request"],
      ["revision 3", "EIO=3&transport=websocket", "Unsupported protocol version"],
    ])("is refused early for %s", async (_why, query, text) => {
      const { tcp } = await startEngine(peer);
      const connection = await tcp();
      connection.write(upgradeRequest(`/engine.io/?${query}`));
      await connection.closed();
      expect(connection.text).toContain(`\r\n\r\n${text}`);
    });

  test("by POST is no opening", async () => {
    const { tcp, engine } = await startEngine(peer);
    const refused = once<[Refused]>(engine, "connection_error");
    const connection = await tcp();
    connection.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket").replace("GET", "POST"));
    await connection.closed();
    expect(connection.text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nBad handshake method$/);
    expect((await refused)[0]).toMatchObject({ code: 2, context: { method: "POST" } });
  });

  test("that the middleware answers itself is not served", async () => {
    const { engine, tcp } = await startEngine(peer);
    engine.use((_request, response) => {
      response.writeHead(503);
      response.end("no");
    });
    const connection = await tcp();
    connection.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket"));
    await connection.closed();
    // The stock engine ends the connection without a word.
    expect(connection.text).toMatch(peer.name === "stock" ? /^$/ : /^HTTP\/1\.1 503 /);
    expect(engine.clientsCount).toBe(0);
  });

  test("may name its id by a promise", async () => {
    const { engine, raw } = await startEngine(peer);
    engine.generateId = () => Promise.resolve("custom");
    const client = await raw.websocket();
    onTestFinished(() => client.terminate());
    expect(client.handshake.sid).toBe("custom");
  });
});
