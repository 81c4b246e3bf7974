// Around the engine: the events that let users change headers, middleware, the HTTP server that it shares.
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { RawEngineClient, deferred, httpRequest, once } from "@everwire/testkit";
import type { Middleware } from "@everwire/server/engine";
import { closeHttp, startEngine, upgradeRequest } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";

describe.each(PEERS)("$name: the events of headers", (peer) => {
  type Listener = (headers: OutgoingHttpHeaders, request: IncomingMessage) => void;

  test("initial_headers comes once a session, headers with each answer, on polling", async () => {
    const { engine, polling } = await startEngine(peer, { cookie: true });
    const seen: string[] = [];
    const note =
      (name: string): Listener =>
      (headers, request) => {
        seen.push(`${name} ${request.method} ${String("sid" in (request as unknown as { _query: object })._query)}`);
        headers[`x-${name}`] = "1";
      };
    engine.on("initial_headers", note("initial"));
    engine.on("headers", note("all"));
    const { client, session } = await polling();
    expect(client.opening.headers).toMatchObject({ "x-initial": "1", "x-all": "1" });
    expect(client.opening.headers["set-cookie"]).toHaveLength(1);
    const push = await client.push("4a");
    expect([push.headers["x-initial"], push.headers["x-all"]]).toEqual([undefined, "1"]);
    session.send("x");
    const poll = await client.poll();
    expect([poll.headers["x-initial"], poll.headers["x-all"]]).toEqual([undefined, "1"]);
    expect(seen).toEqual(["initial GET false", "all GET false", "all POST true", "all GET true"]);
  });

  test("both come with the 101 response", async () => {
    const { engine, websocket } = await startEngine(peer);
    engine.on("initial_headers", (headers: OutgoingHttpHeaders) => {
      headers["x-initial"] = "1";
      headers["set-cookie"] = ["a=1", "b=2"];
    });
    engine.on("headers", (headers: OutgoingHttpHeaders) => (headers["x-all"] = "2"));
    const { client } = await websocket();
    // The stock engine writes one line for a list, which browsers take for one cookie.
    const cookies = peer.name === "stock" ? ["a=1,b=2"] : ["a=1", "b=2"];
    expect(client.headers).toMatchObject({ "x-initial": "1", "x-all": "2", "set-cookie": cookies });
  });

  test("only headers comes with the 101 response of an upgrade", async () => {
    const { engine, polling, raw } = await startEngine(peer);
    const { client } = await polling();
    engine.on("initial_headers", (headers: OutgoingHttpHeaders) => (headers["x-initial"] = "1"));
    engine.on("headers", (headers: OutgoingHttpHeaders) => (headers["x-all"] = "2"));
    const socket = await raw.socket({ sid: client.sid });
    onTestFinished(() => socket.terminate());
    expect([socket.headers["x-initial"], socket.headers["x-all"]]).toEqual([undefined, "2"]);
  });

  test("may replace and remove headers", async () => {
    const { engine, polling } = await startEngine(peer);
    engine.on("headers", (headers: OutgoingHttpHeaders) => {
      headers["cache-control"] = "private";
      headers["Content-Type"] = "text/x";
    });
    const { client } = await polling();
    expect(client.opening.headers).toMatchObject({ "cache-control": "private", "content-type": "text/x" });
  });
});

