import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Server, type Socket as ServerSocket } from "socket.io";
import { WebSocketServer } from "ws";
import "./engine/register-every.js";
import { Manager } from "./manager.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import type { Socket } from "./socket.js";

// The far side is npm's `socket.io`, as a black box.
let server: Server;
let url: string;
const managers: Manager[] = [];

interface Listening {
  once(event: never, listener: never): unknown;
}

function next<Args extends unknown[] = [never]>(emitter: Listening, event: string): Promise<Args> {
  return new Promise((resolve) => emitter.once(event as never, ((...args: Args) => resolve(args)) as never));
}

function manage(options: Partial<ManagerOptions> = {}, to = url): Manager {
  const manager = new Manager(to, { reconnectionDelay: 20, reconnectionDelayMax: 40, ...options });
  managers.push(manager);
  return manager;
}

function connect(socketOptions?: Partial<SocketOptions>, options?: Partial<ManagerOptions>, namespace = "/"): Socket {
  return manage(options).socket(namespace, socketOptions);
}

const breakConnection = (socket: Socket): void => socket.io.engine.transport.handler?.onClose({ description: "cut" });

beforeEach(() => {
  server = new Server(0, { serveClient: false });
  url = `http://127.0.0.1:${String((server.httpServer.address() as { port: number }).port)}`;
});

afterEach(async () => {
  managers.splice(0).forEach((manager) => manager.disconnect());
  await server.close();
});

