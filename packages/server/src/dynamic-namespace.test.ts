import { type Socket as StockSocket } from "socket.io-client";
import { deferred, once } from "@everwire/testkit";
import { describe, expect, it, vi } from "vitest";
import { Namespace } from "./namespace.js";
import { connect, serve } from "../test/stock-client.js";

const refusal = async (client: StockSocket): Promise<Error & { data?: unknown }> =>
  (await once<[Error]>(client, "connect_error"))[0];

describe("dynamic namespaces", () => {
  it("are children of a pattern, with its middlewares and listeners", async () => {
    const { io, url } = await serve();
    const seen: string[] = [];
    const names: string[] = [];
    io.on("new_namespace", (namespace) => names.push(namespace.name));
    io.of(/^\/org-\d+$/, (socket) => seen.push(`given ${socket.nsp.name}`))
      .on("connection", (socket) => seen.push(socket.nsp.name))
      .use((socket, next) => {
        seen.push(`middleware ${socket.nsp.name}`);
        next();
      });
    const client = connect(`${url}/org-1`);
    await once(client, "connect");
    expect(seen).toEqual(["middleware /org-1", "given /org-1", "/org-1"]);
    expect(names).toEqual(["/org-1"]);
    expect((await refusal(connect(`${url}/org-x`))).message).toBe("Invalid namespace");
  });

  it.each([/a/g, /a/y])("are refused with the pattern %s, which remembers its last match", async (pattern) => {
    const { io } = await serve();
    expect(() => io.of(pattern)).toThrow(expect.objectContaining({ code: "ERR_NAMESPACE_PATTERN" }));
  });

  it("are asked for in order, functions with name and auth, until one allows", async () => {
    const { io, url } = await serve();
    const asked: unknown[] = [];
    io.of((name, auth, next) => {
      asked.push([name, auth]);
      next(null, false);
    });
    io.of((_name, _auth, next) => {
      asked.push("second");
      next(new Error("no"), true);
    });
    const third = io.of((_name, _auth, next) => {
      asked.push("third");
      setTimeout(() => {
        next(null, true);
        next(null, true);
      }, 1);
    });
    io.of(() => expect.unreachable());
    await once(connect(`${url}/any`, { auth: { token: "t" } }), "connect");
    expect(asked).toEqual([["/any", { token: "t" }], "second", "third"]);
    expect(third).toBeInstanceOf(Namespace);
  });

  it("are made once for two clients that race", async () => {
    const { io, url } = await serve();
    const held: ((error: null, allow: boolean) => void)[] = [];
    const both = deferred();
    io.of((_name, _auth, next) => {
      held.push(next);
      if (held.length === 2) both.resolve();
    });
    let made = 0;
    io.on("new_namespace", () => made++);
    const clients = [connect(`${url}/race`), connect(`${url}/race`)];
    await both.promise;
    const connected = Promise.all(clients.map((client) => once(client, "connect")));
    for (const next of held) next(null, true);
    await connected;
    expect(made).toBe(1);
    expect(io.of("/race").sockets.size).toBe(2);
  });

  it("made by hand belong to the pattern they match, not to a function", async () => {
    const { io } = await serve();
    const middleware = vi.fn();
    io.of((_name, _auth, next) => next(null, true)).use(middleware);
    const parent = io.of(/^\/dyn-/);
    parent.on("connection", () => undefined);
    expect(io.of("/dyn-1").listenerCount("connection")).toBe(1);
    expect(io.of("/other").listenerCount("connection")).toBe(0);
  });

  it("are reached all at once through their parent", async () => {
    const { io, url } = await serve();
    const parent = io.of(/^\/org-\d$/);
    const clients = [connect(`${url}/org-1`), connect(`${url}/org-2`)];
    await Promise.all(clients.map((client) => once(client, "connect")));
    const heard = Promise.all(clients.map((client) => once(client, "m")));
    parent.emit("m", 1);
    expect(await heard).toEqual([[1], [1]]);
    parent.socketsJoin("r");
    const [first] = [...io.of("/org-1").sockets.values()];
    expect(first!.rooms).toContain("r");
    first!.nsp.socketsLeave("r");
    const room = once(clients[1]!, "to room");
    clients[0]!.on("to room", () => expect.unreachable());
    parent.to("r").emit("to room", 2);
    expect(await room).toEqual([2]);
    clients.forEach((client, index) => client.on("ask", (answer) => answer(index)));
    expect((await parent.timeout(5_000).emitWithAck("ask")).sort()).toEqual([0, 1]);
    expect((await parent.local.timeout(5_000).emitWithAck("ask")).sort()).toEqual([0, 1]);
    await expect(parent.timeout(20).emitWithAck("unanswered")).rejects.toThrow("timed out");
    expect(first!.acks.size).toBe(0);
    parent.socketsLeave("r");
    expect(() => parent.fetchSockets()).toThrow("not supported");
    const gone = Promise.all(clients.map((client) => once(client, "disconnect")));
    parent.disconnectSockets();
    await gone;
  });

  it("are removed when their last socket leaves, if asked, and made again for the next", async () => {
    const { io, url } = await serve({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/dyn-/);
    io.of("/plain");
    const client = connect(`${url}/dyn-1`);
    await once(client, "connect");
    const child = io._nsps.get("/dyn-1")!;
    const close = vi.spyOn(child.adapter, "close");
    const [socket] = [...child.sockets.values()];
    const gone = once(socket!, "disconnect");
    client.disconnect();
    await gone;
    expect(io._nsps.has("/dyn-1")).toBe(false);
    expect(close).toHaveBeenCalledTimes(1);
    const plain = connect(`${url}/plain`);
    await once(plain, "connect");
    plain.disconnect();
    const again = connect(`${url}/dyn-1`);
    await once(again, "connect");
    expect(io._nsps.get("/dyn-1")).not.toBe(child);
    expect(io._nsps.has("/plain")).toBe(true);
  });

  it("are removed too when nobody was let in", async () => {
    const { io, url } = await serve({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/dyn-/).use((_socket, next) => next(new Error("no")));
    await refusal(connect(`${url}/dyn-1`));
    expect(io._nsps.has("/dyn-1")).toBe(false);
  });

  it("are removed too when the client was gone before the function had made up its mind", async () => {
    const { io, url } = await serve({ cleanupEmptyChildNamespaces: true });
    const held = deferred<(error: null, allow: boolean) => void>();
    io.of((_name, _auth, next) => held.resolve(next));
    const client = connect(`${url}/late`);
    const next = await held.promise;
    const closed = once(Object.values(io.engine.clients)[0]!, "close");
    client.disconnect();
    await closed;
    next(null, true);
    expect(io._nsps.has("/late")).toBe(false);
  });

  it("that clients bring about are limited: empty ones give way, those made by hand never", async () => {
    const { io, url } = await serve({ maxChildNamespaces: 2 });
    io.of(/^\/dyn-/);
    io.of("/dyn-hand");
    const first = connect(`${url}/dyn-1`);
    await once(first, "connect");
    const second = connect(`${url}/dyn-2`);
    await once(second, "connect");
    expect((await refusal(connect(`${url}/dyn-3`))).message).toBe("Invalid namespace");
    const [socket] = [...io.of("/dyn-1").sockets.values()];
    const gone = once(socket!, "disconnect");
    first.disconnect();
    await gone;
    await once(connect(`${url}/dyn-3`), "connect");
    expect([...io._nsps.keys()]).toEqual(["/", "/dyn-hand", "/dyn-2", "/dyn-3"]);
    expect((await refusal(connect(`${url}/dyn-${"x".repeat(2_000)}`))).message).toBe("Invalid namespace");
  });
});
