// Against whole servers: our own engine, and one that is not ours, that inside the `socket.io` package, as a black box and
// without its socket layer.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { startEngine, startFaultProxy } from "@everwire/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { record } from "./open-session.test.node.js";
import { closeAll, event, track, until } from "./raw-engine.test.node.js";
import type { SessionOptions } from "./options.js";
import { Session } from "./session.js";
import { Fetch } from "./transports/polling.js";

interface EngineLike {
  on(event: string, listener: (session: ServerSession) => void): void;
}

interface ServerSession {
  id: string;
  request: { headers: Record<string, string>; _query: Record<string, string> };
  transport: { name: string };
  readyState: string;
  send(data: unknown): void;
  close(): void;
  on(event: string, listener: (...args: never[]) => void): void;
}

let url: string;
let last: ServerSession;
let sessions: ServerSession[];

afterEach(closeAll);

const options = { pingInterval: 150, pingTimeout: 10_000, maxHttpBufferSize: 1000 };

async function startStock(): Promise<EngineLike> {
  const http = createServer();
  const io = new Server(http, { path: "/engine.io", ...options });
  const engine = io.engine as unknown as EngineLike & { removeAllListeners(event: string): void };
  engine.removeAllListeners("connection");
  track({ close: () => io.close() });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`;
  return engine;
}

async function startOwn(): Promise<EngineLike> {
  const started = track(await startEngine(options));
  url = started.url;
  return started.engine;
}

describe.each([
  ["a stock server", startStock],
  ["our own server", startOwn],
])("with %s", (_server, start) => {
  beforeEach(async () => {
    sessions = [];
    (await start()).on("connection", (session) => {
      last = session;
      sessions.push(session);
      session.on("message", (data: unknown) => session.send(data));
    });
  });

  describe.each<[string, SessionOptions]>([
    ["polling", { transports: ["polling"] }],
    ["fetch", { transports: [Fetch] }],
    ["WebSocket", { transports: ["websocket"] }],
    ["polling, then WebSocket", {}],
    ["WebSocket with base64", { transports: ["websocket"], forceBase64: true }],
  ])("over %s", (name, options) => {
    it("text and binary go both ways, in order", async () => {
      const session = track(
        new Session(url, { ...options, query: { who: "me & you" }, extraHeaders: { "x-own": "1" } }),
      );
      const received: unknown[] = [];
      session.on("message", (data) => received.push(data));
      const bytes = Buffer.from([0, 1, 254, 255]);
      await event(session, "open");
      const sent: unknown[] = [];
      for (let i = 0; i < 60; i++) {
        const data = i % 3 === 2 ? bytes : `message ${String(i)} äöü€😀`;
        sent.push(data);
        session.send(data);
        if (i % 7 === 0) await new Promise(setImmediate);
      }
      await until(() => received.length === sent.length);
      expect(received).toEqual(sent);
      expect(last.request._query.who).toBe("me & you");
      expect(last.request.headers["x-own"]).toBe("1");
      expect(last.transport.name).toBe(name.startsWith("WebSocket") || name.includes("then") ? "websocket" : "polling");
    });

    it("views of any kind arrive as their bytes", async () => {
      const session = track(new Session(url, options));
      session
        .send(new Uint16Array([1, 2]).subarray(1))
        .send(new DataView(new ArrayBuffer(3), 1))
        .send(new Float32Array(1).buffer);
      const received: unknown[] = [];
      session.on("message", (data) => received.push(data));
      await until(() => received.length === 3);
      expect(received).toEqual([Buffer.from([2, 0]), Buffer.alloc(2), Buffer.alloc(4)]);
    });

    it("the session outlives several heartbeats", async () => {
      const session = track(new Session(url, options));
      let pings = 0;
      session.on("ping", () => pings++);
      await until(() => pings === 3);
      expect([session.readyState, last.readyState]).toEqual(["open", "open"]);
    });

    it("a close on either side reaches the other with its reason", async () => {
      const first = track(new Session(url, options));
      await event(first, "open");
      const closedThere = event(last as never, "close");
      first.close();
      expect((await closedThere)[0]).toBe("transport close");
      const second = track(new Session(url, options));
      await event(second, "open");
      const closedHere = event(second, "close");
      last.close();
      expect((await closedHere)[0]).toBe("transport close");
    });
  });

  it("a session gets no payload that it would refuse", async () => {
    const session = track(new Session(url, { transports: ["polling"] }));
    const received: unknown[] = [];
    session.on("message", (data) => received.push(data));
    for (let i = 0; i < 30; i++) session.send(i % 2 ? "é".repeat(99) : Buffer.alloc(99));
    await until(() => received.length === 30);
    expect(session.readyState).toBe("open");
  });

  it("a session that is closed while it opens leaves no ghost on the server", async () => {
    const session = track(new Session(url));
    session.close();
    await until(() => sessions.length === 1 && last.readyState === "closed");
  });

  it("an upgrade with traffic both ways loses and doubles nothing", async () => {
    const session = track(new Session(url));
    const received: unknown[] = [];
    session.on("message", (data) => received.push(data));
    let sent = 0;
    await event(session, "open");
    while (session.transport.name === "polling" || sent < 200) {
      session.send(String(sent++));
      await new Promise(setImmediate);
    }
    await until(() => received.length === sent);
    expect(received).toEqual(Array.from({ length: sent }, (_, i) => String(i)));
    expect(session.transport.name).toBe("websocket");
  });
});

describe.each(["polling", "websocket"])("over %s, a break of the connection", (name) => {
  const brokenSession = async (): Promise<{ session: Session; seen: string[]; received: unknown[] }> => {
    const proxy = track(await startFaultProxy(Number(new URL(url).port)));
    const session = track(new Session(proxy.url, { transports: [name], upgrade: false, resume: true }));
    const seen = record(session, "suspend", "resume", "close");
    const received: unknown[] = [];
    session.on("message", (data) => received.push(data));
    await event(session, "open");
    session.send("before");
    await until(() => received.length === 1);
    proxy.cut();
    session.send("after");
    return { session, seen, received };
  };
  const echo = (engine: EngineLike): void =>
    engine.on("connection", (session) => session.on("message", (data) => session.send(data)));

  it("closes a session of a stock server, which knows nothing of what it is asked for", async () => {
    const engine = await startStock();
    echo(engine);
    engine.on("connection", (session) => (last = session));
    const { seen } = await brokenSession();
    await until(() => seen.length > 0);
    expect(seen).toEqual(["close"]);
    expect(last.request._query.ew).toBe("1");
  });

  it("is survived by a session of our own server", async () => {
    echo(await startOwn());
    const { session, seen, received } = await brokenSession();
    await until(() => received.length === 2);
    expect([session.readyState, received]).toEqual(["open", ["before", "after"]]);
    expect(seen).not.toContain("close");
  });
});
