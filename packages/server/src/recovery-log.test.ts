// Sessions that are kept in a log shared by several servers: `recovered` is true only if not one event was missed or doubled.
import type { Socket } from "@everwire/server";
import { deferred, once, turns, until } from "@everwire/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SharedLog } from "../test/log-adapter.js";
import { type Joined, lose, serve, untilConnected } from "../test/recoverable-session.js";

afterEach(() => {
  vi.useRealTimers();
});

type Node = Awaited<ReturnType<typeof serve>>;

async function nodes(log: SharedLog, options = {}): Promise<[Node, Node]> {
  const settings = { adapter: log.adapter, ...options };
  return [await serve(settings), await serve(settings)];
}

/** The next event of a client that is connected: name, arguments, offset. */
async function next({ wire }: Joined): Promise<unknown[]> {
  const text = await wire.nextText();
  return JSON.parse(text.slice(text.indexOf("["))) as unknown[];
}

/** A client that has received an event, and the offset of it. */
async function seeing(node: Node): Promise<Joined & { offset: unknown }> {
  const joined = await node.join();
  await untilConnected(joined.wire);
  node.io.emit("seen");
  return { ...joined, offset: (await next(joined)).at(-1) };
}

/** What it hears up to an event that is sent now. */
async function untilLast({ io }: Node, joined: Joined): Promise<unknown[][]> {
  const { missed } = await untilConnected(joined.wire);
  io.emit("last");
  const heard = [...missed];
  for (;;) {
    const event = await next(joined);
    if (event[0] === "last") return heard;
    heard.push(event);
  }
}

const names = (events: unknown[][]): unknown[] => events.map(([name]) => name);

