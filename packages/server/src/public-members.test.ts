// What applications read off a server, a namespace and a socket: names that they know, with the values that they expect.
import { EventEmitter } from "node:events";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { httpRequest, once, startServer, type StartServerOptions, turns } from "@everwire/testkit";
import {
  io as stockClient,
  type ManagerOptions,
  type Socket as StockSocket,
  type SocketOptions,
} from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { Adapter } from "./adapter/in-memory.js";
import { EngineServer } from "./engine/engine-server.js";
import { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Pair {
  io: Server;
  url: string;
  httpServer: HttpServer;
  socket: Socket;
  client: StockSocket;
}

async function pair(
  options: StartServerOptions = {},
  clientOptions: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Pair> {
  const { io, url, httpServer, close } = await startServer(options);
  cleanups.push(close);
  const connection = once<[Socket]>(io, "connection");
  const client = stockClient(url, { forceNew: true, transports: ["websocket"], ...clientOptions });
  cleanups.push(() => client.disconnect());
  const [[socket]] = await Promise.all([connection, once(client, "connect")]);
  return { io, url, httpServer, socket, client };
}

describe("a server", () => {
  it("shows its engine, its HTTP server and its main namespace", async () => {
    const { io, httpServer } = await pair();
    expect(io.engine).toBeInstanceOf(EngineServer);
    expect(io.engine.clientsCount).toBe(1);
    expect(io.engine.opts).toMatchObject({ path: "/socket.io", pingInterval: 25_000, pingTimeout: 20_000 });
    expect(io.httpServer).toBe(httpServer);
    expect(io.sockets).toBe(io.of("/"));
    expect([...io._nsps.keys()]).toEqual(["/"]);
  });

  it("has the options of recovery with their defaults, and none when it is off", () => {
    expect(new Server().opts.connectionStateRecovery).toBeUndefined();
    expect(new Server({ connectionStateRecovery: {} }).opts.connectionStateRecovery).toEqual({
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: true,
    });
  });

  it("attaches under the path, timeout and files that were set before", async () => {
    const io = new Server().path("/wire/").connectTimeout(20).serveClient(false);
    io.listen(0);
    cleanups.push(() => io.close());
    const url = `http://127.0.0.1:${(io.httpServer?.address() as AddressInfo).port}`;
    expect((await httpRequest(`${url}/wire/?EIO=4&transport=polling`)).status).toBe(200);
    expect((await httpRequest(`${url}/socket.io/?EIO=4&transport=polling`)).status).toBe(404);
    expect((await httpRequest(`${url}/wire/socket.io.js`)).status).toBe(400);
  });

  it("takes an adapter as a class or as a function, for namespaces that are there and those to come", () => {
    class Own extends Adapter {}
    const io = new Server();
    io.of("/early");
    io.adapter(Own);
    expect(io.adapter()).toBe(Own);
    for (const name of ["/", "/early", "/late"]) expect(io.of(name).adapter).toBeInstanceOf(Own);
    const names: string[] = [];
    const made = new Server({
      adapter: (nsp) => {
        names.push(nsp.name);
        return new Own(nsp);
      },
    });
    expect(made.of("/x").adapter).toBeInstanceOf(Own);
    expect(names).toEqual(["/", "/x"]);
  });
});

describe("a namespace", () => {
  it("has maps of its sockets, rooms and their members", async () => {
    const { io, socket } = await pair();
    void socket.join(["a", "b"]);
    const { name, sockets, adapter, server } = io.of("/");
    expect([name, server]).toEqual(["/", io]);
    expect(sockets).toBeInstanceOf(Map);
    expect([...sockets]).toEqual([[socket.id, socket]]);
    expect(adapter.rooms).toEqual(new Map([socket.id, "a", "b"].map((room) => [room, new Set([socket.id])] as const)));
    expect(adapter.sids).toEqual(new Map([[socket.id, new Set([socket.id, "a", "b"])]]));
    socket.disconnect();
    expect([sockets.size, adapter.rooms.size, adapter.sids.size]).toEqual([0, 0, 0]);
  });

  it("names the ids of its sockets, all or those in rooms", async () => {
    const { io, socket } = await pair();
    void socket.join("a");
    /* eslint-disable @typescript-eslint/no-deprecated -- kept for those who call it */
    expect(await io.allSockets()).toEqual(new Set([socket.id]));
    expect(await io.of("/").in("a").allSockets()).toEqual(new Set([socket.id]));
    expect(await io.in("b").allSockets()).toEqual(new Set());
    /* eslint-enable @typescript-eslint/no-deprecated */
  });

  it("gives back itself, or true, for what it sends", () => {
    const io = new Server();
    expect(io.emit("a")).toBe(true);
    expect(io.to("room").emit("a")).toBe(true);
    expect(io.send("a").write("b")).toBe(io);
    const namespace = io.of("/n");
    expect(namespace.send("a").write("b")).toBe(namespace);
    expect(namespace.use((_socket, next) => next())).toBe(namespace);
  });

  it("is an emitter of Node, as its server, its adapter, its sockets and their sessions are", async () => {
    const { io, socket } = await pair();
    for (const emitter of [io, io.of("/"), io.engine, io.of("/").adapter, socket, socket.conn]) {
      expect(emitter).toBeInstanceOf(EventEmitter);
    }
  });
});

describe("a socket", () => {
  it("shows its connection, session, request, namespace and server", async () => {
    const { io, socket, client } = await pair();
    expect(socket.id).toBe(client.id);
    expect(socket.conn.transport.name).toBe("websocket");
    expect(socket.client.conn).toBe(socket.conn);
    expect(socket.client.id).toBe(socket.conn.id);
    expect(socket.request).toBe(socket.conn.request);
    expect(socket.client.request).toBe(socket.request);
    expect([socket.nsp, socket.server]).toEqual([io.of("/"), io]);
    expect([socket.connected, socket.disconnected, socket.recovered]).toEqual([true, false, false]);
    expect(socket.data).toEqual({});
  });

  it("has every field of the handshake", async () => {
    const { socket } = await pair(
      { cors: { origin: "http://a.example" } },
      {
        query: { a: "x y", ü: "é" },
        auth: { token: "t" },
        extraHeaders: { origin: "http://a.example", "x-own": "1" },
        transports: ["polling"],
      },
    );
    const { handshake } = socket;
    expect(Object.keys(handshake).sort()).toEqual(
      ["address", "auth", "headers", "issued", "query", "secure", "time", "url", "xdomain"].sort(),
    );
    expect(handshake).toMatchObject({ address: "127.0.0.1", auth: { token: "t" }, secure: false, xdomain: true });
    expect(handshake.query).toMatchObject({ a: "x y", ü: "é", EIO: "4", transport: "polling" });
    expect(handshake.headers).toBe(socket.request.headers);
    expect(handshake.headers["x-own"]).toBe("1");
    expect(handshake.url).toMatch(/^\/socket\.io\/\?/);
    expect(Math.abs(Date.parse(handshake.time) - handshake.issued)).toBeLessThan(1_000);
    expect(socket.handshake).toBe(handshake);
  });

  it("gives back itself from everything that can be chained", async () => {
    const { socket } = await pair();
    const listener = (): void => undefined;
    expect(socket.send("a").write("b").compress(true).volatile.timeout(10)).toBe(socket);
    expect(socket.onAny(listener).prependAny(listener).offAny(listener)).toBe(socket);
    expect(socket.onAnyOutgoing(listener).prependAnyOutgoing(listener).offAnyOutgoing(listener)).toBe(socket);
    expect([socket.listenersAny(), socket.listenersAnyOutgoing()]).toEqual([[listener], [listener]]);
    expect(socket.use((_event, next) => next()).disconnect()).toBe(socket);
    expect(socket.disconnect()).toBe(socket);
  });

  it("neither joins nor sends once it is disconnected", async () => {
    const { io, socket } = await pair();
    socket.disconnect();
    void socket.join("room");
    expect(socket.emit("m")).toBe(true);
    expect([socket.rooms.size, io.of("/").adapter.rooms.size]).toEqual([0, 0]);
  });
});

describe("a connection", () => {
  it("works while Object.prototype is polluted", async () => {
    Object.defineProperty(Object.prototype, "polluted", {
      value: "yes",
      enumerable: true,
      writable: true,
      configurable: true,
    });
    try {
      const { socket, client } = await pair({}, { transports: ["polling", "websocket"] });
      client.on("ask", (value, answer) => answer(value));
      expect(await socket.timeout(5_000).emitWithAck("ask", { bytes: Buffer.from("x") })).toEqual({
        bytes: Buffer.from("x"),
      });
    } finally {
      Reflect.deleteProperty(Object.prototype, "polluted");
    }
  });

  it("goes on after an error event that nobody listens to", async () => {
    const { socket, client } = await pair();
    socket.use(([event], next) => next(event === "bad" ? new Error("refused") : undefined));
    const heard = once(socket, "good");
    client.emit("bad");
    client.emit("good", 1);
    expect(await heard).toEqual([1]);
    expect(socket.connected).toBe(true);
  });

  it("leaves no room behind when a middleware refuses", async () => {
    const { io, url, close } = await startServer();
    cleanups.push(close);
    io.use((socket, next) => {
      void socket.join("room");
      next(new Error("refused"));
    });
    const client = stockClient(url, { forceNew: true, transports: ["websocket"] });
    cleanups.push(() => client.disconnect());
    await once(client, "connect_error");
    expect([io.of("/").adapter.rooms.size, io.of("/").adapter.sids.size, io.of("/").sockets.size]).toEqual([0, 0, 0]);
    expect(client.active).toBe(false);
  });

  it("hears nothing of an answer that comes after it is gone", async () => {
    const { socket, client } = await pair();
    const asked = once<[(value: string) => void]>(socket, "ask");
    client.emit("ask", () => undefined);
    const [answer] = await asked;
    socket.disconnect();
    expect(() => answer("too late")).not.toThrow();
  });
});

describe("packets, as the session makes them", () => {
  for (const transports of [["websocket"], ["polling"]]) {
    it(`may be compressed unless an event or a broadcast says no, over ${transports.join()}`, async () => {
      const { io, socket } = await pair({}, { transports });
      await turns();
      const seen: unknown[] = [];
      socket.conn.on("packetCreate", ({ data, options }: { data: unknown; options: { compress?: boolean } }) => {
        seen.push([data, options.compress]);
      });
      socket.emit("a");
      socket.compress(false).emit("b");
      socket.emit("c");
      io.emit("d");
      io.compress(false).emit("e");
      io.compress(true).emit("f");
      await turns();
      expect(seen).toEqual([
        ['2["a"]', true],
        ['2["b"]', false],
        ['2["c"]', true],
        ['2["d"]', true],
        ['2["e"]', false],
        ['2["f"]', true],
      ]);
    });
  }
});

describe("a broadcast between regular events", () => {
  it("is dropped if it is volatile and something was sent in the same turn", async () => {
    for (const transports of [["websocket"], ["polling"]]) {
      const { io, client } = await pair({}, { transports });
      await turns();
      const seen: unknown[] = [];
      client.onAny((event) => seen.push(event));
      io.emit("regular");
      io.volatile.emit("volatile");
      const end = once(client, "end");
      io.emit("end");
      await end;
      expect(seen).toEqual(["regular", "end"]);
    }
  });
});
