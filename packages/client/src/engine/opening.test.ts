// Which transport a session opens with when several are tried, through a proxy that holds some of them back, and what the server keeps
// of the others: nothing.
import {
  TestClock,
  startEngine,
  startFaultProxy,
  type FaultProxy,
  type StartedEngine,
  type Toxics,
} from "@everwire/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closeAll, event, track, until } from "./raw-engine.test.node.js";
import { onClock } from "./resumable.test.node.js";
import type { SessionOptions } from "./options.js";
import { Session } from "./session.js";
import { Polling } from "./transports/polling.js";
import { WebSocketTransport } from "./transports/websocket.js";

/** Names of the transports in the order in which they were opened. */
let opened: string[];
let clock: TestClock;
let server: StartedEngine;
let proxy: FaultProxy;
/** What became of the server's sessions: over what they opened, and how they closed. */
let seen: string[];

class NotedPolling extends Polling {
  override open(): this {
    opened.push(this.name);
    return super.open();
  }
}

class NotedWebSocket extends WebSocketTransport {
  override open(): this {
    opened.push(this.name);
    return super.open();
  }
}

const BLOCKED: Record<string, Partial<Toxics>> = {
  websocket: { block: "websocket", blocksSilently: true },
  polling: { block: "polling", blocksSilently: true },
};

beforeEach(async () => {
  opened = [];
  seen = [];
  clock = new TestClock();
  server = track(await startEngine());
  server.engine.on("connection", (session) => {
    seen.push(`${session.transport.name} opened`);
    session.on("close", (reason: string) => seen.push(`${session.transport.name} ${reason}`));
    session.on("message", (data: string) => session.send(data));
  });
  proxy = track(await startFaultProxy(server.port));
});
afterEach(closeAll);

function connect(options: SessionOptions): Session {
  const transports = [NotedPolling, NotedWebSocket];
  return track(onClock(clock, () => new Session(proxy.url, { transports, upgrade: false, ...options })));
}

async function echo(session: Session): Promise<unknown> {
  const answer = event(session, "message");
  session.send("hello");
  return (await answer)[0];
}

/** What was held back goes on its way. */
function release(): void {
  proxy.set({ block: "" });
  proxy.refloat();
}

describe("a race", () => {
  it("starts all transports at once, and the server keeps one session", async () => {
    const session = connect({ strategy: "race" });
    expect(opened).toEqual(["polling", "websocket"]);
    expect(session.transport.name).toBe("polling");
    await event(session, "open");
    expect(await echo(session)).toBe("hello");
    await until(() => seen.length === 3 && server.engine.clientsCount === 1);
    const [loser] = ["polling", "websocket"].filter((name) => name !== session.transport.name);
    expect(seen).toContain(`${String(loser)} transport close`);
    expect(Object.keys(server.engine.clients)).toEqual([session.id]);
    expect(server.engine.counters.suspended).toBe(0);
  });

  it.each([
    ["websocket", "polling"],
    ["polling", "websocket"],
  ])("goes without %s where that hangs, and tells the server when it opens after all", async (blocked, other) => {
    proxy.set(BLOCKED[blocked] ?? {});
    const session = connect({ strategy: "race" });
    await event(session, "open");
    expect(session.transport.name).toBe(other);
    expect(await echo(session)).toBe("hello");
    expect(seen).toEqual([`${other} opened`]);
    release();
    await until(() => seen.length === 3);
    expect(seen).toEqual([`${other} opened`, `${blocked} opened`, `${blocked} transport close`]);
    expect(server.engine.counters.suspended).toBe(0);
    expect(await echo(session)).toBe("hello");
  });

  it.each([
    ["websocket", "polling"],
    ["polling", "websocket"],
  ])("goes without %s where that is refused", async (blocked, other) => {
    proxy.set({ block: blocked as "websocket" });
    const session = connect({ strategy: "race" });
    await event(session, "open");
    expect(session.transport.name).toBe(other);
    expect(await echo(session)).toBe("hello");
  });

  it("fails when the last one has", async () => {
    proxy.set({ refuse: true });
    const session = connect({ strategy: "race" });
    const [error] = await event<[Error]>(session, "error");
    expect(error.message).toMatch(/^(xhr poll|websocket) error$/);
    expect(session.readyState).toBe("closed");
    expect(clock.timers).toBe(0);
  });

  it("is over for all of them when the session is closed", async () => {
    proxy.freeze();
    const session = connect({ strategy: "race" });
    await until(() => proxy.connections === 2);
    session.close();
    expect(session.readyState).toBe("closed");
    proxy.thaw();
    await until(() => seen.length === 4);
    expect([...seen].sort()).toEqual([
      "polling opened",
      "polling transport close",
      "websocket opened",
      "websocket transport close",
    ]);
  });

  it("leads to polling that is upgraded as usual, and the upgrade is what wins", async () => {
    proxy.set(BLOCKED.websocket ?? {});
    const session = connect({ strategy: "race", upgrade: true });
    await event(session, "open");
    expect(session.transport.name).toBe("polling");
    const upgraded = event(session, "upgrade");
    release();
    await upgraded;
    expect(await echo(session)).toBe("hello");
    expect(connect({ strategy: "race" }).transport.name).toBe("websocket");
  });

  it("needs no list of transports, and leaves WebTransport to those that name it", async () => {
    const { TransportList } = await import("./transport-list.js");
    vi.stubGlobal("WebTransport", Object);
    const names = (options: SessionOptions): string[] =>
      new TransportList(options as never).available.map(([name]) => name);
    expect(names({ strategy: "race" })).toEqual(["polling", "websocket"]);
    expect(names({ strategy: "race", transports: ["webtransport"] })).toEqual(["webtransport"]);
    vi.unstubAllGlobals();
  });
});