describe.each(PEERS)("$name: middleware", (peer) => {
  const add =
    (name: string): Middleware =>
    (_request, response, next) => {
      response.setHeader(name, "1");
      next();
    };

  test("runs in order, for requests of every kind", async () => {
    const { engine, polling, raw } = await startEngine(peer);
    const seen: string[] = [];
    engine.use((request, _response, next) => {
      seen.push(`1 ${request.method}`);
      next();
    });
    engine.use((_request, _response, next) => {
      seen.push("2");
      setImmediate(next);
    });
    const { client } = await polling();
    await client.push("4a");
    const socket = await raw.probe(client.sid);
    onTestFinished(() => socket.terminate());
    expect(seen).toEqual(["1 GET", "2", "1 POST", "2", "1 GET", "2"]);
  });

  test("sets headers of polling answers and of the 101 response", async () => {
    const { engine, polling, websocket } = await startEngine(peer);
    engine.use(add("x-one"));
    engine.use(add("x-two"));
    expect((await polling()).client.opening.headers).toMatchObject({ "x-one": "1", "x-two": "1" });
    expect((await websocket()).client.headers).toMatchObject({ "x-one": "1", "x-two": "1" });
  });

  test("has its headers also on a refusal", async () => {
    const { engine, get } = await startEngine(peer);
    engine.use(add("x-one"));
    const answer = await get("transport=tobi");
    expect([answer.status, answer.headers["x-one"]]).toEqual([400, "1"]);
  });

  test("may answer by itself", async () => {
    const { engine, get } = await startEngine(peer);
    engine.use((_request, response) => {
      response.writeHead(503, { "x-a": "b" });
      response.end("later");
    });
    const answer = await get("transport=polling");
    expect([answer.status, answer.text, answer.headers["x-a"]]).toEqual([503, "later", "b"]);
    expect(engine.clientsCount).toBe(0);
  });

  test("sees writeHead of the upgrade's response, as sessions that set their cookie late need it", async () => {
    const { engine, websocket } = await startEngine(peer);
    engine.use((_request, response, next) => {
      const writeHead = response.writeHead.bind(response);
      const late: typeof writeHead = (status: number) => {
        response.setHeader("set-cookie", ["late=1"]);
        return writeHead(status);
      };
      response.writeHead = late;
      next();
    });
    expect((await websocket()).client.headers["set-cookie"]).toEqual(["late=1"]);
  });

  test("runs before the request is verified and after cors", async () => {
    const { engine, get } = await startEngine(peer, { cors: { origin: "http://a.test" } });
    const seen: unknown[] = [];
    engine.use((_request, response, next) => {
      seen.push(response.getHeader("access-control-allow-origin"));
      next();
    });
    expect((await get("transport=tobi")).status).toBe(400);
    expect(seen).toEqual(["http://a.test"]);
  });

  test("gives the query on the request that listeners see", async () => {
    const { polling } = await startEngine(peer);
    const { session } = await polling({ a: "b=c", toString: "x" });
    const { _query: query } = session.request as unknown as { _query: Record<string, string> };
    expect(query).toMatchObject({ transport: "polling", EIO: "4", a: "b=c", toString: "x" });
    // The stock engine's has a prototype, but for the names that are looked up in it.
    expect(Object.getPrototypeOf(query)).toBe(peer.name === "stock" ? Object.prototype : null);
  });
});

describe.each(PEERS)("$name: an HTTP server", (peer) => {
  test("has all its earlier listeners called for other paths", async () => {
    const calls: string[] = [];
    const { url } = await startEngine(
      peer,
      {},
      {
        listener: (_request, response) => {
          calls.push("one");
          response.end("other");
        },
        prepare: (_engine, httpServer) => {
          httpServer.on("request", () => calls.push("after"));
        },
      },
    );
    expect((await httpRequest(`${url}/other`)).text).toBe("other");
    expect(calls).toEqual(["one", "after"]);
    calls.length = 0;
    await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`);
    expect(calls).toEqual(["after"]);
  });

  test("may carry two engines", async () => {
    const { httpServer, url } = await startEngine(peer, { path: "/one" });
    const other = peer.engine.attach(httpServer, { path: "/two", pingInterval: 5000 });
    onTestFinished(() => void other.close());
    for (const [path, interval] of [
      ["/one/", 25_000],
      ["/two/", 5000],
    ] as const) {
      const answer = await httpRequest(`${url}${path}?EIO=4&transport=polling`);
      expect(JSON.parse(answer.text.slice(1))).toMatchObject({ pingInterval: interval });
    }
  });

  test.each<[EngineOptions, boolean]>([
    [{ destroyUpgradeTimeout: 20 }, true],
    [{ destroyUpgrade: false, destroyUpgradeTimeout: 20 }, false],
  ])("with %o ends an upgrade for another path: %s", async (options, isEnded) => {
    const { tcp, get } = await startEngine(peer, options);
    const connection = await tcp();
    connection.write(upgradeRequest("/nobody"));
    if (isEnded) {
      await connection.closed();
      expect(connection.text).toBe("");
    } else {
      const { promise, resolve } = deferred();
      setTimeout(resolve, 60);
      await promise;
      await get("transport=polling");
      expect(connection.isClosed).toBe(false);
    }
  });

  test("leaves an upgrade that somebody answers", async () => {
    const { tcp, httpServer } = await startEngine(peer, { destroyUpgradeTimeout: 10 });
    httpServer.on("upgrade", (_request, socket) => socket.write("HTTP/1.1 101 ok\r\n\r\n"));
    const connection = await tcp();
    connection.write(upgradeRequest("/other"));
    await connection.readThrough("101 ok");
    const { promise, resolve } = deferred();
    setTimeout(resolve, 40);
    await promise;
    expect(connection.isClosed).toBe(false);
  });

  test("closes the engine with it; listening again opens it", async () => {
    const { httpServer, engine, polling } = await startEngine(peer);
    const { session, client } = await polling();
    const closed = once(session, "close");
    client.release();
    closeHttp(httpServer);
    expect((await closed)[0]).toBe("forced close");
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    const { port } = httpServer.address() as { port: number };
    const socket = await new RawEngineClient(`http://127.0.0.1:${port}`, { path: "/engine.io/" }).websocket();
    onTestFinished(() => socket.terminate());
    expect(engine.clientsCount).toBe(1);
  });
});
