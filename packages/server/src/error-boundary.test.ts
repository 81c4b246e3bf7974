/* eslint-disable @typescript-eslint/no-misused-promises -- that users do this is what is tested */
import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { once, startServer, type StartServerOptions, turns } from "@everwire/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ListenerErrorContext } from "./error-boundary.js";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Report = [error: Error, context: ListenerErrorContext];

async function pair(
  options: StartServerOptions = {},
): Promise<{ io: Server; socket: Socket; client: StockSocket; url: string }> {
  const { io, url, close } = await startServer(options);
  cleanups.push(close);
  const connection = once<[Socket]>(io, "connection");
  const client = connect(url);
  const [[socket]] = await Promise.all([connection, once(client, "connect")]);
  return { io, socket, client, url };
}

function connect(url: string): StockSocket {
  const client = stockClient(url, { forceNew: true, transports: ["websocket"] });
  cleanups.push(() => client.disconnect());
  return client;
}

describe("what users' code throws", () => {
  it("in a listener reaches listener_error with its context, and the next listener still runs", async () => {
    const { io, socket, client } = await pair();
    const reported = once<Report>(io, "listener_error");
    socket.on("m", () => {
      throw new Error("broken");
    });
    const second = once(socket, "m");
    client.emit("m", 1);
    const [error, context] = await reported;
    expect(error.message).toBe("broken");
    expect(context).toMatchObject({ kind: "listener", event: "m" });
    expect(context.socket).toBe(socket);
    expect(context.namespace).toBe(io.of("/"));
    expect(await second).toEqual([1]);
    expect(socket.connected).toBe(true);
  });

  it("in an async listener too", async () => {
    const { io, socket, client } = await pair();
    const reported = once<Report>(io, "listener_error");
    socket.on("m", async () => {
      await turns(1);
      throw new Error("rejected");
    });
    client.emit("m");
    expect((await reported)[0].message).toBe("rejected");
  });

  it("answers the caller that waits, without the message, which may be nobody's business", async () => {
    const { io, socket, client } = await pair();
    io.on("listener_error", () => undefined);
    socket.on("throws", () => {
      throw new Error("select * from users");
    });
    socket.on("rejects", async () => {
      throw Object.assign(new Error("name is too long"), { expose: true, code: "E_NAME", data: { max: 10 } });
    });
    socket.on("exposes", () => {
      throw Object.assign(new Error("seen"), { expose: true });
    });
    expect(await client.emitWithAck("throws", () => undefined)).toEqual({
      error: { message: "internal server error", code: "ERR_LISTENER" },
    });
    expect(await client.emitWithAck("rejects")).toEqual({
      error: { message: "name is too long", code: "E_NAME", data: { max: 10 } },
    });
    expect(await client.timeout(1_000).emitWithAck("exposes")).toEqual({
      error: { message: "seen", code: "ERR_LISTENER" },
    });
  });

  it("does not answer a caller that was answered", async () => {
    const { io, socket, client } = await pair();
    const reported = once<Report>(io, "listener_error");
    socket.on("m", (answer) => {
      answer("ok");
      throw new Error("afterwards");
    });
    expect(await client.emitWithAck("m")).toBe("ok");
    await reported;
  });

  it("answers with an error when the answer itself can't be encoded", async () => {
    const { io, socket, client } = await pair();
    io.on("listener_error", () => undefined);
    socket.on("m", (answer) => {
      const circular: { self?: unknown } = {};
      circular.self = circular;
      answer(circular);
    });
    expect(await client.emitWithAck("m")).toMatchObject({ error: { code: "ERR_LISTENER" } });
  });

  it.each<[string, string, (socket: Socket) => void]>([
    ["catch-all", "m", (socket) => socket.onAny(fail)],
    ["catch-all", "out", (socket) => socket.onAnyOutgoing(fail).emit("out")],
    ["packet-middleware", "m", (socket) => socket.use(fail)],
    ["listener", "disconnecting", (socket) => socket.on("disconnecting", fail).disconnect()],
    ["listener", "disconnect", (socket) => socket.on("disconnect", fail).disconnect()],
    ["ack", "ask", (socket) => socket.timeout(1).emit("ask", fail)],
  ])("in a %s listener of %s is contained", async (kind, event, prepare) => {
    const { io, socket, client } = await pair();
    const reported = once<Report>(io, "listener_error");
    prepare(socket);
    client.emit("m");
    const [error, context] = await reported;
    expect(error.message).toBe("broken");
    expect(context).toMatchObject({ kind, event });
  });

  it("in an ack callback and in a broadcast's is contained", async () => {
    const { io, socket, client } = await pair();
    client.on("ask", (answer) => answer());
    const first = once<Report>(io, "listener_error");
    socket.emit("ask", fail);
    expect((await first)[1].kind).toBe("ack");
    const second = once<Report>(io, "listener_error");
    io.timeout(1_000).emit("ask", fail);
    expect((await second)[1].kind).toBe("ack");
  });

  it("in a connection listener is contained", async () => {
    const { io, url } = await pair();
    const reported = once<Report>(io, "listener_error");
    io.on("connection", fail);
    await once(connect(url), "connect");
    expect((await reported)[1]).toMatchObject({ kind: "listener", event: "connection" });
  });

  it("in a middleware refuses the client without saying why", async () => {
    const { io, url } = await pair();
    io.of("/sync").use(fail);
    io.of("/async").use(async () => {
      throw Object.assign(new Error("expected"), { expose: true, data: 1 });
    });
    io.of("/nothing").use(async () => {
      throw undefined;
    });
    const kinds: string[] = [];
    io.on("listener_error", (_error, { kind }) => kinds.push(kind));
    const refusals: unknown[] = [];
    for (const name of ["sync", "async", "nothing"]) {
      const [error] = await once<[Error & { data?: unknown }]>(connect(`${url}/${name}`), "connect_error");
      refusals.push([error.message, error.data]);
    }
    expect(refusals).toEqual([
      ["internal server error", undefined],
      ["expected", 1],
      ["internal server error", undefined],
    ]);
    expect(kinds).toEqual(["middleware", "middleware", "middleware"]);
  });

  it("in a namespace function means that it does not allow the name", async () => {
    const { io, url } = await pair();
    io.of(fail);
    const reported = once<Report>(io, "listener_error");
    const [error] = await once<[Error]>(connect(`${url}/any`), "connect_error");
    expect(error.message).toBe("Invalid namespace");
    expect((await reported)[1].kind).toBe("namespace");
  });

  it("in a listener of new_namespace, between servers, and in an adapter's init is contained", async () => {
    const { io } = await pair();
    const kinds: string[] = [];
    io.on("listener_error", (_error, { kind }) => kinds.push(kind));
    io.on("new_namespace", fail);
    io.of("/new");
    io.on("between", fail);
    io.of("/")._onServerSideEmit(["between"]);
    class Broken extends (io.adapter() as never as { new (nsp: never): { init(): void } }) {
      override async init(): Promise<void> {
        throw new Error("no broker");
      }
    }
    io.adapter(Broken as never);
    await turns();
    expect(kinds.slice(0, 3)).toEqual(["namespace", "listener", "adapter"]);
  });

  it("without a listener_error listener is a warning of the process, once for each error", async () => {
    const { socket, client } = await pair();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    socket.on("m", fail);
    socket.on("odd", () => {
      throw { toString: null };
    });
    socket.on("text", () => {
      throw "text";
    });
    for (const event of ["m", "odd", "text"]) await client.emitWithAck(event);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'failed to run a listener of "m": broken',
      'failed to run a listener of "odd": object',
      'failed to run a listener of "text": text',
    ]);
    expect(warn.mock.calls[0]?.[1]).toMatchObject({ code: "ERR_LISTENER", type: "EverwireWarning" });
  });

  it("in a listener of listener_error itself is a warning, whether it throws or rejects", async () => {
    const { io, socket, client } = await pair();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    io.on("listener_error", () => {
      throw new Error("worse");
    });
    io.on("listener_error", async () => {
      throw new Error("worst");
    });
    socket.on("m", fail);
    await client.emitWithAck("m");
    await turns();
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'failed to run a listener of "m": worse',
      'failed to run a listener of "m": worst',
    ]);
  });
});

function fail(): never {
  throw new Error("broken");
}
