import {
  deferred,
  once,
  RawEngineClient,
  type RawSession,
  startServer,
  type StartServerOptions,
} from "@everwire/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Adapter } from "./adapter/in-memory.js";
import type { Session } from "./adapter/adapter.js";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Joined {
  wire: RawSession;
  socket: Socket;
  answer: { sid: string; pid: string };
}

async function serve(options: StartServerOptions = {}): Promise<{
  io: Server;
  url: string;
  /** A raw client in the main namespace: nothing in it is ours but the bytes. */
  join(auth?: Record<string, unknown>): Promise<Joined>;
}> {
  const { io, url, close } = await startServer({ connectionStateRecovery: {}, ...options });
  cleanups.push(close);
  const raw = new RawEngineClient(url);
  const join = async (auth?: Record<string, unknown>): Promise<Joined> => {
    const connection = once<[Socket]>(io, "connection");
    const wire = await raw.websocket();
    wire.send(auth === undefined ? "40" : `40${JSON.stringify(auth)}`);
    const [socket] = await connection;
    return { wire, socket, answer: { sid: socket.id, pid: socket.pid! } };
  };
  return { io, url, join };
}

async function lose({ wire, socket }: Joined): Promise<void> {
  const gone = once(socket, "disconnect");
  wire.terminate();
  await gone;
}

/** Reads events up to the CONNECT answer. */
async function untilConnected(wire: RawSession): Promise<{ missed: unknown[][]; answer: Record<string, unknown> }> {
  const missed: unknown[][] = [];
  for (;;) {
    const text = await wire.nextText();
    if (text.startsWith("40")) return { missed, answer: JSON.parse(text.slice(2)) as Record<string, unknown> };
    missed.push(JSON.parse(text.slice(2)) as unknown[]);
  }
}

describe("middlewares asked about a returning session", () => {
  const strict = { connectionStateRecovery: { skipMiddlewares: false } };

  it("see its data and rooms, and nothing is sent before they agree; what comes meanwhile is not missed", async () => {
    const { io, join } = await serve(strict);
    const first = await join();
    void first.socket.join("r");
    first.socket.data.user = "u";
    await lose(first);
    io.emit("before");
    const held = deferred<() => void>();
    io.use((socket, next) => {
      expect([socket.recovered, socket.data.user, socket.rooms.has("r")]).toEqual([true, "u", true]);
      void socket.join("new");
      void socket.leave("r");
      held.resolve(next);
    });
    const joining = join({ pid: first.answer.pid });
    const next = await held.promise;
    io.emit("meanwhile");
    next();
    const second = await joining;
    expect((await untilConnected(second.wire)).missed.map(([name]) => name)).toEqual(["before", "meanwhile"]);
    expect(second.socket.rooms).toEqual(new Set([second.socket.id, "new"]));
  });

  it("refuse it, and the session is still there for who may have it", async () => {
    const { io, url, join } = await serve(strict);
    const first = await join();
    await lose(first);
    let allow = false;
    io.use((socket, next) => {
      void socket.join("x");
      next(allow ? undefined : new Error("not you"));
    });
    const thief = await new RawEngineClient(url).websocket();
    thief.send(`40${JSON.stringify({ pid: first.answer.pid })}`);
    expect(await thief.nextText()).toBe('44{"message":"not you"}');
    allow = true;
    expect((await join({ pid: first.answer.pid })).socket.recovered).toBe(true);
  });

  it("take so long that the session can't be taken up: the connection ends, and the next one starts anew", async () => {
    const { io, url, join } = await serve({
      connectionStateRecovery: { skipMiddlewares: false, maxStoredPackets: 1 },
    });
    const first = await join();
    await lose(first);
    const held = deferred<() => void>();
    io.use((socket, next) => (socket.recovered ? held.resolve(next) : next()));
    const wire = await new RawEngineClient(url).websocket();
    wire.send(`40${JSON.stringify({ pid: first.answer.pid })}`);
    const next = await held.promise;
    io.emit("one");
    io.emit("two");
    next();
    await wire.closed();
    expect((await join({ pid: first.answer.pid })).socket.recovered).toBe(false);
  });
});

describe("an adapter over a store", () => {
  class Store extends Adapter {
    static sessions = new Map<string, Session>();
    override persistSession(session: Session): void {
      Store.sessions.set(session.pid, session);
    }
    override async restoreSession(pid: string): Promise<Session | null> {
      if (pid === "broken") throw new Error("no store");
      const session = Store.sessions.get(pid);
      return session === undefined ? null : { ...session, missedPackets: [["missed", 1, "offset"]] };
    }
  }

  it("is asked by promise, and what it gives is sent", async () => {
    const { join } = await serve({ adapter: Store });
    const first = await join();
    await lose(first);
    const second = await join({ pid: first.answer.pid, offset: "x" });
    expect(second.socket).toMatchObject({ recovered: true, id: first.socket.id });
    expect((await untilConnected(second.wire)).missed).toEqual([["missed", 1, "offset"]]);
  });

  it("is given no session while the answer to a packet is outstanding, for it can't count those", async () => {
    const { join } = await serve({ adapter: Store });
    const first = await join();
    first.socket.emit("ask", () => undefined);
    await lose(first);
    expect((await join({ pid: first.answer.pid })).socket.recovered).toBe(false);
  });

  it("gives no session twice", async () => {
    const { io, join } = await serve({ adapter: Store });
    const first = await join();
    await lose(first);
    const second = await join({ pid: first.answer.pid });
    io.of("/").supersede = () => undefined;
    const third = await join({ pid: first.answer.pid });
    expect([second.socket.recovered, third.socket.recovered]).toEqual([true, false]);
  });

  it("that fails to keep a session, or to join, by promise is reported", async () => {
    class Failing extends Adapter {
      override addAll(...args: Parameters<Adapter["addAll"]>): Promise<void> {
        void super.addAll(...args);
        return Promise.reject(new Error("no join"));
      }
      override persistSession(): Promise<void> {
        return Promise.reject(new Error("no store"));
      }
    }
    const { io, join } = await serve({ adapter: Failing });
    const errors: unknown[] = [];
    io.on("listener_error", (error, { kind }) => errors.push([(error as Error).message, kind]));
    const first = await join();
    await lose(first);
    expect(errors).toEqual([
      ["no join", "adapter"],
      ["no store", "adapter"],
    ]);
  });

  it("that fails costs the recovery, not the connection", async () => {
    const { io, join } = await serve({ adapter: Store });
    const reported = once<[Error, { kind: string }]>(io, "listener_error");
    expect((await join({ pid: "broken" })).socket.recovered).toBe(false);
    expect((await reported)[1].kind).toBe("adapter");
  });
});
