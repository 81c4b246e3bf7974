import { EventEmitter, once as onceOf } from "node:events";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import {
  io as stockClient,
  type ManagerOptions,
  type Socket as StockSocket,
  type SocketOptions,
} from "socket.io-client";
import {
  httpRequest,
  once,
  RawEngineClient,
  selfSigned,
  startHttpServer,
  startServer,
  type StartServerOptions,
  until,
} from "@everwire/testkit";
import { afterEach, describe, expect, it } from "vitest";
import type { AdapterNamespace } from "./adapter/adapter.js";
import { Adapter } from "./adapter/in-memory.js";
import { SessionAwareAdapter } from "./adapter/session-aware.js";
import { EngineServer } from "./engine/engine-server.js";
import { Namespace } from "./namespace.js";
import { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(options: StartServerOptions = {}): Promise<{ io: Server; url: string; httpServer: HttpServer }> {
  const { io, url, close, httpServer } = await startServer(options);
  cleanups.push(close);
  return { io, url, httpServer };
}

function connect(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): StockSocket {
  const socket = stockClient(url, { forceNew: true, ...options });
  cleanups.push(() => socket.disconnect());
  return socket;
}

async function urlOf(io: Server): Promise<string> {
  const httpServer = io.httpServer as HttpServer;
  if (!httpServer.listening) await onceOf(httpServer, "listening");
  cleanups.push(() => io.close());
  return `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
}

describe("a stock client", () => {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    it(`connects, emits both ways and is acknowledged over ${transports.join(" and ")}`, async () => {
      const { io, url } = await serve();
      io.on("connection", (socket) => {
        socket.on("echo", (value, answer) => answer(value));
        socket.emit("hello", { you: socket.id }, Buffer.from([1, 2, 3]));
      });
      const client = connect(url, { transports });
      const [greeting, bytes] = await once(client, "hello");
      expect(greeting).toEqual({ you: client.id });
      expect(bytes).toEqual(Buffer.from([1, 2, 3]));
      expect(await client.emitWithAck("echo", { deep: [1, "ü", null] })).toEqual({ deep: [1, "ü", null] });
    });
  }

  it("keeps the order of events across the upgrade", async () => {
    const { io, url } = await serve();
    const seen: number[] = [];
    const done = new Promise<void>((resolve) => {
      io.on("connection", (socket) => {
        socket.on("n", (n) => {
          seen.push(n);
          socket.emit("n", n);
          if (n === 99) resolve();
        });
      });
    });
    const client = connect(url);
    const back: number[] = [];
    client.on("n", (n) => back.push(n));
    const all = new Promise<void>((resolve) => client.on("n", (n) => (n === 99 ? resolve() : undefined)));
    for (let n = 0; n < 100; n++) {
      client.emit("n", n);
      if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await Promise.all([done, all]);
    const expected = Array.from({ length: 100 }, (_, n) => n);
    expect(seen).toEqual(expected);
    expect(back).toEqual(expected);
  });
});

describe("a server is made", () => {
  it("on a port, 0 included, with options", async () => {
    const io = new Server(0, { path: "/rt/" });
    const url = await urlOf(io);
    expect(io.path()).toBe("/rt");
    const connection = once(io, "connection");
    connect(url, { path: "/rt" });
    await connection;
    expect((await httpRequest(`${url}/elsewhere`)).status).toBe(404);
  });

  it("without one, and attached or told to listen later: a port as text will do", async () => {
    const io = new Server({ transports: ["websocket"] });
    expect(io.httpServer).toBeUndefined();
    expect(io.engine).toBeUndefined();
    expect(io.listen("0")).toBe(io);
    const connection = once(io, "connection");
    connect(await urlOf(io), { transports: ["websocket"] });
    await connection;
    expect(io.engine).toBeInstanceOf(EngineServer);
  });

  it("without one by null too, with what is off switched off", () => {
    const io = new Server(null as never, { path: "/x", connectionStateRecovery: false as never });
    expect(io.path()).toBe("/x");
    expect(io.httpServer).toBeUndefined();
    expect(io.of("/").adapter).not.toBeInstanceOf(SessionAwareAdapter);
  });

  it("on an HTTP server with TLS", async () => {
    const { io, url } = await serve({ http: { secure: true } });
    const connection = once<[Socket]>(io, "connection");
    connect(url, { rejectUnauthorized: false });
    expect((await connection)[0].handshake.secure).toBe(true);
  });

  it("on an HTTP/2 server, for the clients that speak HTTP/1.1 to it", async () => {
    const httpServer = createSecureServer({ ...selfSigned(), allowHTTP1: true });
    const io = new Server(httpServer);
    await new Promise<void>((resolve) => httpServer.listen(0, resolve));
    cleanups.push(() => io.close());
    const connection = once<[Socket]>(io, "connection");
    connect(`https://127.0.0.1:${(httpServer.address() as AddressInfo).port}`, { rejectUnauthorized: false });
    await connection;
  });

  it("not on what is a request handler or nonsense", () => {
    const app = (): void => undefined;
    expect(() => new Server(app as never)).toThrow(/express request handler .* http\.Server/);
    expect(() => new Server().listen("http://localhost")).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_SERVER" }),
    );
    expect(() => new Server({ connectTimeout: 0 })).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTION" }));
    expect(() => new Server({ maxRooms: Number.NaN })).toThrow("maxRooms");
  });

  it("with options of its own that win over those of attach", async () => {
    const { httpServer } = await startHttpServer();
    const io = new Server({ path: "/own", pingInterval: 111 });
    io.attach(httpServer, { path: "/other", pingInterval: 222, pingTimeout: 333 });
    cleanups.push(() => io.close());
    expect(io.engine.opts).toMatchObject({ pingInterval: 111, pingTimeout: 333 });
    const raw = new RawEngineClient(`http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`, {
      path: "/own/",
    });
    await raw.connected();
  });

  it("with a session-aware adapter when sessions are to be recovered, and any adapter that is asked for", async () => {
    expect(new Server().of("/").adapter).toBeInstanceOf(Adapter);
    const io = new Server({ connectionStateRecovery: {} });
    expect(io.of("/").adapter).toBeInstanceOf(SessionAwareAdapter);
    expect(io.opts.connectionStateRecovery).toEqual({ maxDisconnectionDuration: 120_000, skipMiddlewares: true });
    class Own extends Adapter {}
    expect(new Server({ adapter: Own }).of("/").adapter).toBeInstanceOf(Own);
    expect(new Server({ adapter: (nsp: AdapterNamespace) => new Own(nsp) }).of("/").adapter).toBeInstanceOf(Own);
    function factory(nsp: AdapterNamespace): Own {
      return new Own(nsp);
    }
    expect(new Server({ adapter: factory }).of("/").adapter).toBeInstanceOf(Own);
  });

  it("beside another on the same HTTP server, whose own listeners go on", async () => {
    const http = await startHttpServer({
      listener: (request, response) => {
        if (request.url === "/page") response.end("page");
      },
    });
    cleanups.push(() => http.close());
    const first = new Server(http.httpServer);
    const second = new Server(http.httpServer, { path: "/second" });
    const connections = Promise.all([once(first, "connection"), once(second, "connection")]);
    connect(http.url);
    connect(http.url, { path: "/second" });
    await connections;
    expect((await httpRequest(`${http.url}/page`)).text).toBe("page");
    await Promise.all([first.close(), second.close()]);
  });
});