describe("connection", () => {
  test("connects, has the id that the server gave, and loses it on disconnect()", async () => {
    const socket = connect();
    expect([socket.connected, socket.disconnected, socket.active, socket.id]).toEqual([false, true, true, undefined]);
    const [there] = await next<[ServerSocket]>(server, "connection");
    await next(socket, "connect");
    expect([socket.connected, socket.disconnected, socket.active]).toEqual([true, false, true]);
    expect(socket.id).toBe(there.id);
    const gone = next<[string]>(socket, "disconnect");
    const goneThere = next<[string]>(there, "disconnect");
    expect(socket.disconnect()).toBe(socket);
    expect([socket.connected, socket.active, socket.id]).toEqual([false, false, undefined]);
    expect(await gone).toEqual(["io client disconnect", undefined]);
    expect((await goneThere).slice(0, 1)).toEqual(["client namespace disconnect"]);
  });

  test("connects again after disconnect(), also in the listener of its event", async () => {
    const socket = connect();
    await next(socket, "connect");
    const before = socket.id;
    socket.once("disconnect", () => socket.connect());
    socket.close();
    await next(socket, "connect");
    expect(socket.id).not.toBe(before);
    expect(socket.open()).toBe(socket);
  });

  test("sends `auth`, as it is at the time of each connection", async () => {
    let count = 0;
    const socket = connect({ auth: (callback) => callback({ count: ++count }) });
    const first = await next<[ServerSocket]>(server, "connection");
    expect(first[0].handshake.auth).toEqual({ count: 1 });
    await next(socket, "connect");
    socket.disconnect().connect();
    const second = await next<[ServerSocket]>(server, "connection");
    expect(second[0].handshake.auth).toMatchObject({ count: 2 });
    await next(socket, "connect");
    socket.auth = { token: "x" };
    socket.disconnect().connect();
    const third = await next<[ServerSocket]>(server, "connection");
    expect(third[0].handshake.auth).toMatchObject({ token: "x" });
  });

  test("takes one answer from an `auth` function, and none for a connection that is gone", async () => {
    const callbacks: ((data: object) => void)[] = [];
    const socket = connect({ auth: (callback) => void callbacks.push(callback) });
    await next(socket.io, "open");
    const gone = next(socket.io.engine, "close");
    socket.disconnect();
    await gone;
    callbacks[0]?.({ late: true });
    socket.connect();
    await next(socket.io, "open");
    callbacks[1]?.({ first: true });
    callbacks[1]?.({ second: true });
    const [there] = await next<[ServerSocket]>(server, "connection");
    expect(there.handshake.auth).toEqual({ first: true });
    there.on("echo", (done: () => void) => done());
    await socket.emitWithAck("echo");
    expect(socket.id).toBe(there.id);
  });

  test("tells of a refusal with the server's message and data, and is not active after it", async () => {
    server.use((_socket, done) => done(Object.assign(new Error("not you"), { data: { code: 7 } })));
    const socket = connect();
    const [error] = await next<[Error & { data: unknown; code: string }]>(socket, "connect_error");
    expect([error.message, error.data, error.code]).toEqual(["not you", { code: 7 }, "ERR_CONNECT_REFUSED"]);
    expect(error).toBeInstanceOf(Error);
    expect(socket.active).toBe(false);
    expect((socket.io as unknown as { isOpen: boolean }).isOpen).toBe(false);
  });

  test("is refused an unknown namespace", async () => {
    const [error] = await next<[Error]>(connect({}, {}, "/nowhere"), "connect_error");
    expect(error.message).toBe("Invalid namespace");
  });

  test("is put out by the server and stays out", async () => {
    const socket = connect();
    const [there] = await next<[ServerSocket]>(server, "connection");
    await next(socket, "connect");
    there.disconnect();
    expect(await next(socket, "disconnect")).toEqual(["io server disconnect", undefined]);
    expect(socket.active).toBe(false);
    expect(socket.io.engine.readyState).not.toBe("open");
  });

  test("shares the session: one of two sockets leaves, the last one closes it", async () => {
    server.of("/a");
    server.of("/b");
    const manager = manage();
    const [a, b] = [manager.socket("/a"), manager.socket("/b")];
    await Promise.all([next(a, "connect"), next(b, "connect")]);
    a.disconnect();
    expect(b.connected).toBe(true);
    expect(manager.engine.readyState).toBe("open");
    const closed = next<[string]>(manager, "close");
    b.disconnect();
    expect((await closed)[0]).toBe("forced close");
  });

  test("takes back a CONNECT that the server has not answered", async () => {
    let admit: () => void = () => undefined;
    server.of("/slow").use((_socket, done) => {
      admit = () => done();
    });
    const manager = manage();
    const main = manager.socket("/");
    const slow = manager.socket("/slow");
    await next(main, "connect");
    await vi.waitUntil(() => server.of("/slow").sockets.size === 0 && admit.length === 0);
    await main
      .timeout(1000)
      .emitWithAck("x")
      .catch(() => undefined);
    slow.disconnect();
    const joined = next<[ServerSocket]>(server.of("/slow"), "connection");
    admit();
    const [there] = await joined;
    expect((await next(there, "disconnect")).slice(0, 1)).toEqual(["client namespace disconnect"]);
    expect(main.connected).toBe(true);
    expect(slow.connected).toBe(false);
  });

  test("asks once when it changes its mind twice before the answer", async () => {
    let admit: (() => void) | undefined;
    server.of("/slow").use((_socket, done) => {
      admit = () => done();
    });
    const manager = manage();
    const main = manager.socket("/");
    const slow = manager.socket("/slow");
    await next(main, "connect");
    await vi.waitUntil(() => admit !== undefined);
    slow.disconnect().connect();
    admit?.();
    await next(slow, "connect");
    await main
      .timeout(50)
      .emitWithAck("x")
      .catch(() => undefined);
    expect([main.connected, slow.connected]).toEqual([true, true]);
  });
});

