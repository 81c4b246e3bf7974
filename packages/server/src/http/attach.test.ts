import { createServer } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { connect as connectHttp2, constants, createSecureServer as createSecureHttp2Server } from "node:http2";
import { createServer as createHttpsServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import {
  RawEngineClient,
  RawTcp,
  RawWebSocket,
  httpRequest,
  once,
  selfSigned,
  startEngine,
  startHttpServer,
  turns,
  until,
  upgradeRequest,
} from "@everwire/testkit";
import type { StartEngineOptions, StartedEngine } from "@everwire/testkit";
import { attach } from "@everwire/server/engine";
import type { Socket } from "@everwire/server/engine";

async function start(options: StartEngineOptions = {}): Promise<StartedEngine> {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  return started;
}

const answering =
  (status: number) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { "content-length": 0 });
    response.end();
  };

const statusOf = async (url: string): Promise<number> => (await httpRequest(url)).status;

describe("requests", () => {
  test("under the path are the engine's, all others those of the listeners before, all of them", async () => {
    const seen: (string | undefined)[] = [];
    const { url } = await start({
      http: {
        listener: answering(299),
        prepare: (http) => http.on("request", (request: IncomingMessage) => seen.push(request.url)),
      },
    });
    expect(await statusOf(`${url}/engine.io/?EIO=4&transport=polling`)).toBe(200);
    expect(await statusOf(`${url}/engine.io/anything?EIO=4&transport=polling`)).toBe(200);
    expect(seen).toEqual([]);
    expect(await statusOf(`${url}/engine.io`)).toBe(299);
    expect(await statusOf(`${url}/elsewhere`)).toBe(299);
    expect(await statusOf(`${url}/engine.iox/`)).toBe(299);
    expect(seen).toEqual(["/engine.io", "/elsewhere", "/engine.iox/"]);
  });

  test.each([
    [{ path: "/a" }, ["/a/?"], ["/a?", "/ab/?", "/"]],
    [{ path: "/a/" }, ["/a/?"], ["/a?"]],
    [{ path: "/a", addTrailingSlash: false }, ["/a?", "/a/?", "/ab?"], ["/b?"]],
  ])("with %o are served at %o and not at %o", async (options, inside, outside) => {
    const { url } = await start({ ...options, http: { listener: answering(299) } });
    for (const path of inside) expect(await statusOf(`${url}${path}EIO=4&transport=polling`)).toBe(200);
    for (const path of outside) expect(await statusOf(`${url}${path}EIO=4&transport=polling`)).toBe(299);
  });

  test("over https are served too", async () => {
    const { url } = await start({ http: { secure: true } });
    const client = new RawEngineClient(url, { path: "/engine.io/" });
    const polling = await client.polling();
    const { socket } = await client.upgrade(polling);
    expect(socket.isOpen).toBe(true);
    await client.websocket();
    polling.release();
  });

  test("over https are served to clients with a certificate where one is asked for", async () => {
    const certificate = selfSigned();
    const trusted = { ...certificate, ca: certificate.cert };
    const http = createHttpsServer({ ...trusted, requestCert: true, rejectUnauthorized: true });
    onTestFinished(() => void http.close());
    const engine = attach(http);
    onTestFinished(() => void engine.close());
    const authorized: unknown[] = [];
    engine.on("connection", (session: Socket) =>
      authorized.push((session.request.socket as { authorized?: boolean }).authorized),
    );
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const at = `127.0.0.1:${(http.address() as AddressInfo).port}/engine.io/?EIO=4&transport=`;
    const webSocket = new WebSocket(`wss://${at}websocket`, trusted);
    await once(webSocket, "open");
    webSocket.terminate();
    const [response] = await once<[IncomingMessage]>(
      get(`https://${at}polling`, { ...trusted, agent: false }),
      "response",
    );
    response.resume();
    expect([response.statusCode, authorized]).toEqual([200, [true, true]]);
    const stranger = new WebSocket(`wss://${at}websocket`, { ca: certificate.cert });
    const errors: Error[] = [];
    stranger.on("error", (error) => errors.push(error));
    await once(stranger, "close");
    expect(errors[0]?.message).toContain("certificate required");
    http.closeAllConnections();
  });
});

