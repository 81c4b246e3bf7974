import type { Packet } from "@everwire/protocol";
import { deferred, once, RawEngineClient } from "@everwire/testkit";
import { describe, expect, it } from "vitest";
import { Adapter } from "./adapter/in-memory.js";
import type { BroadcastOptions, Session } from "./adapter/adapter.js";
import { serve, lose, untilConnected } from "../test/recoverable-session.js";

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
  /** As little as it takes: what was sent since, with an offset at its end, for the rooms that the session is in. */
  class Store extends Adapter {
    static sessions = new Map<string, Session>();
    static sent: { data: unknown[]; options: BroadcastOptions }[] = [];
    override broadcast(packet: Packet, options: BroadcastOptions): void {
      (packet.data as unknown[]).push(`offset ${String(Store.sent.length)}`);
      Store.sent.push({ data: packet.data as unknown[], options });
      super.broadcast(packet, options);
    }
    override persistSession(session: Session): void {
      Store.sessions.set(session.pid, session);
    }
    override async restoreSession(pid: string, offset: string | undefined): Promise<Session | null> {
      if (pid === "broken") throw new Error("no store");
      const session = Store.sessions.get(pid);
      if (session === undefined) return null;
      const seen = Store.sent.findIndex(({ data }) => data.at(-1) === offset);
      const isFor = ({ options }: { options: BroadcastOptions }): boolean =>
        options.rooms.size === 0 || session.rooms.some((room) => options.rooms.has(room));
      const missedPackets = Store.sent.slice(seen + 1).filter(isFor);
      return { ...session, missedPackets: missedPackets.map(({ data }) => data) };
    }
  }

  it("is asked by promise, and what it gives is sent", async () => {
    const { join } = await serve({ adapter: Store });
    const first = await join();
    first.socket.emit("seen");
    await lose(first);
    first.socket.nsp.emit("missed", 1);
    const second = await join({ pid: first.answer.pid, offset: "offset 0" });
    expect(second.socket).toMatchObject({ recovered: true, id: first.socket.id });
    expect((await untilConnected(second.wire)).missed).toEqual([["missed", 1, "offset 1"]]);
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