describe("a server that behaves otherwise", () => {
  async function fake(
    onMessage: (text: string, send: (text: string) => void, cut: () => void) => void,
  ): Promise<Socket> {
    const raw = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await next(raw as never, "listening");
    raw.on("connection", (peer) => {
      peer.send(
        `0${JSON.stringify({ sid: "s", upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 })}`,
      );
      peer.on("message", (data) =>
        onMessage(
          (data as Buffer).toString(),
          (text) => peer.send(text),
          () => peer.terminate(),
        ),
      );
    });
    const { port } = raw.address() as { port: number };
    const socket = manage({ transports: ["websocket"] }, `http://127.0.0.1:${String(port)}`).socket("/");
    closers.push(() => raw.close());
    return socket;
  }
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  test("is told to be of another age when its answer has no sid", async () => {
    const socket = await fake((_text, send) => send("40"));
    const [error] = await next<[Error]>(socket, "connect_error");
    expect(error.message).toMatch(/^It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client/);
  });

  test("closes with `parse error` on what is no packet, and reconnects", async () => {
    let times = 0;
    const socket = await fake((_text, send) => {
      send('40{"sid":"a"}');
      if (++times === 1) send("4hello");
    });
    const [reason, details] = await next<[string, Error]>(socket, "disconnect");
    expect([reason, details.message]).toEqual(["parse error", "unknown packet type NaN"]);
    await next(socket.io, "reconnect");
    await next(socket, "connect");
  });

  test("replays what came before the answer to CONNECT, before the event `connect`", async () => {
    const socket = await fake((text, send) => {
      if (!text.startsWith("40")) return;
      send('42["early",1]');
      send('42["early",2]');
      send('40{"sid":"a"}');
    });
    const seen: unknown[] = [];
    socket.on("early", (value) => seen.push(value, socket.connected));
    socket.on("connect", () => seen.push("connect"));
    await next(socket, "connect");
    expect(seen).toEqual([1, true, 2, true, "connect"]);
    expect(socket.receiveBuffer).toEqual([]);
  });

  test("gives up recovery, and tells so, when too much comes before the answer to CONNECT", async () => {
    const asked: string[] = [];
    const socket = await fake((text, send, cut) => {
      if (!text.startsWith("40")) return;
      asked.push(text);
      if (asked.length === 2) for (let i = 0; i < 10_001; i++) send('42["missed","o"]');
      send('40{"sid":"a","pid":"p"}');
      if (asked.length === 1) send('42["e","offset-1"]');
      if (asked.length === 1) setImmediate(cut);
    });
    await next(socket, "connect");
    await next(socket, "disconnect");
    const [reason, error] = await next<[string, Error]>(socket, "disconnect");
    expect([reason, error]).toEqual(["buffer overflow", expect.objectContaining({ code: "ERR_RECEIVE_BUFFER_FULL" })]);
    await next(socket, "connect");
    expect(asked).toEqual(["40", '40{"pid":"p","offset":"offset-1"}', "40"]);
    expect(socket.recovered).toBe(false);
  });

  test("an offset is sent with the private id that it belongs to, and with no other", async () => {
    const asked: string[] = [];
    const socket = await fake((text, send, cut) => {
      asked.push(text);
      send(`40{"sid":"s${String(asked.length)}","pid":"p${String(asked.length)}"}`);
      if (asked.length === 1) send('42["e","offset-1"]');
      if (asked.length < 3) setImmediate(cut);
    });
    for (let i = 0; i < 3; i++) await next(socket, "connect");
    expect(asked).toEqual(["40", '40{"pid":"p1","offset":"offset-1"}', '40{"pid":"p2"}']);
  });

  test("what was replayed to a connection that broke is not delivered twice", async () => {
    let times = 0;
    const socket = await fake((_text, send, cut) => {
      send('42["missed"]');
      if (++times === 1) setImmediate(cut);
      else send('40{"sid":"a"}');
    });
    const missed = vi.fn();
    socket.on("missed", missed);
    await next(socket, "connect");
    expect([times, missed.mock.calls]).toEqual([2, [[]]]);
  });

  test("what came before an answer that nobody waited for belongs to no later connection", async () => {
    let asked = 0;
    let admit: () => void = () => undefined;
    const left = vi.fn();
    const socket = await fake((text, send) => {
      if (text === "40/other,") send('40/other,{"sid":"o"}');
      if (text === "41") left();
      if (text !== "40") return;
      asked++;
      send(`42["early",${String(asked)}]`);
      admit = () => send(`40{"sid":"s${String(asked)}"}`);
      if (asked === 2) admit();
    });
    const other = socket.io.socket("/other");
    const early = vi.fn();
    socket.on("early", early);
    await next(other, "connect");
    await vi.waitFor(() => expect(socket.receiveBuffer).toEqual([["early", 1]]));
    socket.disconnect();
    admit();
    await vi.waitFor(() => expect(left).toHaveBeenCalled());
    socket.connect();
    await next(socket, "connect");
    expect([socket.id, early.mock.calls]).toEqual(["s2", [[2]]]);
  });

  test("takes no events while disconnected, no second CONNECT, no answer to nothing", async () => {
    const socket = await fake((_text, send) => {
      send("439999[1]");
      send('40{"sid":"a"}');
      send('40{"sid":"b"}');
      send('44{"message":"late"}');
      send('42/other,["x"]');
      send('42["end"]');
    });
    const errors: Error[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    await next(socket, "end");
    expect([socket.id, errors]).toEqual(["a", []]);
  });

  test("hears of a broken connection as `disconnect`, also before it was connected", async () => {
    const socket = await fake((_text, _send, cut) => cut());
    const [reason] = await next<[string]>(socket, "disconnect");
    expect(reason).toBe("transport close");
    expect(socket.active).toBe(true);
  });

  /** A polling server whose second answer is one payload: connected, an event, and the close of the session. */
  async function fakePayload(): Promise<Socket> {
    let asked: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (asked = resolve));
    const handshake = `0${JSON.stringify({ sid: "s", upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 })}`;
    const raw = createServer((request, response) => {
      response.setHeader("connection", "close");
      if (request.method === "POST") {
        asked();
        response.end("ok");
      } else if (!request.url?.includes("sid=")) response.end(handshake);
      else void ready.then(() => response.end(['40{"sid":"a"}', '42["last"]', "1"].join("\x1e")));
    });
    await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
    closers.push(() => raw.close());
    const { port } = raw.address() as { port: number };
    return manage({ transports: ["polling"] }, `http://127.0.0.1:${String(port)}`).socket("/");
  }

  test("delivers what came before a close packet in the same payload, before `disconnect`, and keeps the answer", async () => {
    const socket = await fakePayload();
    const seen: string[] = [];
    socket.on("last", () => {
      seen.push("last");
      socket.emit("answer");
    });
    socket.on("disconnect", (reason) => seen.push(reason));
    await next(socket, "disconnect");
    expect(seen).toEqual(["last", "transport close"]);
    expect(socket.sendBuffer.map((packet) => packet.data[0])).toEqual(["answer"]);
  });

  test("after disconnect() nothing more is delivered, not even from the same payload", async () => {
    server.once("connection", (there) => {
      there.emit("a");
      there.emit("b");
    });
    const socket = connect({}, { transports: ["polling"] });
    const seen: string[] = [];
    socket.onAny((name: string) => seen.push(name));
    socket.on("a", () => socket.disconnect());
    const [reason] = await next<[string]>(socket, "disconnect");
    seen.push(reason);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).toEqual(["a", "io client disconnect"]);
  });

  test("a listener of the last event before a close may leave, and come again", async () => {
    const socket = await fakePayload();
    const seen: string[] = [];
    socket.on("disconnect", (reason) => seen.push(reason));
    socket.once("last", () => {
      socket.disconnect().connect();
      const { engine } = socket.io;
      socket.once("connect", () => seen.push(socket.io.engine === engine ? "connect" : "another session"));
    });
    await next(socket, "last");
    await next(socket, "connect");
    expect(seen.slice(0, 2)).toEqual(["io client disconnect", "connect"]);
  });
});