describe("the winner of a race", () => {
  /** WebSocket wins. */
  async function race(): Promise<void> {
    proxy.set(BLOCKED.polling ?? {});
    const session = connect({ strategy: "race" });
    await event(session, "open");
    proxy.set({ block: "", blocksSilently: false });
    session.close();
    await until(() => server.engine.clientsCount === 0);
    opened = [];
  }

  it("is tried alone the next time, and what is open needs no other", async () => {
    await race();
    const session = connect({ strategy: "race" });
    await event(session, "open");
    clock.advance(10_000);
    expect(opened).toEqual(["websocket"]);
  });

  it("is joined by the others when it is silent, and then the other is the winner", async () => {
    await race();
    proxy.set(BLOCKED.websocket ?? {});
    const session = connect({ strategy: "race" });
    clock.advance(799);
    expect(opened).toEqual(["websocket"]);
    clock.advance(1);
    expect(opened).toEqual(["websocket", "polling"]);
    await event(session, "open");
    expect(session.transport.name).toBe("polling");
    expect(connect({ strategy: "race" }).transport.name).toBe("polling");
  });

  it("is followed by the others at once when it fails", async () => {
    await race();
    proxy.set({ block: "websocket" });
    const session = connect({ strategy: "race" });
    await event(session, "open");
    expect(clock.now()).toBe(0);
    expect(opened).toEqual(["websocket", "polling"]);
  });

  it("counts for one server and path, and for races alone", async () => {
    await race();
    connect({ strategy: "race", path: "/elsewhere" });
    expect(opened).toEqual(["polling", "websocket"]);
    opened = [];
    connect({});
    expect(opened).toEqual(["polling"]);
  });

  it("is forgotten in time", async () => {
    await race();
    connect({ strategy: "race", raceMemoryMs: 0 });
    expect(opened).toEqual(["polling", "websocket"]);
  });
});

describe("tryAllTransports", () => {
  const websocketFirst = { transports: [NotedWebSocket, NotedPolling], tryAllTransports: true };

  it("starts the next transport beside one that is silent", async () => {
    proxy.set(BLOCKED.websocket ?? {});
    const session = connect(websocketFirst);
    clock.advance(799);
    expect(opened).toEqual(["websocket"]);
    clock.advance(1);
    expect(opened).toEqual(["websocket", "polling"]);
    await event(session, "open");
    expect(session.transport.name).toBe("polling");
    expect(await echo(session)).toBe("hello");
    release();
    await until(() => seen.length === 3);
    expect(seen).toEqual(["polling opened", "websocket opened", "websocket transport close"]);
    expect(server.engine.counters.suspended).toBe(0);
  });

  it("takes the first one when that is faster after all", async () => {
    proxy.freeze();
    const session = connect(websocketFirst);
    await until(() => proxy.connections === 1);
    // The next has nowhere to go.
    proxy.set({ refuse: true, frozen: true });
    clock.advance(800);
    expect(opened).toEqual(["websocket", "polling"]);
    proxy.thaw();
    await event(session, "open");
    expect(session.transport.name).toBe("websocket");
    expect(await echo(session)).toBe("hello");
  });

  it("starts no other where the first opens, nor when the session is closed before", async () => {
    const session = connect(websocketFirst);
    await event(session, "open");
    clock.advance(10_000);
    proxy.freeze();
    const other = connect(websocketFirst);
    other.close();
    clock.advance(10_000);
    expect(opened).toEqual(["websocket", "websocket"]);
    expect(session.transport.name).toBe("websocket");
  });

  it("goes on at once behind one that fails, and waits anew for the next", async () => {
    class Third extends NotedPolling {
      override get name(): string {
        return "third";
      }
    }
    proxy.set({ block: "websocket" });
    const session = connect({ ...websocketFirst, transports: [NotedWebSocket, NotedPolling, Third] });
    const isOpen = event(session, "open");
    clock.advance(700);
    await until(() => opened.length === 2);
    clock.advance(100);
    expect(opened).toEqual(["websocket", "polling"]);
    await isOpen;
    expect(session.transport.name).toBe("polling");
  });
});

it("without either option, a silent transport is waited for", async () => {
  proxy.set(BLOCKED.polling ?? {});
  const session = connect({});
  clock.advance(60_000);
  expect(opened).toEqual(["polling"]);
  release();
  await event(session, "open");
});