describe("an HTTP/2 server", () => {
  test("serves long-polling", async () => {
    const http = createSecureHttp2Server({ ...selfSigned() });
    onTestFinished(() => void http.close());
    const engine = attach(http);
    engine.on("connection", (session: Socket) => session.on("message", (data: string) => session.send(data)));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const base = `https://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const wire = connectHttp2(base, { rejectUnauthorized: false });
    onTestFinished(() => wire.destroy());
    const request = async (path: string, body?: string, headers: OutgoingHttpHeaders = {}): Promise<string> => {
      const stream = wire.request({ ":path": path, ":method": body === undefined ? "GET" : "POST", ...headers });
      stream.end(body);
      let text = "";
      for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
      return text;
    };
    const opening = await request("/engine.io/?EIO=4&transport=polling", undefined, { origin: base });
    const { sid } = JSON.parse(opening.slice(1)) as { sid: string };
    const session = `/engine.io/?EIO=4&transport=polling&sid=${sid}`;
    for (let round = 0; round < 2; round++) {
      const poll = request(session);
      expect(await request(session, "4hello")).toBe("ok");
      expect(await poll).toBe("4hello");
    }
    expect(engine.clients[sid]?.request.headers[":path"]).toContain("transport=polling");
    expect(await request("/engine.io/?EIO=4&transport=polling", undefined, { origin: "https://evil.test" })).toContain(
      "Forbidden",
    );
    engine.close();
  });

  test("takes a poll that the client cuts off for a broken one", async () => {
    const http = createSecureHttp2Server({ ...selfSigned() });
    onTestFinished(() => void http.close());
    const engine = attach(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const wire = connectHttp2(`https://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      rejectUnauthorized: false,
    });
    onTestFinished(() => wire.destroy());
    const connected = once<[Socket]>(engine, "connection");
    wire.request({ ":path": "/engine.io/?EIO=4&transport=polling" }).resume();
    const [session] = await connected;
    const closed = once<[string]>(session, "close");
    const poll = wire.request({ ":path": `/engine.io/?EIO=4&transport=polling&sid=${session.id}` });
    await until(() => session.transport.writable, "the poll");
    poll.close(constants.NGHTTP2_CANCEL);
    expect((await closed)[0]).toBe("transport error");
    session.send("to nobody");
    await turns(2);
  });
});

describe("several engines on one server", () => {
  test("may be one and the same, under two paths", async () => {
    const { engine, httpServer, url } = await start();
    engine.attach(httpServer, { path: "/second" });
    for (const path of ["/engine.io/", "/second/"]) {
      const client = new RawEngineClient(url, { path });
      const polling = await client.polling();
      expect((await client.upgrade(polling)).socket.isOpen).toBe(true);
    }
    expect(engine.clientsCount).toBe(2);
  });

  test("with the same path: the newest serves it", async () => {
    const started = await startHttpServer({
      prepare: (http) => {
        attach(http, { initialPacket: "old" }).close();
        attach(http, { initialPacket: "new" });
      },
    });
    onTestFinished(() => started.close());
    const client = new RawEngineClient(started.url, { path: "/engine.io/" });
    expect(await (await client.polling()).next()).toBe("4new");
    expect(await (await client.websocket()).next()).toBe("4new");
  });

  test("each have their path, for requests and upgrades", async () => {
    const started = await startHttpServer({
      prepare: (http) => {
        attach(http, { path: "/one", initialPacket: "one", destroyUpgradeTimeout: 20 });
        attach(http, { path: "/two", initialPacket: "two", destroyUpgradeTimeout: 20 });
      },
    });
    onTestFinished(() => started.close());
    for (const name of ["one", "two"]) {
      const client = new RawEngineClient(started.url, { path: `/${name}/` });
      expect(await (await client.polling()).next()).toBe(`4${name}`);
      expect(await (await client.websocket()).next()).toBe(`4${name}`);
    }
  });

  test("do not end an upgrade that another one still looks at", async () => {
    const asked: (() => void)[] = [];
    const started = await startHttpServer({
      prepare: (http) => {
        attach(http, { path: "/one", destroyUpgradeTimeout: 10 });
        attach(http, {
          path: "/two",
          allowRequest: (_request, callback) => setTimeout(() => asked.push(() => callback(null, true)), 60),
        });
      },
    });
    onTestFinished(() => started.close());
    const opening = new RawEngineClient(started.url, { path: "/two/" }).websocket();
    while (asked.length === 0) await turns(1);
    asked[0]?.();
    expect((await opening).isOpen).toBe(true);
  });
});