describe("events", () => {
  test("go both ways with everything that can be sent", async () => {
    server.on("connection", (there) => {
      there.on("echo", (...args: unknown[]) => there.emit("echo", ...args));
    });
    const socket = connect();
    const date = new Date(0);
    socket.emit("echo", "üñí 🙂", 1, null, false, [1, { a: [2] }], date, new Uint8Array([1, 2, 3]), {
      deep: new Uint8Array([4]).buffer,
    });
    const args = await next<unknown[]>(socket, "echo");
    expect(args).toEqual([
      "üñí 🙂",
      1,
      null,
      false,
      [1, { a: [2] }],
      date.toISOString(),
      Buffer.from([1, 2, 3]),
      { deep: Buffer.from([4]) },
    ]);
  });

  test("emit() takes no reserved name and keeps the flags away from the next emit", async () => {
    const socket = connect();
    for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
      expect(() => socket.volatile.emit(name)).toThrow(`"${name}" is a reserved event name`);
    }
    await expect(socket.emitWithAck("connect")).rejects.toThrow("reserved");
    socket.emit("kept");
    expect(socket.sendBuffer).toHaveLength(1);
  });

  test("send() emits `message`", async () => {
    const socket = connect();
    const [there] = await next<[ServerSocket]>(server, "connection");
    expect(socket.send(1, "two")).toBe(socket);
    expect(await next(there, "message")).toEqual([1, "two"]);
  });

  test("names that are special to the language are names like others", async () => {
    server.on("connection", (there) => {
      there.onAny((...args: unknown[]) => there.emit(...(args as [string])));
    });
    const socket = connect();
    for (const name of ["__proto__", "constructor", "hasOwnProperty", "toString"]) {
      socket.emit(name, name);
      expect(await next(socket, name)).toEqual([name]);
    }
  });

  test("wait while disconnected, and are sent in order before the event `connect`", async () => {
    const got: unknown[] = [];
    server.on("connection", (there) => {
      there.onAny((...args: unknown[]) => got.push(args));
    });
    const socket = connect();
    socket.emit("a", 1);
    socket.emit("b", new Uint8Array([1]));
    expect(socket.sendBuffer.map((packet) => packet.data[0])).toEqual(["a", "b"]);
    socket.on("connect", () => socket.emit("c"));
    await next(socket, "connect");
    expect(socket.sendBuffer).toEqual([]);
    await vi.waitUntil(() => got.length === 3);
    expect(got).toEqual([["a", 1], ["b", Buffer.from([1])], ["c"]]);
  });

  test("throw at emit() when too many wait, in packets and in bytes, and none of those that wait is lost", async () => {
    const socket = connect({ maxBufferPackets: 2 }, { autoConnect: false });
    socket.emit("a");
    socket.emit("b");
    expect(() => socket.emit("c")).toThrow(expect.objectContaining({ code: "ERR_SEND_BUFFER_FULL" }));
    await expect(socket.emitWithAck("c")).rejects.toMatchObject({ code: "ERR_SEND_BUFFER_FULL" });
    expect(socket.sendBuffer.map((packet) => packet.data[0])).toEqual(["a", "b"]);
    socket.sendBuffer = [];
    socket.emit("d");
    const bytes = manage({ autoConnect: false }).socket("/", { maxBufferBytes: 1000 });
    bytes.emit("a", new Uint8Array(900));
    expect(() => bytes.emit("b", "x".repeat(100))).toThrow("failed to emit");
    bytes.emit("c", "x");
  });

  test("that can't be encoded throw at emit() and leave nothing behind", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const socket = connect();
    expect(() => socket.emit("a", circular)).toThrow();
    expect(socket.sendBuffer).toEqual([]);
    await next(socket, "connect");
    expect(() => socket.emit("a", circular, () => undefined)).toThrow();
  });

  test("volatile ones are dropped while disconnected, and while the transport is busy", async () => {
    const got: string[] = [];
    server.on("connection", (there) => {
      there.onAny((name: string) => got.push(name));
    });
    const socket = connect({}, { transports: ["websocket"] });
    socket.volatile.emit("lost");
    socket.volatile.emit("lost", () => expect.fail("nobody answers"));
    expect(socket.sendBuffer).toEqual([]);
    await next(socket, "connect");
    await vi.waitUntil(() => socket.io.engine.writable);
    socket.volatile.emit("first");
    socket.volatile.emit("second");
    socket.emit("end");
    await vi.waitUntil(() => got.includes("end"));
    expect(got).toEqual(["first", "end"]);
  });

  test("a volatile emit that was dropped still times out", async () => {
    const socket = connect({}, { autoConnect: false });
    await expect(socket.volatile.timeout(10).emitWithAck("x")).rejects.toThrow("operation has timed out");
  });

  test("compress() reaches the engine", async () => {
    const socket = connect();
    await next(socket, "connect");
    const created = next<[{ options: object }]>(socket.io.engine, "packetCreate");
    socket.compress(false).emit("x");
    expect((await created)[0].options).toEqual({ compress: false });
  });

  test("a listener that throws is an uncaught error of a later tick, and keeps nobody from their events", async () => {
    const uncaught: unknown[] = [];
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error.message));
    try {
      server.on("connection", (there) => {
        there.emit("a");
        there.emit("b");
        there.on("ack", (done: () => void) => done());
      });
      const socket = connect();
      socket.io.on("open", () => {
        throw new Error("open");
      });
      socket.on("connect", () => {
        throw new Error("connect");
      });
      socket.onAny((name) => {
        if (name === "a") throw new Error("any");
      });
      socket.on("a", () => {
        throw new Error("a");
      });
      await next(socket, "b");
      socket.emit("ack", () => {
        throw new Error("ack");
      });
      await socket.emitWithAck("ack");
      await vi.waitUntil(() => uncaught.length === 5);
      expect(uncaught.sort()).toEqual(["a", "ack", "any", "connect", "open"]);
      expect(socket.connected).toBe(true);
    } finally {
      process.removeAllListeners("uncaughtException");
      before.forEach((listener) => process.on("uncaughtException", listener));
    }
  });
});

