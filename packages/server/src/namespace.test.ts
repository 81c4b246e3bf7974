import { type Socket as StockSocket } from "socket.io-client";
import { deferred, once, RawEngineClient, turns } from "@everwire/testkit";
import { describe, expect, it } from "vitest";
import type { Socket } from "./socket.js";
import { connect, serve } from "../test/stock-client.js";

const refusal = async (client: StockSocket): Promise<Error & { data?: unknown }> =>
  (await once<[Error]>(client, "connect_error"))[0];

describe("namespaces", () => {
  it("are made on first use, with a slash before their name", async () => {
    const { io } = await serve();
    expect(io.of("chat")).toBe(io.of("/chat"));
    expect(io.of("")).toBe(io.sockets);
    expect(io.of("/")).toBe(io.sockets);
    expect(io.of("/chat").name).toBe("/chat");
    expect(io.of("/chat").server).toBe(io);
  });

  it("announce themselves, but for the main one", async () => {
    const { io } = await serve();
    const names: string[] = [];
    io.on("new_namespace", (namespace) => names.push(namespace.name));
    io.of("/a");
    io.of("/a");
    io.of("/b");
    expect(names).toEqual(["/a", "/b"]);
  });

  it("emit connect, then connection, and take a listener at once", async () => {
    const { io, url } = await serve();
    const order: string[] = [];
    const all = deferred();
    io.of("/chat", () => order.push("given"));
    io.of("/chat").on("connect", () => order.push("connect"));
    io.of("/chat").on("connection", (socket) => {
      order.push("connection");
      expect(socket.connected).toBe(true);
      expect(socket.nsp.sockets.get(socket.id)).toBe(socket);
      all.resolve();
    });
    connect(`${url}/chat`);
    await all.promise;
    expect(order).toEqual(["given", "connect", "connection"]);
  });

  it("share one connection and nothing else", async () => {
    const { io, url } = await serve();
    const seen: string[] = [];
    io.of("/a").on("connection", (socket) => socket.on("m", () => seen.push("a")));
    io.of("/b").on("connection", (socket) => socket.on("m", () => seen.push("b")));
    const a = connect(`${url}/a`, { forceNew: false, multiplex: true });
    const b = a.io.socket("/b", {});
    await Promise.all([once(a, "connect"), once(b, "connect")]);
    const [one] = [...io.of("/a").sockets.values()];
    const [two] = [...io.of("/b").sockets.values()];
    expect(one!.conn).toBe(two!.conn);
    expect(one!.client).toBe(two!.client);
    expect(one!.id).not.toBe(two!.id);
    b.emit("m");
    await once(two!, "m");
    expect(seen).toEqual(["b"]);
  });

  it("that nobody made are refused", async () => {
    const { url } = await serve();
    expect((await refusal(connect(`${url}/nope`))).message).toBe("Invalid namespace");
    expect((await refusal(connect(`${url}/__proto__`))).message).toBe("Invalid namespace");
  });

  it("are limited for each connection", async () => {
    const { io, url } = await serve({ maxNamespaces: 3 });
    for (const name of ["/a", "/b", "/c"]) io.of(name);
    const { socket: wire } = await new RawEngineClient(url).connected();
    for (const name of ["/a", "/b", "/c"]) {
      wire.send(`40${name},`);
    }
    expect(await wire.nextText()).toContain("40/a,");
    expect(await wire.nextText()).toContain("40/b,");
    expect(await wire.nextText()).toBe('44/c,{"message":"too many namespaces"}');
    wire.send("41/a,");
    wire.send("40/c,");
    expect(await wire.nextText()).toContain("40/c,");
  });

  it("have new adapters when the server's option changes", async () => {
    const { io } = await serve();
    const before = io.of("/a").adapter;
    io.adapter(io.adapter());
    expect(io.of("/a").adapter).not.toBe(before);
  });
});

describe("middlewares", () => {
  it("run in order before the socket is connected, and only those of its namespace", async () => {
    const { io, url } = await serve();
    const order: unknown[] = [];
    io.use(() => expect.unreachable());
    expect(
      io.of("/a").use((socket, next) => {
        order.push(["first", socket.connected, io.of("/a").sockets.size]);
        setTimeout(next, 1);
      }),
    ).toBe(io.of("/a"));
    io.of("/a").use((socket, next) => {
      socket.data.user = "u";
      void socket.join("in middleware");
      order.push(["second"]);
      next();
      next(new Error("too late"));
    });
    io.of("/a").on("connection", (socket) =>
      order.push([socket.data.user, [...socket.rooms].includes("in middleware")]),
    );
    await once(connect(`${url}/a`), "connect");
    expect(order).toEqual([["first", false, 0], ["second"], ["u", true]]);
  });

  it("refuse with a message and data; later ones are not asked", async () => {
    const { io, url } = await serve();
    io.use((_socket, next) => next(Object.assign(new Error("not you"), { data: { code: 403 } })));
    io.use(() => expect.unreachable());
    io.on("connection", () => expect.unreachable());
    const client = connect(url);
    expect(await refusal(client)).toMatchObject({ message: "not you", data: { code: 403 } });
    expect(client.active).toBe(false);
    expect(io.of("/").adapter.sids.size).toBe(0);
    expect(io.engine.clientsCount).toBe(1);
  });

  it("may refuse with a text", async () => {
    const { io, url } = await serve();
    io.use((_socket, next) => next("plain" as never));
    expect((await refusal(connect(url))).message).toBe("plain");
  });

  it("come to nothing when the client is gone before they are through", async () => {
    const { io, url } = await serve();
    const held = deferred<() => void>();
    io.use((socket, next) => {
      void socket.join("r");
      held.resolve(next);
    });
    io.on("connection", () => expect.unreachable());
    const client = connect(url);
    const next = await held.promise;
    expect(io.of("/").adapter.rooms.has("r")).toBe(true);
    const closed = once(Object.values(io.engine.clients)[0]!, "close");
    client.disconnect();
    await closed;
    next();
    await turns();
    expect(io.of("/").adapter.rooms.size).toBe(0);
  });

  it("may close the connection", async () => {
    const { io, url } = await serve();
    io.use((socket) => void socket.disconnect(true));
    const client = connect(url, { reconnection: false });
    await once(client.io, "close");
    expect(io.of("/").sockets.size).toBe(0);
  });

  it("may send events, which the client gets when it is connected", async () => {
    const { io, url } = await serve();
    io.use((socket, next) => {
      socket.emit("early", 1);
      next();
    });
    const client = connect(url);
    expect(await once(client, "early")).toEqual([1]);
    expect(client.connected).toBe(true);
  });

  it("are forgotten when the client leaves the namespace while it waits, and when it asks anew", async () => {
    const { io, url } = await serve();
    const nexts: (() => void)[] = [];
    const arrived = [deferred(), deferred(), deferred()];
    io.of("/a").use((_socket, next) => {
      nexts.push(next);
      arrived[nexts.length - 1]?.resolve();
    });
    const connected: Socket[] = [];
    io.of("/a").on("connection", (socket) => connected.push(socket));
    const { socket: wire } = await new RawEngineClient(url).connected();
    wire.send("40/a,");
    await arrived[0]!.promise;
    wire.send("41/a,");
    wire.send("40/a,");
    await arrived[1]!.promise;
    wire.send("40/a,");
    await arrived[2]!.promise;
    for (const next of nexts) next();
    expect(await wire.nextText()).toContain(connected[0]!.id);
    expect(connected).toHaveLength(1);
    expect(wire.isOpen).toBe(true);
  });
});