describe("settings", () => {
  it("are read and written by one method each", () => {
    const io = new Server();
    expect([io.path(), io.connectTimeout(), io.serveClient()]).toEqual(["/socket.io", 45_000, true]);
    expect(io.path("/a/").connectTimeout(10).serveClient(false)).toBe(io);
    expect([io.path(), io.connectTimeout(), io.serveClient()]).toEqual(["/a", 10, false]);
    expect(io.adapter()).toBe(Adapter);
    const before = io.of("/").adapter;
    expect(io.adapter(SessionAwareAdapter)).toBe(io);
    expect(io.of("/").adapter).not.toBe(before);
  });
});

describe("the emitter of a server", () => {
  it("is the one of its main namespace, with Node's semantics", async () => {
    const io = new Server();
    expect(io).toBeInstanceOf(EventEmitter);
    expect(io.sockets).toBeInstanceOf(Namespace);
    const listener = (): void => undefined;
    expect(io.on("connection", listener)).toBe(io.sockets);
    expect(io.sockets.listeners("connection")).toEqual([listener]);
    expect(io.listenerCount("connection")).toBe(1);
    expect(io.eventNames()).toEqual(["connection"]);
    expect(io.off("connection", listener)).toBe(io.sockets);
    expect(io.listeners("connection")).toEqual([]);
    io.once("connection", listener).prependListener("connection", listener).removeAllListeners();
    expect(io.rawListeners("connection")).toEqual([]);
    io.setMaxListeners(3);
    expect(io.sockets.getMaxListeners()).toBe(3);
    const added: string[] = [];
    io.once("newListener", (event: string) => added.push(event));
    io.on("connection", listener);
    expect(added).toEqual(["connection"]);
    const next = onceOf(io, "between");
    io.sockets._onServerSideEmit(["between", 1]);
    expect(await next).toEqual([1]);
  });

  it("adds middlewares of the main namespace", async () => {
    const { io, url } = await serve();
    expect(io.use((_socket, next) => next(new Error("no")))).toBe(io);
    const [error] = await once<[Error]>(connect(url), "connect_error");
    expect(error.message).toBe("no");
  });
});