describe("acknowledgements", () => {
  test("come with the answer, both ways, and once", async () => {
    server.on("connection", (there) => {
      there.on("sum", (a: number, b: number, done: (sum: number) => void) => {
        done(a + b);
        done(0);
      });
      there.emit("ask", 1, (...answer: unknown[]) => there.emit("told", ...answer));
    });
    const socket = connect();
    socket.on("ask", (value, answer) => {
      answer(value, new Uint8Array([9]));
      answer("twice");
    });
    expect(await next<unknown[]>(socket, "told")).toEqual([1, Buffer.from([9])]);
    const sums: number[] = [];
    socket.emit("sum", 1, 2, (sum: number) => sums.push(sum));
    expect(await socket.emitWithAck("sum", 3, 4)).toBe(7);
    expect(sums).toEqual([3]);
  });

  test("timeout() puts an error first, null when the answer came", async () => {
    server.on("connection", (there) => {
      there.on("echo", (value: unknown, done: (value: unknown) => void) => done(value));
    });
    const socket = connect();
    await next(socket, "connect");
    const results: unknown[] = [];
    await new Promise<void>((resolve) => {
      socket.timeout(5000).emit("echo", 1, (error: Error | null, value: number) => {
        results.push(error, value);
        resolve();
      });
    });
    expect(results).toEqual([null, 1]);
    const error: Error = await new Promise((resolve) =>
      socket.timeout(20).emit("silence", (err: Error) => resolve(err)),
    );
    expect(error).toMatchObject({ message: "operation has timed out", code: "ERR_ACK_TIMEOUT" });
  });

  test("`ackTimeout` is the timeout of every emit that has none of its own", async () => {
    const socket = connect({ ackTimeout: 20 });
    await next(socket, "connect");
    await expect(socket.emitWithAck("silence")).rejects.toThrow("operation has timed out");
  });

  test("a packet that timed out in the buffer is not sent any more", async () => {
    const socket = connect({}, { autoConnect: false });
    const [error] = await new Promise<[Error]>((resolve) => {
      socket.timeout(10).emit("late", (...args: [Error]) => resolve(args));
      socket.emit("other");
    });
    expect(error.message).toBe("operation has timed out");
    expect(socket.sendBuffer.map((packet) => packet.data[0])).toEqual(["other"]);
  });

  test("that take an error get one when the connection is lost; those of buffered packets survive", async () => {
    server.on("connection", (there) => {
      there.on("echo", (value: unknown, done: (value: unknown) => void) => done(value));
    });
    const socket = connect();
    await next(socket, "connect");
    const plain = vi.fn();
    socket.emit("silence", plain);
    const promise = socket.emitWithAck("silence");
    const timed = new Promise((resolve) => socket.timeout(10_000).emit("silence", resolve));
    const lost = next(socket, "disconnect");
    breakConnection(socket);
    await lost;
    await expect(promise).rejects.toMatchObject({ message: "socket has been disconnected", code: "ERR_DISCONNECTED" });
    expect(await timed).toMatchObject({ message: "socket has been disconnected" });
    expect(await socket.emitWithAck("echo", 5)).toBe(5);
    expect(plain).not.toHaveBeenCalled();
  });

  test("an answer that comes after disconnect() goes nowhere: the server would take it for a breach", async () => {
    const ask = vi.fn();
    server.of("/a").once("connection", (there) => there.emit("ask", ask));
    server.of("/b");
    const socket = connect({}, {}, "/a");
    const sibling = socket.io.socket("/b");
    const [answer] = await next<[(value: unknown) => void]>(socket, "ask");
    if (!sibling.connected) await next(sibling, "connect");
    socket.disconnect();
    answer("late");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(ask).not.toHaveBeenCalled();
    expect(sibling.connected).toBe(true);
  });

  test("an answer that comes after the connection was lost goes nowhere", async () => {
    const ask = vi.fn();
    server.once("connection", (there) => there.emit("ask", ask));
    const socket = connect();
    const [answer] = await next<[(value: unknown) => void]>(socket, "ask");
    breakConnection(socket);
    await next(socket, "connect");
    answer("late");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ask).not.toHaveBeenCalled();
    expect(socket.connected).toBe(true);
  });
});