describe.each(["published", "own"] as const)(
  "a client that comes back to another server over the %s adapter",
  (base) => {
    it("gets what was sent while its session was looked up, once and in order", async () => {
      const log = new SharedLog(base);
      const [a, b] = await nodes(log);
      const first = await seeing(a);
      await lose(first);
      a.io.emit("m", 0);
      await turns();
      let sent = 0;
      // After each look into the log, and before its answer: as it is with a broker that is far away.
      log.onLook = async () => {
        a.io.emit("m", ++sent);
        b.io.emit("m", ++sent);
        await turns(20);
      };
      const second = await b.join({ pid: first.answer.pid, offset: first.offset });
      log.onLook = undefined;
      expect(second.socket.recovered).toBe(true);
      const heard = await untilLast(a, second);
      expect(heard.map(([, value]) => value)).toEqual(Array.from({ length: sent + 1 }, (_, n) => n));
    });

    it("gets it once too when its server reads the log late", async () => {
      const log = new SharedLog(base);
      const [a, b] = await nodes(log);
      const first = await seeing(a);
      await lose(first);
      const late = deferred();
      log.reading = late.promise;
      a.io.emit("m", 0);
      b.io.emit("m", 1);
      await turns(20);
      log.onLook = async () => {
        a.io.emit("m", 2);
        await turns(20);
        log.onLook = undefined;
        late.resolve();
      };
      const second = await b.join({ pid: first.answer.pid, offset: first.offset });
      expect(second.socket.recovered).toBe(true);
      expect((await untilLast(a, second)).map(([, value]) => value)).toEqual([0, 1, 2]);
    });

    it("has its id, data and rooms, and none that it did not know of", async () => {
      const log = new SharedLog(base);
      const [a, b] = await nodes(log);
      const first = await seeing(a);
      void first.socket.join(["kept", "left"]);
      void first.socket.leave("left");
      first.socket.data.name = "n";
      await lose(first);
      a.io.to("kept").emit("kept");
      a.io.to("left").emit("left");
      a.io.to(first.socket.id).except("left").emit("binary", Buffer.from("x"));
      b.io.except("kept").emit("excepted");
      await turns(20);
      const second = await b.join({ pid: first.answer.pid, offset: first.offset });
      expect(second.socket).toMatchObject({ recovered: true, id: first.socket.id, data: { name: "n" } });
      expect(second.socket.rooms).toEqual(new Set([first.socket.id, "kept"]));
      expect(await next(second)).toEqual(["kept", expect.any(String)]);
      expect((await next(second))[0]).toBe("binary");
      expect(await second.wire.nextRaw()).toEqual(Buffer.from("x"));
      expect((await untilConnected(second.wire)).missed).toEqual([]);
      expect([...b.io.of("/").adapter.rooms.keys()]).toEqual([first.socket.id, "kept"]);
    });

    it("gets all of it when each look gives a part only", async () => {
      const log = new SharedLog(base);
      log.readAtMost = 3;
      const [a, b] = await nodes(log);
      const first = await seeing(a);
      await lose(first);
      for (let n = 0; n < 10; n++) a.io.emit("m", n);
      await turns(40);
      const second = await b.join({ pid: first.answer.pid, offset: first.offset });
      expect(second.socket.recovered).toBe(true);
      expect((await untilLast(a, second)).map(([, value]) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it("gets what the middlewares' time brought, and to the rooms that they chose", async () => {
      const log = new SharedLog(base);
      const [a, b] = await nodes(log, { connectionStateRecovery: { skipMiddlewares: false } });
      const first = await seeing(a);
      void first.socket.join("r");
      await lose(first);
      const held = deferred<() => void>();
      b.io.use((socket, go) => {
        void socket.join("new");
        held.resolve(go);
      });
      const joining = b.join({ pid: first.answer.pid, offset: first.offset });
      const go = await held.promise;
      a.io.to("r").emit("meanwhile");
      await turns(20);
      go();
      const second = await joining;
      expect(second.socket.recovered).toBe(true);
      expect(second.socket.rooms).toEqual(new Set([first.socket.id, "r", "new"]));
      a.io.to("new").emit("live");
      expect(names(await untilLast(a, second))).toEqual(["meanwhile", "live"]);
    });

    it("comes back again and again, in a namespace of its own", async () => {
      const log = new SharedLog(base);
      const both = await nodes(log);
      for (const { io } of both) io.of("/chat");
      const connection = once<[Socket]>(both[0].io.of("/chat"), "connection");
      let wire = await both[0].raw.websocket();
      wire.send("40/chat,");
      let [socket] = await connection;
      const { pid } = JSON.parse((await wire.nextText()).slice("40/chat,".length)) as { pid: string };
      both[1].io.of("/chat").emit("m", 0);
      let offset = (JSON.parse((await wire.nextText()).slice("42/chat,".length)) as string[]).at(-1);
      for (let round = 1; round < 4; round++) {
        const gone = once(socket, "disconnect");
        wire.terminate();
        await gone;
        const [here, there] = round % 2 === 0 ? both : [both[1], both[0]];
        there.io.of("/chat").emit("m", round);
        there.io.emit("m", "of another namespace");
        await turns(20);
        const again = once<[Socket]>(here.io.of("/chat"), "connection");
        wire = await here.raw.websocket();
        wire.send(`40/chat,${JSON.stringify({ pid, offset })}`);
        [socket] = await again;
        expect(socket.recovered).toBe(true);
        const missed = JSON.parse((await wire.nextText()).slice("42/chat,".length)) as unknown[];
        expect(missed.slice(0, 2)).toEqual(["m", round]);
        offset = String(missed.at(-1));
        expect(await wire.nextText()).toBe(`40/chat,${JSON.stringify({ sid: socket.id, pid })}`);
      }
    });
  },
);

describe("events in the order of the log", () => {
  it.each(["published", "own"] as const)(
    "reach the clients of every server alike, whoever sent them: %s",
    async (base) => {
      const log = new SharedLog(base);
      const both = await nodes(log);
      const joined = [await seeing(both[0]), await seeing(both[1])];
      await next(joined[0]!);
      // Who publishes hears of it late; those who read do not wait.
      log.onPublished = () => turns(5);
      for (let n = 0; n < 10; n++) {
        both[0].io.emit("m", n);
        both[1].io.emit("m", n);
        if (n % 3 === 0) await turns(1);
      }
      const inLog = (): string[] => log.entries.map(({ offset }) => offset).slice(-20);
      for (const each of joined) {
        const heard: unknown[] = [];
        for (let n = 0; n < 20; n++) heard.push((await next(each)).at(-1));
        expect(heard).toEqual(inLog());
      }
    },
  );

  it("are delivered, and not recovered, by an adapter that does not read its own back", async () => {
    const log = new SharedLog();
    log.skipsOwn = true;
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    a.io.emit("m", 1);
    expect((await next(first)).slice(0, 2)).toEqual(["m", 1]);
    await lose(first);
    for (const deadline of [20_000, 2_000]) {
      const connection = once<[Socket]>(b.io, "connection", { timeoutMs: deadline });
      const wire = await b.raw.websocket();
      wire.send(`40${JSON.stringify({ pid: first.answer.pid, offset: first.offset })}`);
      expect((await connection)[0].recovered).toBe(false);
      // It is not waited for twice.
      log.sessions.set(first.answer.pid, JSON.stringify({ sid: "x", pid: first.answer.pid, rooms: [], data: {} }));
    }
  });

  it("are delivered late, and without an offset, when they do not come back", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const log = new SharedLog();
    const [a] = await nodes(log);
    const first = await seeing(a);
    a.io.emit("m", 1);
    await next(first);
    log.skipsOwn = true;
    a.io.emit("m", 2);
    await turns(20);
    vi.advanceTimersByTime(12_000);
    expect(await next(first)).toEqual(["m", 2, ""]);
    a.io.emit("m", 3);
    expect(await next(first)).toEqual(["m", 3, "1-4"]);
  });
});

describe("a client is told that it starts anew", () => {
  /** What happens between a first event and the return. */
  const startsAnew = async (
    happen: (nodes: { a: Node; b: Node; log: SharedLog; first: Joined }) => unknown,
    offset?: unknown,
  ): Promise<void> => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    await happen({ a, b, log, first });
    if (first.socket.connected) await lose(first);
    await turns(20);
    const second = await b.join({ pid: first.answer.pid, offset: offset ?? first.offset });
    expect([second.socket.recovered, second.socket.id === first.socket.id]).toEqual([false, false]);
    expect((await untilConnected(second.wire)).missed).toEqual([]);
    expect(b.io.of("/").sockets.size).toBe(1);
    expect([...b.io.of("/").adapter.sids.keys()]).toEqual([second.socket.id]);
  };

  it("when it comes with an offset that nobody knows", () => startsAnew(() => undefined, "0-0"));
  it("when it comes with a text of a user as its offset", () => startsAnew(() => undefined, "hello"));
  it("when it comes with the offset of nothing", () => startsAnew(() => undefined, ""));

  it("when it was cut off before its first event", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await a.join();
    await lose(first);
    a.io.emit("missed");
    await turns(20);
    expect((await b.join({ pid: first.answer.pid })).socket.recovered).toBe(false);
  });

  it("when it missed a broadcast that asks for an answer", () =>
    startsAnew(async ({ a, b, first }) => {
      await lose(first);
      const asked = b.io.timeout(5_000).emitWithAck("ask");
      await expect(asked).resolves.toEqual([]);
      a.io.emit("m");
    }));

  it("when a broadcast that asked for an answer was on its way, and nobody waits any more", () =>
    startsAnew(async ({ a, first }) => {
      await expect(a.io.timeout(5).emitWithAck("ask")).rejects.toThrow();
      expect(first.socket.acks.size).toBe(0);
    }));

  it("when an event of its own that asked for an answer was on its way, and the time for it is over", () =>
    startsAnew(async ({ first }) => {
      await expect(first.socket.timeout(5).emitWithAck("ask")).rejects.toThrow();
    }));

  it("when it missed an event that was for its server only", () =>
    startsAnew(async ({ a, first }) => {
      await lose(first);
      a.io.local.emit("here", "text");
    }));

  it("when it left a room, and what was sent there before was still on its way", () =>
    startsAnew(async ({ a, first }) => {
      await first.socket.join("r");
      a.io.to("r").emit("on its way");
      await turns(20);
      await first.socket.leave("r");
    }));

  it("when it left more rooms than are remembered", () =>
    startsAnew(({ first }) => {
      for (let n = 0; n < 70; n++) {
        void first.socket.join(String(n));
        void first.socket.leave(String(n));
      }
    }));

  it("when the log has forgotten what it saw last", () =>
    startsAnew(async ({ a, log, first }) => {
      await lose(first);
      for (let n = 0; n < 5; n++) a.io.emit("m", n);
      await turns(20);
      log.trim(3);
    }));

  it("when the log forgets it while it is looked up", () =>
    startsAnew(async ({ log, first }) => {
      await lose(first);
      log.onLook = () => log.trim(0);
    }));

  it("when the log forgets while it is read page by page", () =>
    startsAnew(async ({ a, log, first }) => {
      await lose(first);
      for (let n = 0; n < 10; n++) a.io.emit("m", n);
      await turns(20);
      log.pageSize = 2;
      log.onPage = () => {
        if (log.looks === 0) log.trim(4);
      };
    }));

  it("when the log has nothing new to show, not even what was just put there", () =>
    startsAnew(async ({ log, first }) => {
      await lose(first);
      log.readAtMost = 0;
    }));

  it("when somebody else has taken the session up", () =>
    startsAnew(async ({ log, first }) => {
      await lose(first);
      log.onLook = (look) => {
        if (look === 1) log.sessions.clear();
        else log.onLook = undefined;
      };
      const { pid } = first.answer;
      log.sessions.set = function (this: Map<string, string>, key, value) {
        return key === pid ? this : (Map.prototype.set.call(this, key, value) as Map<string, string>);
      };
    }));
});

describe("a client is not told so", () => {
  it("when a broadcast that asked for an answer did not go to its rooms, or it was volatile", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    await lose(first);
    await b.io.to("other").timeout(5_000).emitWithAck("ask");
    await b.io.except(first.socket.id).timeout(5_000).emitWithAck("ask");
    await b.io.volatile.timeout(5_000).emitWithAck("ask");
    const second = await b.join({ pid: first.answer.pid, offset: first.offset });
    expect(second.socket.recovered).toBe(true);
  });

  it("when it left a room and had received what was sent there", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    await first.socket.join(["r", "s"]);
    a.io.to("r").emit("received");
    const offset = (await next(first)).at(-1);
    await first.socket.leave("r");
    await first.socket.leave("s");
    await first.socket.join("s");
    a.io.to("s").emit("on its way");
    await turns(20);
    await lose(first);
    a.io.to("r").emit("not for it");
    a.io.to("s").emit("missed");
    await turns(20);
    const second = await b.join({ pid: first.answer.pid, offset });
    expect(second.socket.recovered).toBe(true);
    expect(second.socket.rooms).toEqual(new Set([first.socket.id, "s"]));
    expect(names((await untilConnected(second.wire)).missed)).toEqual(["on its way", "missed"]);
  });

  it("when it answered, even late, what it was asked", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    await expect(first.socket.timeout(5).emitWithAck("ask")).rejects.toThrow();
    expect(await first.wire.nextText()).toBe('420["ask"]');
    first.wire.send('430["late"]');
    first.wire.send('42["done"]');
    await once(first.socket, "done");
    await lose(first);
    expect((await b.join({ pid: first.answer.pid, offset: first.offset })).socket.recovered).toBe(true);
  });
});