describe("close", () => {
  it("disconnects everyone, closes adapters, engine and HTTP server, and resolves", async () => {
    const { io, url, httpServer } = await serve();
    const connection = once<[Socket]>(io, "connection");
    const client = connect(url, { reconnection: false, transports: ["websocket"] });
    const polling = connect(url, { reconnection: false, transports: ["polling"] });
    const [socket] = await connection;
    await Promise.all([once(client, "connect"), once(polling, "connect")]);
    const closed: string[] = [];
    io.of("/").adapter.close = () => void closed.push("adapter");
    const reason = once(socket, "disconnect");
    const gone = Promise.all([once(client, "disconnect"), once(polling, "disconnect")]);
    const errors: unknown[] = [];
    await io.close((error) => errors.push(error));
    expect((await reason)[0]).toBe("server shutting down");
    expect(errors).toEqual([undefined]);
    expect(closed).toEqual(["adapter"]);
    expect(httpServer.listening).toBe(false);
    expect(io.engine.clientsCount).toBe(0);
    expect(io.of("/").sockets.size).toBe(0);
    await gone;
  });

  it("closes every HTTP server that it was attached to, and every session there", async () => {
    const { io, url, httpServer } = await serve();
    const other = createServer();
    io.attach(other);
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    cleanups.push(() => other.close());
    const otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const clients = [url, otherUrl].map((each) => stockClient(each, { reconnection: false, forceNew: true }));
    await Promise.all(clients.map((client) => onceOf(client as unknown as EventEmitter, "connect")));
    expect(io.of("/").sockets.size).toBe(2);
    const gone = clients.map((client) => onceOf(client as unknown as EventEmitter, "disconnect"));
    await io.close();
    await Promise.all(gone);
    expect([httpServer.listening, other.listening]).toEqual([false, false]);
  });

  it("tells the callback of an HTTP server that does not run, and does not reject", async () => {
    const io = new Server(createServer());
    const errors: unknown[] = [];
    await io.close((error) => errors.push(error));
    expect(errors).toMatchObject([{ code: "ERR_SERVER_NOT_RUNNING" }]);
    await io.close();
    await new Server().close();
  });

  it("resolves when the last connection is gone, without a callback too", async () => {
    const waiting: ServerResponse[] = [];
    const listener = (_request: unknown, response: ServerResponse): void => void waiting.push(response);
    const { io, url, httpServer } = await serve({ http: { listener } });
    const download = httpRequest(`${url}/download`);
    await onceOf(httpServer, "request");
    let isClosed = false;
    const closed = io.close().then(() => (isClosed = true));
    await onceOf(httpServer, "close", { signal: AbortSignal.timeout(50) }).catch(() => undefined);
    expect(isClosed).toBe(false);
    waiting[0]?.end("the last bytes");
    await download;
    expect(await closed).toBe(true);
    expect(httpServer.listening).toBe(false);
  });

  it("does not reject for an adapter that can't be closed, and reports it", async () => {
    const io = new Server();
    const reported: unknown[] = [];
    io.on("listener_error", (error) => reported.push(error));
    io.of("/").adapter.close = () => Promise.reject(new Error("no broker"));
    await io.close();
    expect(reported).toMatchObject([{ message: "no broker" }]);
  });

  it("leaves no timer and no socket behind, whatever was going on", async () => {
    const count = (): number =>
      process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|Immediate/.test(name)).length;
    const before = count();
    const io = new Server(0, { connectionStateRecovery: {} });
    const httpServer = io.httpServer as HttpServer;
    await onceOf(httpServer, "listening");
    const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
    const clients = [["polling"], ["websocket"], ["polling", "websocket"]].map((transports) =>
      stockClient(url, { forceNew: true, transports, reconnection: false }),
    );
    const raw = new RawEngineClient(url);
    const silent = await raw.websocket();
    await Promise.all(clients.map((client) => once(client, "connect")));
    for (const socket of io.of("/").sockets.values()) socket.timeout(60_000).emit("never answered", () => undefined);
    io.timeout(60_000).emit("never answered", () => undefined);
    io.emit("stored");
    const gone = Promise.all(clients.map((client) => once(client, "disconnect")));
    await io.close();
    await gone;
    await silent.closed();
    await until(() => count() <= before, "an event loop without timers and sockets");
  });

  it("is not the end: after another listen clients come back", async () => {
    const io = new Server(0);
    const url = await urlOf(io);
    const port = Number(new URL(url).port);
    const client = connect(url, { reconnectionDelay: 1, reconnectionDelayMax: 10 });
    await once(client, "connect");
    const gone = once(client, "disconnect");
    await io.close();
    await gone;
    const again = once(io, "connection");
    io.listen(port);
    await again;
    if (!client.connected) await once(client, "connect");
    const errors: unknown[] = [];
    await io.close((error) => errors.push(error));
    expect(errors).toEqual([undefined]);
  });
});