describe("retries", () => {
  test("one packet in flight, the next after the ack, in order", async () => {
    const got: number[] = [];
    let inFlight = 0;
    server.on("connection", (there) => {
      there.on("n", (n: number, done: () => void) => {
        expect(++inFlight).toBe(1);
        got.push(n);
        setImmediate(() => {
          inFlight--;
          done();
        });
      });
    });
    const socket = connect({ retries: 3, ackTimeout: 2000 });
    for (let n = 0; n < 5; n++) socket.emit("n", n);
    expect(socket.sendBuffer).toEqual([]);
    await vi.waitUntil(() => got.length === 5);
    expect(got).toEqual([0, 1, 2, 3, 4]);
  });

  test("a packet is tried `retries + 1` times, then dropped with the error, and the next one goes", async () => {
    let tries = 0;
    server.on("connection", (there) => {
      there.on("silence", () => tries++);
      there.on("echo", (value: unknown, done: (value: unknown) => void) => done(value));
    });
    const socket = connect({ retries: 2, ackTimeout: 20 });
    const failed = socket.emitWithAck("silence");
    const passed = new Promise((resolve) => socket.emit("echo", "x", (...args: unknown[]) => resolve(args)));
    await expect(failed).rejects.toThrow("operation has timed out");
    expect(await passed).toEqual([null, "x"]);
    expect(tries).toBe(3);
  });

  test("the head is sent again over a new connection; a volatile emit goes past the queue", async () => {
    const got: string[] = [];
    let connections = 0;
    server.on("connection", (there) => {
      const first = connections++ === 0;
      there.on("job", (done: () => void) => {
        got.push("job");
        if (!first) done();
      });
      there.on("quick", () => got.push("quick"));
    });
    const socket = connect({ retries: 5 });
    await next(socket, "connect");
    const done = socket.emitWithAck("job");
    await vi.waitUntil(() => got.length === 1 && socket.io.engine.writable);
    socket.volatile.emit("quick");
    await vi.waitUntil(() => got.length === 2);
    breakConnection(socket);
    await done;
    expect(got).toEqual(["job", "quick", "job"]);
  });
});

