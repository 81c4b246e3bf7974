// The corners: hostile queries, renewed heartbeats, replaced timers, real middleware, IPv6, transports of the user's own, malformed
// input. The server stays up, other sessions go on.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import session from "express-session";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { httpRequest, once, turns, until } from "@everwire/testkit";
import type { SocketOptions } from "@everwire/client/engine";
import { closeHttp, startEngine, upgradeRequest } from "./support/engine.js";
import { PEERS } from "./support/peers.js";

describe.each(PEERS)("$name: a query", (peer) => {
  test.each<[string, number]>([
    ["transport=other&transport=polling", 200],
    ["transport=polling&transport=other", 400],
    ["transport[]=polling", 400],
    ["transport=POLLING", 400],
    ["transport=polling&sid=", 200],
    ["transport=polling&__proto__=x&constructor=y", 200],
    ["transport=polling&hasOwnProperty=x", 200],
    ["transport=polling&a=%", 200],
    ["transport=polling&sid=a&sid=b", 400],
    ["EIO=3&EIO=4&transport=polling", 200],
    ["EIO=04&transport=polling", 400],
    ["EIO=&transport=polling", 400],
  ])("%s is answered %i", async (query, status) => {
    const { get } = await startEngine(peer);
    expect((await get(query)).status).toBe(status);
  });

  test("is text throughout: of several values the last one counts", async () => {
    const { polling } = await startEngine(peer);
    const { session: opened } = await polling({ a: "1&a=2" });
    const { session: repeated } = await startEngine(peer).then(async (started) => {
      const next = started.session();
      await started.get("transport=polling&a=1&a=2&b[]=3");
      return { session: await next };
    });
    const queryOf = ({ request }: typeof opened): object => (request as unknown as { _query: object })._query;
    expect(queryOf(opened)).toMatchObject({ a: "1&a=2" });
    expect(queryOf(repeated)).toMatchObject({ a: "2", "b[]": "3" });
  });

  test.each(["toString", "hasOwnProperty", "__proto__", "constructor", "valueOf"])(
    "finds no session named %s",
    async (sid) => {
      const { get, raw } = await startEngine(peer);
      expect((await get(`transport=polling&sid=${sid}`)).json()).toEqual({ code: 1, message: "Session ID unknown" });
      await expect(raw.socket({ sid })).rejects.toThrow("Session ID unknown");
    },
  );
});

describe.each(PEERS)("$name: the heartbeat", (peer) => {
  test("is renewed once by another packet while a pong is awaited", async () => {
    const { websocket } = await startEngine(peer, { pingInterval: 20, pingTimeout: 60 });
    const { client, session: opened } = await websocket();
    expect(await client.nextRaw()).toBe("2");
    const pinged = performance.now();
    let closed: number | undefined;
    opened.on("close", () => (closed = performance.now()));
    const timer = setInterval(() => client.send("4a"), 10);
    await until(() => closed !== undefined, "the timeout");
    clearInterval(timer);
    // The first packet came within a few milliseconds: one timeout after it, and not a later one.
    expect(closed! - pinged).toBeGreaterThan(60);
    expect(closed! - pinged).toBeLessThan(2000);
  });

  describe("with global timers replaced", () => {
    afterEach(() => void vi.useRealTimers());

    test("goes on", async () => {
      const { websocket } = await startEngine(peer, { pingInterval: 20 });
      vi.stubGlobal("setTimeout", () => undefined);
      const opened = websocket().finally(() => vi.unstubAllGlobals());
      const { client } = await opened;
      expect(await client.nextRaw()).toBe("2");
    });
  });
});

describe.each(PEERS)("$name: express-session", (peer) => {
  test("sets its cookie on both transports and knows it again", async () => {
    const { engine, raw } = await startEngine(peer);
    const middleware = session({
      secret: "keyboard cat",
      resave: true,
      saveUninitialized: true,
      cookie: { maxAge: 60_000 },
    });
    engine.use(middleware);
    const sessions: string[] = [];
    engine.on("connection", ({ request }) =>
      sessions.push((request as unknown as { session: { id: string } }).session.id),
    );
    const polling = await raw.polling();
    onTestFinished(() => polling.release());
    const [cookie = ""] = polling.opening.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^connect\.sid=s%3A/);
    const websocket = await raw.websocket({}, { headers: { cookie: cookie.split(";")[0] } });
    onTestFinished(() => websocket.terminate());
    expect(sessions[0]).toBe(sessions[1]);
    const stranger = await raw.websocket();
    onTestFinished(() => stranger.terminate());
    expect(stranger.headers["set-cookie"]?.[0]).toMatch(/^connect\.sid=/);
    expect(sessions[2]).not.toBe(sessions[0]);
  });
});

