import { createServer, type Server as TcpServer, type Socket as TcpSocket } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Server, type Socket as ServerSocket } from "socket.io";
import { Decoder, Encoder, type Packet } from "@everwire/protocol";
import "./engine/register-every.js";
import { Manager } from "./manager.js";
import type { ManagerOptions } from "./options.js";

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

const EVENTS = [
  "open",
  "error",
  "close",
  "reconnect_attempt",
  "reconnect",
  "reconnect_error",
  "reconnect_failed",
] as const;

/** Every event of a manager, with what came with it where that is short. */
function record(manager: Manager): string[] {
  const seen: string[] = [];
  for (const name of EVENTS) {
    manager.on(name, (value?: unknown) => {
      seen.push(typeof value === "string" || typeof value === "number" ? `${name} ${value}` : name);
    });
  }
  return seen;
}

function manage(options: Partial<ManagerOptions> = {}, to = url): Manager {
  const manager = new Manager(to, { reconnectionDelay: 10, reconnectionDelayMax: 20, ...options });
  managers.push(manager);
  return manager;
}

const portOf = (of: { address(): unknown }): number => (of.address() as { port: number }).port;
const start = (port = 0): Server => new Server(port, { serveClient: false });

beforeEach(() => {
  server = start();
  url = `http://127.0.0.1:${String(portOf(server.httpServer))}`;
});

afterEach(async () => {
  managers.splice(0).forEach((manager) => manager.disconnect());
  await server.close();
});

describe("options", () => {
  test("have the defaults that users know, and getters that are setters", () => {
    const manager = new Manager("http://127.0.0.1:1", { autoConnect: false });
    const read = (): unknown[] => [
      manager.reconnection(),
      manager.reconnectionAttempts(),
      manager.reconnectionDelay(),
      manager.reconnectionDelayMax(),
      manager.randomizationFactor(),
      manager.timeout(),
      manager.opts.path,
    ];
    expect(read()).toEqual([true, Infinity, 1000, 5000, 0.5, 20_000, "/socket.io"]);
    expect(
      manager
        .reconnection(false)
        .reconnectionAttempts(3)
        .reconnectionDelay(0)
        .reconnectionDelayMax(9)
        .randomizationFactor(0)
        .timeout(false),
    ).toBe(manager);
    expect(read()).toEqual([false, 3, 0, 9, 0, false, "/socket.io"]);
  });

  test("may stand in the place of the address", async () => {
    const port = new URL(url).port;
    const manager = new Manager({ hostname: "127.0.0.1", port, transports: ["websocket"] });
    managers.push(manager);
    await next(manager, "open");
    expect([manager.uri, manager.engine.transport.name]).toEqual([undefined, "websocket"]);
  });

  test("are not changed in the caller's object", () => {
    const options = Object.freeze({ autoConnect: false });
    expect(new Manager("http://127.0.0.1:1", options).opts).not.toBe(options);
  });

  test("a custom parser writes and reads every packet", async () => {
    await server.close();
    const written: string[] = [];
    class Shouting extends Encoder {
      override encode(packet: Packet): ReturnType<Encoder["encode"]> {
        written.push(String(packet.type));
        return super.encode(packet);
      }
    }
    let destroyed = 0;
    class Listening extends Decoder {
      override destroy(): void {
        super.destroy();
        destroyed++;
      }
    }
    server = start();
    const manager = manage(
      { parser: { Encoder: Shouting, Decoder: Listening } },
      `http://127.0.0.1:${String(portOf(server.httpServer))}`,
    );
    server.on("connection", (there) => there.on("x", (value, done) => done(value)));
    const socket = manager.socket("/");
    expect(await socket.emitWithAck("x", new Uint8Array([1]))).toEqual(Buffer.from([1]));
    expect([written.includes("0"), destroyed]).toEqual([true, 0]);
    socket.disconnect();
    expect(destroyed).toBe(1);
  });
});