describe("catch-all listeners", () => {
  test("offAny() takes one away that was added twice once", () => {
    const socket = connect({}, { autoConnect: false });
    const listener = vi.fn();
    socket.onAny(listener).onAny(listener).offAny(listener).offAny(vi.fn());
    socket.onAnyOutgoing(listener).onAnyOutgoing(listener).offAnyOutgoing(listener);
    expect([socket.listenersAny(), socket.listenersAnyOutgoing()]).toEqual([[listener], [listener]]);
    expect(socket.offAny().listenersAny()).toEqual([]);
  });

  test("see every event that comes in, in their order, before its own listeners", async () => {
    server.on("connection", (there) => there.emit("x", 1, "two"));
    const socket = connect();
    const seen: unknown[] = [];
    const last = (...args: unknown[]): unknown => seen.push(["last", ...args]);
    const dropped = (): unknown => seen.push("dropped");
    expect(
      socket
        .onAny(last)
        .onAny(dropped)
        .prependAny(() => seen.push("first")),
    ).toBe(socket);
    expect(socket.listenersAny()).toHaveLength(3);
    socket.offAny(dropped);
    socket.on("x", () => seen.push("own"));
    await next(socket, "x");
    expect(seen).toEqual(["first", ["last", "x", 1, "two"], "own"]);
    expect(socket.offAny().listenersAny()).toEqual([]);
  });

  test("see every event that goes out when it does, and no acknowledgement", async () => {
    server.on("connection", (there) => there.emit("ask", () => there.emit("end")));
    const socket = connect();
    const seen: unknown[] = [];
    const last = (...args: unknown[]): unknown => seen.push(args);
    const dropped = (): unknown => seen.push("dropped");
    expect(
      socket
        .onAnyOutgoing(last)
        .onAnyOutgoing(dropped)
        .prependAnyOutgoing(() => seen.push("first")),
    ).toBe(socket);
    expect(socket.listenersAnyOutgoing()).toHaveLength(3);
    socket.offAnyOutgoing(dropped);
    socket.emit("a", 1, () => undefined);
    expect(seen).toEqual([]);
    socket.on("ask", (answer) => answer(1));
    await next(socket, "end");
    expect(seen).toEqual(["first", ["a", 1]]);
    expect(socket.offAnyOutgoing().listenersAnyOutgoing()).toEqual([]);
  });
});

describe("recovery", () => {
  beforeEach(async () => {
    await server.close();
    server = new Server(0, { connectionStateRecovery: {}, serveClient: false });
    url = `http://127.0.0.1:${String((server.httpServer.address() as { port: number }).port)}`;
  });

  test("goes on with id and missed events after a cut, and says so", async () => {
    const socket = connect();
    const [there] = await next<[ServerSocket]>(server, "connection");
    await next(socket, "connect");
    expect(socket.recovered).toBe(false);
    const id = socket.id;
    there.emit("a", 1);
    await next(socket, "a");
    const seen: unknown[] = [];
    socket.on("missed", (value) => seen.push(value));
    socket.on("connect", () => seen.push("connect"));
    breakConnection(socket);
    await next(there, "disconnect");
    server.emit("missed", 1);
    server.emit("missed", 2);
    await next(socket, "connect");
    expect([socket.recovered, socket.id]).toEqual([true, id]);
    expect(seen).toEqual([1, 2, "connect"]);
    socket.disconnect().connect();
    await next(socket, "connect");
    expect(socket.recovered).toBe(false);
  });
});