describe.each(PEERS)("$name: IPv6", (peer) => {
  test.each<[string, (port: number) => [string | SocketOptions, SocketOptions?]]>([
    ["in an address", (port) => [`http://[::1]:${port}`]],
    ["as a host", (port) => [{ host: "::1", port }]],
    ["as a host with brackets", (port) => [{ host: "[::1]", port }]],
  ])("%s", async (_how, target) => {
    const httpServer = createServer();
    const engine = peer.engine.attach(httpServer);
    httpServer.listen(0, "::1");
    await once(httpServer, "listening");
    onTestFinished(() => {
      engine.close();
      closeHttp(httpServer);
    });
    const [uri, options] = target((httpServer.address() as AddressInfo).port);
    const client = new peer.engineClient.Socket(uri, options);
    onTestFinished(() => void client.close());
    const opened = once<[{ remoteAddress: string }]>(engine, "connection");
    await once(client, "upgrade");
    expect((await opened)[0].remoteAddress).toBe("::1");
  });
});

describe.each(PEERS)("$name: the map of transports", (peer) => {
  test("is where names are looked up", async () => {
    const { url } = await startEngine(peer);
    const { transports, NodeWebSocket } = peer.engineClient;
    class Own extends NodeWebSocket {}
    transports["websocket"] = Own;
    onTestFinished(() => {
      transports["websocket"] = NodeWebSocket;
    });
    const client = new peer.engineClient.Socket(url, { transports: ["websocket"] });
    onTestFinished(() => void client.close());
    expect(client.transport).toBeInstanceOf(Own);
    await once(client, "open");
  });
});

describe.each(PEERS)("$name: malformed input", (peer) => {
  test.each<[string, (string | Buffer)[]]>([
    ["a masked frame with reserved bits", [Buffer.from([0xf1, 0x80, 0, 0, 0, 0])]],
    ["an unmasked frame", [Buffer.from([0x81, 0x01, 0x34])]],
    ["an unknown opcode", [Buffer.from([0x83, 0x80, 0, 0, 0, 0])]],
    ["a length beyond reason", [Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1])]],
    ["text that is no UTF-8", [Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe])]],
    ["a control frame that is too long", [Buffer.from([0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0])]],
    ["noise", [Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 37) & 255))]],
  ])("behind a handshake: %s", async (_what, chunks) => {
    const { tcp, engine, polling } = await startEngine(peer);
    const opened = once(engine, "connection");
    const connection = await tcp();
    connection.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket"));
    await opened;
    connection.write(...chunks);
    await until(() => engine.clientsCount === 0, "the end of the session");
    expect((await polling()).session.readyState).toBe("open");
  });

  test.each([
    "GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n",
    "GET /engine.io/? HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /engine.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n4",
    "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "BREW /engine.io/ HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  ])("at the door: %j", async (text) => {
    const { tcp, polling } = await startEngine(peer);
    const connection = await tcp();
    connection.write(text);
    await turns(10);
    connection.reset();
    expect((await polling()).session.readyState).toBe("open");
  });

  test("in payloads of every kind", async () => {
    const { polling, engine } = await startEngine(peer);
    for (const body of [
      "\x1e\x1e",
      "4\x1e4\x1e",
      "b",
      "b%%%",
      "4\ud800",
      "\0",
      "0{}",
      "5",
      "6",
      "1\x1e1",
      "2\x1e2",
      "error",
      "9",
    ]) {
      const { client } = await polling();
      expect((await client.push(body)).status).toBe(200);
      await client.push("1");
      client.release();
    }
    await until(() => engine.clientsCount === 0, "the end of the sessions");
  });

  test("a connection that breaks while it is refused", async () => {
    const { tcp, polling } = await startEngine(peer);
    for (let index = 0; index < 10; index++) {
      const connection = await tcp();
      connection.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket&sid=nobody"));
      connection.reset();
    }
    expect((await polling()).session.readyState).toBe("open");
  });

  test("an HTTP server's other requests go on meanwhile", async () => {
    const { url } = await startEngine(peer, {}, { listener: (_request, response) => response.end("other") });
    expect((await httpRequest(`${url}/other`)).text).toBe("other");
  });
});