describe("open()", () => {
  test("tells its callback, also when it is open already", async () => {
    const manager = manage({ autoConnect: false });
    const outcomes: unknown[] = [];
    await new Promise<void>((resolve) => {
      manager.open((error) => outcomes.push("first", error));
      expect(manager.connect((error) => outcomes.push("second", error))).toBe(manager);
      manager.open(() => resolve());
    });
    await new Promise<void>((resolve) => void manager.open(() => resolve()));
    expect(outcomes).toEqual(["first", undefined, "second", undefined]);
  });

  test("tells its callback of a failure, and does not try again", async () => {
    const manager = manage({ autoConnect: false }, "http://127.0.0.1:1");
    const seen = record(manager);
    const error = await new Promise<Error | undefined>((resolve) => void manager.open(resolve));
    expect(error?.message).toBe("xhr poll error");
    expect(seen).toEqual(["error"]);
  });

  test("tells its callback when it was closed meanwhile", async () => {
    const manager = manage({ autoConnect: false });
    const error = await new Promise<Error | undefined>((resolve) => {
      manager.open(resolve);
      manager.disconnect();
    });
    expect(error).toMatchObject({ code: "ERR_CLOSED" });
  });

  test("fails when the session is closed before it opened", async () => {
    const manager = manage({ autoConnect: false });
    const error = await new Promise<Error | undefined>((resolve) => {
      manager.open(resolve);
      manager.engine.close();
    });
    expect(error).toMatchObject({ code: "ERR_CLOSED", message: "forced close" });
  });

  test("has a deadline; 0 is at once, false is none", async () => {
    const holders: TcpSocket[] = [];
    const silent: TcpServer = createServer((peer) => holders.push(peer));
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    const to = `http://127.0.0.1:${String(portOf(silent))}`;
    for (const timeout of [0, 30]) {
      const manager = manage({ timeout, reconnection: false }, to);
      const failed = next<[Error]>(manager.socket("/"), "connect_error");
      expect((await failed)[0]).toMatchObject({ message: "timeout", code: "ERR_CONNECT_TIMEOUT" });
    }
    const patient = manage({ timeout: false }, to);
    const seen = record(patient);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(seen).toEqual([]);
    patient.disconnect();
    holders.forEach((holder) => holder.destroy());
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe("socket()", () => {
  test("is the same object for the same namespace, and connects it again", async () => {
    const manager = manage();
    const socket = manager.socket("/");
    expect(manager.socket("/")).toBe(socket);
    expect(manager.socket("/other")).not.toBe(socket);
    await next(socket, "connect");
    socket.disconnect();
    manager.socket("/");
    expect(socket.active).toBe(true);
    await next(socket, "connect");
  });

  test("connects nothing by itself when autoConnect is off", () => {
    const manager = manage({ autoConnect: false });
    const socket = manager.socket("/");
    manager.socket("/");
    expect([socket.active, manager.engine]).toEqual([false, undefined]);
  });

  test("a namespace of any name is harmless", async () => {
    server.of("/__proto__");
    const manager = manage();
    const socket = manager.socket("/__proto__");
    await next(socket, "connect");
    expect(manager.socket("/__proto__")).toBe(socket);
    expect(manager.socket("__proto__").nsp).toBe("__proto__");
  });
});

describe("events", () => {
  test("tell of each packet and each ping", async () => {
    await server.close();
    server = new Server(0, { serveClient: false, pingInterval: 30 });
    const manager = manage({}, `http://127.0.0.1:${String(portOf(server.httpServer))}`);
    const packets: unknown[] = [];
    manager.on("packet", (packet) => packets.push(packet));
    server.on("connection", (there) => there.emit("x", 1));
    await next(manager.socket("/"), "x");
    expect(packets).toMatchObject([
      { type: 0, nsp: "/" },
      { type: 2, nsp: "/", data: ["x", 1] },
    ]);
    await next(manager, "ping");
  });

  test("an error of the engine while open is told, and the connection goes on or closes by itself", async () => {
    const manager = manage();
    await next(manager, "open");
    const error = next<[Error]>(manager, "error");
    manager.engine.handler?.onError(new Error("x"));
    expect((await error)[0].message).toBe("x");
    expect(manager.engine.readyState).toBe("open");
  });
});

describe("reconnection", () => {
  test("begins after the first attempt failed, and ends when the server is there", async () => {
    const port = portOf(server.httpServer);
    await server.close();
    const manager = manage();
    const seen = record(manager);
    const socket = manager.socket("/");
    const errors: Error[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    await next(manager, "reconnect_error");
    expect(socket.active).toBe(true);
    server = start(port);
    await next(socket, "connect");
    expect(seen.slice(0, 4)).toEqual(["error", "reconnect_attempt 1", "error", "reconnect_error"]);
    expect(seen.slice(-2)[0]).toBe("open");
    expect(seen.slice(-1)[0]).toMatch(/^reconnect \d+$/);
    expect(errors.length).toBeGreaterThan(1);
  });

  test("brings every socket back after a cut, with new ids", async () => {
    server.of("/a");
    const manager = manage();
    const sockets = [manager.socket("/"), manager.socket("/a")];
    await Promise.all(sockets.map((socket) => next(socket, "connect")));
    const ids = sockets.map(({ id }) => id);
    const seen = record(manager);
    const lost = Promise.all(sockets.map((socket) => next<[string, unknown]>(socket, "disconnect")));
    const back = Promise.all(sockets.map((socket) => next(socket, "connect")));
    server.disconnectSockets(true);
    manager.engine.transport.handler?.onClose({ description: "cut" });
    expect((await lost).map(([reason]) => reason)).toEqual(["transport close", "transport close"]);
    await back;
    sockets.forEach(({ id }, index) => expect(id).not.toBe(ids[index]));
    expect(seen).toEqual(["close transport close", "reconnect_attempt 1", "open", "reconnect 1"]);
  });

  test("of an engine that the user closed by hand happens too", async () => {
    const manager = manage();
    const socket = manager.socket("/");
    await next(socket, "connect");
    const lost = next<[string]>(socket, "disconnect");
    manager.engine.close();
    expect((await lost)[0]).toBe("forced close");
    await next(socket, "connect");
  });

  test("gives up after so many attempts", async () => {
    const manager = manage({ reconnectionAttempts: 2 }, "http://127.0.0.1:1");
    const seen = record(manager);
    await next(manager, "reconnect_failed");
    await Promise.resolve();
    expect(seen).toEqual([
      ...["error"],
      ...["reconnect_attempt 1", "error", "reconnect_error"],
      ...["reconnect_attempt 2", "error", "reconnect_failed", "reconnect_error"],
    ]);
  });

  test("begins again when asked to, after it gave up", async () => {
    const port = portOf(server.httpServer);
    await server.close();
    const manager = manage({ reconnectionAttempts: 1 });
    const socket = manager.socket("/");
    await next(manager, "reconnect_failed");
    server = start(port);
    socket.connect();
    await next(socket, "connect");
  });

  test("does not happen when it is off, nor once disconnect() was called", async () => {
    const manager = manage({ reconnection: false });
    const seen = record(manager);
    await next(manager, "open");
    manager.engine.close();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(seen).toEqual(["open", "close forced close"]);
    manager.reconnection(true).open();
    await next(manager, "open");
    manager.disconnect();
    manager.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(seen.slice(2)).toEqual(["open", "close forced close"]);
  });

  test("ends when it is turned off, when the last socket leaves, and when a listener says so", async () => {
    const ends: ((manager: Manager) => void)[] = [
      (manager) => void manager.reconnection(false),
      (manager) => void manager.socket("/").disconnect(),
      (manager) => manager.disconnect(),
    ];
    for (const end of ends) {
      for (const when of ["reconnect_error", "reconnect_attempt", "error"] as const) {
        const manager = manage({}, "http://127.0.0.1:1");
        manager.socket("/");
        const attempts = vi.fn();
        await next(manager, "error");
        manager.once(when, () => {
          end(manager);
          manager.on("reconnect_attempt", attempts);
        });
        await next(manager, when);
        await new Promise((resolve) => setTimeout(resolve, 30));
        expect(attempts).not.toHaveBeenCalled();
      }
    }
  });

  test("is off for a socket that disconnects in its connect_error", async () => {
    const manager = manage({}, "http://127.0.0.1:1");
    const socket = manager.socket("/");
    const errors = vi.fn(() => void socket.disconnect());
    socket.on("connect_error", errors);
    await next(socket, "connect_error");
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(errors).toHaveBeenCalledTimes(1);
    expect(socket.active).toBe(false);
  });

  test("open() while waiting tries at once", async () => {
    const port = portOf(server.httpServer);
    await server.close();
    const manager = manage({ reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 });
    const socket = manager.socket("/");
    await next(manager, "error");
    server = start(port);
    manager.open();
    await next(socket, "connect");
  });

  test("connect() of a socket while waiting leaves the wait alone", async () => {
    const manager = manage({ reconnectionDelay: 60_000, reconnectionDelayMax: 60_000 }, "http://127.0.0.1:1");
    await next(manager, "error");
    const { engine } = manager;
    manager.socket("/").connect();
    expect(manager.engine).toBe(engine);
  });

  test("sends what was emitted meanwhile, once", async () => {
    const got: number[] = [];
    server.on("connection", (there: ServerSocket) => there.on("n", (n: number) => got.push(n)));
    const manager = manage();
    const socket = manager.socket("/");
    await next(socket, "connect");
    const lost = next(socket, "disconnect");
    manager.engine.close();
    await lost;
    for (let n = 0; n < 3; n++) socket.emit("n", n);
    await next(socket, "connect");
    await vi.waitUntil(() => got.length === 3);
    expect(got).toEqual([0, 1, 2]);
  });
});