describe("volatile events", () => {
  it("are brought back by nobody, and leave no offset of a user behind", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    for (const { io } of [a, b]) io.volatile.emit("fleeting", "1-1");
    expect([await next(first), await next(first)]).toEqual([
      ["fleeting", "1-1", ""],
      ["fleeting", "1-1", ""],
    ]);
    await lose(first);
    a.io.volatile.emit("fleeting", 1);
    a.io.emit("m");
    await turns(20);
    const second = await b.join({ pid: first.answer.pid, offset: first.offset });
    expect(second.socket.recovered).toBe(true);
    expect(names((await untilConnected(second.wire)).missed)).toEqual(["m"]);
  });
});

describe("a session that was looked at and not taken up", () => {
  it("is there for its owner when the client was gone before the answer", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    await lose(first);
    a.io.emit("m", 1);
    await turns(20);
    for (const look of [1, 2]) {
      const looking = deferred();
      const go = deferred();
      log.onLook = async (count) => {
        if (count < look) return;
        looking.resolve();
        await go.promise;
      };
      log.looks = 0;
      const wire = await b.raw.websocket();
      const ended = once(b.io.engine, "connection").then(() => undefined);
      void ended.catch(() => undefined);
      wire.send(`40${JSON.stringify({ pid: first.answer.pid, offset: first.offset })}`);
      await looking.promise;
      wire.terminate();
      await until(() => b.io.engine.clientsCount === 0, "the client to be gone");
      log.onLook = undefined;
      go.resolve();
      await until(() => log.sessions.has(first.answer.pid), "the session to be put back");
      expect([b.io.of("/").sockets.size, b.io.of("/").adapter.sids.size]).toEqual([0, 0]);
    }
    const second = await b.join({ pid: first.answer.pid, offset: first.offset });
    expect(second.socket.recovered).toBe(true);
    expect(names((await untilConnected(second.wire)).missed)).toEqual(["m"]);
  });

  it("is there for its owner when a middleware refused a stranger", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log, { connectionStateRecovery: { skipMiddlewares: false } });
    const first = await seeing(a);
    void first.socket.join("r");
    await lose(first);
    let allow = false;
    b.io.use((_socket, go) => go(allow ? undefined : new Error("not you")));
    const thief = await b.raw.websocket();
    thief.send(`40${JSON.stringify({ pid: first.answer.pid, offset: first.offset })}`);
    expect(await thief.nextText()).toBe('44{"message":"not you"}');
    allow = true;
    const second = await b.join({ pid: first.answer.pid, offset: first.offset });
    expect([second.socket.recovered, second.socket.rooms.has("r")]).toEqual([true, true]);
  });
});

describe("a socket that is about to be taken up again", () => {
  it("can be found, sent to and put out, and hears of it when it is connected", async () => {
    const log = new SharedLog();
    const [a, b] = await nodes(log);
    const first = await seeing(a);
    await lose(first);
    log.onLook = async (look) => {
      if (look !== 2) return;
      const socket = b.io.of("/").sockets.get(first.socket.id)!;
      expect(socket.connected).toBe(false);
      socket.emit("to itself", 1);
      b.io.disconnectSockets();
      await turns(20);
    };
    const second = await b.join({ pid: first.answer.pid, offset: first.offset });
    expect(names((await untilConnected(second.wire)).missed)).toEqual(["to itself"]);
    expect(await second.wire.nextText()).toBe("41");
    expect(b.io.of("/").sockets.size).toBe(0);
  });
});