describe("requests for other paths", () => {
  test("are answered 404 where nobody else listens, also behind several engines", async () => {
    const { url, httpServer } = await start();
    expect(await statusOf(`${url}/nobody`)).toBe(404);
    attach(httpServer, { path: "/second" });
    expect(await statusOf(`${url}/nobody`)).toBe(404);
  });

  test("are left to a listener that comes later", async () => {
    const { url, httpServer } = await start();
    httpServer.on("request", (_request, response) => setImmediate(() => response.writeHead(418).end()));
    expect(await statusOf(`${url}/somebody`)).toBe(418);
  });
});

describe("upgrade requests for other paths", () => {
  test("are left to whoever else listens", async () => {
    const { url } = await start({
      destroyUpgradeTimeout: 10,
      http: {
        prepare: (http) =>
          http.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
            if (request.url === "/other") socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n");
          }),
      },
    });
    const tcp = await RawTcp.open(Number(new URL(url).port));
    onTestFinished(() => tcp.destroy());
    tcp.write(upgradeRequest("/other"));
    expect(await tcp.readThrough("\r\n\r\n")).toContain("101");
    // Longer than the timeout: another connection comes and goes meanwhile.
    await expect(RawWebSocket.open(`${url}/nobody`)).rejects.toThrow();
    expect(tcp.isClosed).toBe(false);
  });

  test("are ended in time when nobody answers", async () => {
    const { url } = await start({ destroyUpgradeTimeout: 10 });
    const tcp = await RawTcp.open(Number(new URL(url).port));
    tcp.write(upgradeRequest("/nobody"));
    await tcp.closed();
    expect(tcp.text).toBe("");
  });

  test("are ended in time on a connection that was answered before", async () => {
    const { url } = await start({ destroyUpgradeTimeout: 10 });
    const tcp = await RawTcp.open(Number(new URL(url).port));
    tcp.write("GET /engine.io/?EIO=4&transport=tobacco HTTP/1.1\r\nHost: x\r\n\r\n");
    expect((await tcp.readResponse()).status).toBe(400);
    tcp.write(upgradeRequest("/nobody"));
    await tcp.closed();
  });

  test("are not ended when that is turned off", async () => {
    const { url } = await start({ destroyUpgrade: false, destroyUpgradeTimeout: 1 });
    const tcp = await RawTcp.open(Number(new URL(url).port));
    onTestFinished(() => tcp.destroy());
    tcp.write(upgradeRequest("/nobody"));
    await statusOf(`${url}/engine.io/?EIO=4&transport=polling`);
    await turns(20);
    expect(tcp.isClosed).toBe(false);
  });

  test("that break off leave no timer and harm nobody", async () => {
    const { url } = await start({ destroyUpgradeTimeout: 50_000 });
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const tcp = await RawTcp.open(Number(new URL(url).port));
    tcp.write(upgradeRequest("/nobody"));
    await turns(5);
    tcp.reset();
    expect(await statusOf(`${url}/engine.io/?EIO=4&transport=polling`)).toBe(200);
    while (process.getActiveResourcesInfo().filter((name) => name === "Timeout").length > before + 1) await turns(1);
  });
});

describe("the HTTP server's life", () => {
  test("its close closes the engine, and listening again opens it", async () => {
    const http = createServer();
    const engine = attach(http);
    const listen = async (): Promise<RawEngineClient> => {
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      return new RawEngineClient(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { path: "/engine.io/" });
    };
    for (let round = 0; round < 2; round++) {
      const client = await listen();
      const polling = await client.polling();
      const { socket } = await client.upgrade(polling);
      polling.release();
      expect(engine.clientsCount).toBe(1);
      const closed = once(http, "close");
      http.close();
      socket.terminate();
      await closed;
      expect(engine.clientsCount).toBe(0);
    }
  });
});
