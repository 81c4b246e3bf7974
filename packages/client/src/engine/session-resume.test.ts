// A session that is suspended and resumed (docs/PROTOCOL.md, "Session resume"), against a server that is spoken by hand.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { websocketOnly, record } from "./open-session.test.node.js";
import type { SessionOptions } from "./options.js";
import { closeAll, event, startRawEngine, track, until } from "./raw-engine.test.node.js";
import { TERMS, breakAfter, breakOff, comeBack, openResumable, triesOf } from "./resumable.test.node.js";
import { Session } from "./session.js";

const pollingOnly: SessionOptions = { transports: ["polling"] };

// The middle of the jitter.
beforeEach(() => vi.spyOn(Math, "random").mockReturnValue(0.5));
afterEach(async () => {
  await closeAll();
  vi.restoreAllMocks();
});

const messages = (session: Session): unknown[] => {
  const received: unknown[] = [];
  session.on("message", (data) => received.push(data));
  return received;
};

describe.each([
  ["polling", pollingOnly],
  ["websocket", websocketOnly],
])("a session over %s", (name, options) => {
  it("asks for resume when it opens, and only then", async () => {
    const { server, session } = await openResumable(options);
    session.send("x");
    await event(server, "packet");
    const [first, ...others] = server.requests.map(({ url }) => url.searchParams);
    expect(first?.get("ew")).toBe("1");
    expect(first?.has("sid")).toBe(false);
    expect(others.some((query) => query.has("ew") || query.has("resume") || query.has("leg"))).toBe(false);
  });

  it("does not ask when it is told not to, and takes no offer then", async () => {
    const { server, session } = await openResumable({ ...options, resume: false });
    expect(server.requests.some(({ url }) => url.searchParams.has("ew"))).toBe(false);
    server.send("2");
    expect(await event(server, "packet")).toEqual(["3"]);
    const closed = event(session, "close");
    server.connections.forEach((socket) => socket.resetAndDestroy());
    expect((await closed)[0]).toMatch(/^transport/);
  });

  it("is a plain one when the server offers nothing", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, options));
    await event(session, "open");
    session.send("x");
    server.send("4y", "6garbage", "3", "2");
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["4x", "3"]);
    expect(server.requests.some(({ url }) => /[?&](n|ack|leg)=/.test(url.search))).toBe(false);
    const seen = record(session, "suspend", "close");
    const closed = event(session, "close");
    server.connections.forEach((socket) => socket.resetAndDestroy());
    await closed;
    expect(seen).toEqual(["close"]);
  });

  it("is suspended when the connection breaks, and goes on with what the server lacks, in order", async () => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    const received = messages(session);
    const seen = record(session, "suspend", "resume", "close", "error", "open");
    server.send("41", "42");
    await until(() => received.length === 2);
    session
      .send("a")
      .send("b")
      .send(Buffer.from([1]));
    await breakAfter(scene, 3);
    expect([session.readyState, session.id, session.writable]).toEqual(["suspended", "raw", false]);
    session.send("waits");
    server.received = 1;
    server.packets.length = 0;
    expect(await comeBack(scene)).toEqual({ replayed: 2 });
    expect(triesOf(server)).toMatchObject([{ EIO: "4", transport: name, ew: "1", sid: "raw", resume: "2", leg: "1" }]);
    expect([session.readyState, session.transport.name]).toEqual(["open", name]);
    session.send("after");
    await until(() => server.packets.length === 4);
    const bytes = name === "polling" ? "bAQ==" : Buffer.from([1]);
    expect(server.packets).toEqual(["4b", bytes, "4waits", "4after"]);
    server.send("43");
    await until(() => received.length === 3);
    expect(received).toEqual(["1", "2", "3"]);
    expect(seen).toEqual(["suspend", "resume"]);
  });

  it("does not send again what has arrived", async () => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    session.send("a");
    await event(server, "packet");
    await breakOff(scene);
    const drained = event(session, "drain");
    expect(await comeBack(scene)).toEqual({ replayed: 0 });
    await drained;
    session.send("b");
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["4a", "4b"]);
  });

  it("takes what comes behind the answer, and nothing that comes before it", async () => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    const received = messages(session);
    await breakOff(scene);
    server.webSocket = undefined;
    server.send("4missed", "4too");
    await comeBack(scene);
    await until(() => received.length === 2);
    await breakOff(scene);
    await comeBack(scene);
    expect(triesOf(server).map(({ resume, leg }) => [resume, leg])).toEqual([
      ["0", "1"],
      ["2", "2"],
    ]);
    expect(received).toEqual(["missed", "too"]);
  });

  it("can break again before all was sent again", async () => {
    const scene = await openResumable(options, { handshake: { maxPayload: 6 } });
    const { server, session } = scene;
    for (const text of ["aa", "bb"]) session.send(text);
    await breakAfter(scene, 2);
    session.send("cccc").send("dddd");
    server.packets.length = 0;
    server.received = 1;
    // The second break comes before anything was written.
    session.once("resume", () => {
      server.options.intercept = (request) => !!request.socket.resetAndDestroy();
      server.connections.forEach((socket) => socket.resetAndDestroy());
    });
    const again = event(session, "suspend");
    await comeBack(scene);
    await again;
    delete server.options.intercept;
    server.packets.length = 0;
    // The line had brought nothing, so it is not taken up again in haste.
    expect(await comeBack(scene, 400)).toEqual({ replayed: expect.any(Number) as number });
    await until(() => server.packets.length === 3);
    expect(server.packets).toEqual(["4bb", "4cccc", "4dddd"]);
  });

  it("counts volatile messages that it does not send again", async () => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    session
      .send("a")
      .send("v", { volatile: true })
      .send(Buffer.from([1]), { volatile: true })
      .send("b");
    session.send("w", { volatile: true });
    await breakAfter(scene, 5);
    server.packets.length = 0;
    server.received = 0;
    expect(await comeBack(scene)).toEqual({ replayed: 2 });
    session.send("c");
    await until(() => server.packets.length === 5);
    expect(server.packets).toEqual(["4a", "6+2", "4b", "6+1", "4c"]);
  });

  it("closes as ever when the server means it", async () => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    const seen = record(session, "suspend");
    const closed = event(session, "close");
    server.send("1");
    expect((await closed)[0]).toBe("transport close");
    expect(seen).toEqual([]);
  });

  it("closes at once when it is closed while suspended, and tells the server where polling may be used", async () => {
    const scene = await openResumable(options);
    const { server, session, clock } = scene;
    await breakOff(scene);
    const closed = event(session, "close");
    const before = server.packets.length;
    session.close();
    expect(await closed).toEqual(["forced close", undefined]);
    if (name === "polling") {
      await until(() => server.packets.length > before);
      expect(server.packets.slice(before)).toEqual(["1"]);
      const { method, url } = server.requests.at(-1) as { method: string; url: URL };
      expect([method, url.searchParams.get("leg"), url.searchParams.get("sid")]).toEqual([
        "POST",
        "1",
        session.id ?? "raw",
      ]);
    }
    await until(() => clock.timers === 0);
    expect(triesOf(server)).toEqual([]);
  });

  it("may be closed by a listener of its events", async () => {
    const scene = await openResumable(options);
    scene.session.on("resume", () => scene.session.close());
    await breakOff(scene);
    const closed = event(scene.session, "close");
    await comeBack(scene);
    await closed;
    const other = await openResumable(options);
    other.session.on("suspend", () => other.session.close());
    await breakOff(other);
    expect([other.session.readyState, other.clock.timers]).toEqual(["closed", 0]);
  });

  it("ends as expired when the time is over", async () => {
    const scene = await openResumable({ ...options, resume: { windowMs: 1_000 } });
    await breakOff(scene);
    const closed = event(scene.session, "close");
    await scene.server.close();
    scene.clock.advance(999);
    expect(scene.session.readyState).toBe("suspended");
    scene.clock.advance(1);
    expect(await closed).toEqual(["session expired", undefined]);
    expect(scene.clock.timers).toBe(0);
  });

  it("is given no more time than the server allows", async () => {
    const scene = await openResumable(
      { ...options, resume: { windowMs: 1e9 } },
      { handshake: { resume: { windowMs: 500, maxBufferBytes: 1 } } },
    );
    await breakOff(scene);
    await scene.server.close();
    scene.clock.advance(500);
    expect(scene.session.readyState).toBe("closed");
  });

  it("overflows when too much waits", async () => {
    // What a kept message counts for besides its data.
    const each = 64;
    const limits = { maxBufferedBytes: 100 - each, resume: { maxBufferBytes: 50 + each } };
    const scene = await openResumable({ ...options, ...limits });
    const { session } = scene;
    session.send("x".repeat(40));
    await breakAfter(scene, 1);
    const closed = event(session, "close");
    session.send("y".repeat(90)).send("z".repeat(50));
    expect(session.readyState).toBe("suspended");
    session.send("too much");
    expect((await closed)[0]).toBe("buffer overflow");
  });

  it("overflows when the server asks for what was let go", async () => {
    const scene = await openResumable({ ...options, resume: { maxBufferBytes: 3 } });
    const { server, session } = scene;
    session.send("aa").send("bb");
    await breakAfter(scene, 2);
    server.received = 0;
    const closed = event(session, "close");
    scene.clock.advance(0);
    expect(await closed).toEqual(["buffer overflow", undefined]);
  });

  it.each([
    ["more than was sent", { received: 5 }, "parse error"],
    ["less than it had acknowledged", { received: 0 }, "parse error"],
  ])("that hears of %s closes with %s", async (_, { received }, reason) => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    session.send("a");
    await event(server, "packet");
    server.send("21");
    await event(session, "ping");
    await breakOff(scene);
    server.received = received;
    const closed = event(session, "close");
    scene.clock.advance(0);
    expect(await closed).toEqual([reason, undefined]);
  });

  it.each(["2", "2probe", "22", "3", "3-1", "61", "6x", "6+", "6+x", "3 0", "200", "29007199254740993"])(
    "closes over the count of %j",
    async (packet) => {
      const { server, session } = await openResumable(options);
      const closed = event(session, "close");
      const seen = record(session, "suspend", "packet", "message");
      server.send(packet, "4behind");
      expect(await closed).toEqual(["parse error", undefined]);
      expect(seen).toEqual([]);
    },
  );

  it("takes a noop that says nothing", async () => {
    const { server, session } = await openResumable(options);
    const received = messages(session);
    server.send("6", "4x");
    await until(() => received.length === 1);
    expect(session.readyState).toBe("open");
  });

  it("closes over a packet that can't be read, and is not resumed", async () => {
    const { server, session } = await openResumable(options);
    const seen = record(session, "suspend", "error", "close");
    const closed = event(session, "close");
    server.send("?");
    expect((await closed)[0]).toBe("transport error");
    expect(seen).toEqual(["error", "close"]);
  });

  it("that was stale by the clock is suspended, and what is sent meanwhile waits", async () => {
    const scene = await openResumable(options);
    const { session } = scene;
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + 45_001);
    const suspended = event(session, "suspend");
    expect(session.writable).toBe(false);
    expect(session.isStale()).toBe(false);
    session.send("waits");
    expect(await suspended).toEqual(["ping timeout", undefined]);
    clock.mockRestore();
    await comeBack(scene);
    await until(() => scene.server.packets.includes("4waits"));
  });

  it("is suspended when no ping comes", async () => {
    const scene = await openResumable(options, { handshake: { pingInterval: 2_000, pingTimeout: 1_000 } });
    const suspended = event(scene.session, "suspend");
    scene.clock.advance(3_000);
    expect(await suspended).toEqual(["ping timeout", undefined]);
    await comeBack(scene);
    scene.clock.advance(2_999);
    expect(scene.session.readyState).toBe("open");
  });

  it("that is closing is not suspended", async () => {
    const scene = await openResumable(options);
    const { server, session } = scene;
    server.options.intercept = (request) => request.method === "POST";
    const [socket] = [...server.connections];
    if (name === "websocket") socket?.pause();
    const closed = event(session, "close");
    session.send(Buffer.alloc(30_000_000)).close();
    expect(session.readyState).toBe("closing");
    await new Promise(setImmediate);
    server.connections.forEach((connection) => connection.resetAndDestroy());
    expect((await closed)[0]).toMatch(/^transport/);
  });

  it("goes on after an answer that was cut off", async () => {
    const scene = await openResumable(options);
    const { server, session, clock } = scene;
    await breakOff(scene);
    let cut = 0;
    const cutOff = { write: () => void (cut += 1) };
    server.options.intercept = (request, response) => {
      if (cut || !/resume=/.test(request.url ?? "")) return false;
      cutOff.write();
      response.writeHead(200, { "content-length": 100 });
      response.write(server.resumed.slice(0, 20), () => request.socket.resetAndDestroy());
      return true;
    };
    if (name === "websocket") {
      server.options.handshake = { ...server.options.handshake, sid: "other" };
      server.once("resume", () => {
        cutOff.write();
        server.options.handshake = { resume: TERMS };
      });
    }
    clock.advance(0);
    await until(() => cut === 1);
    const resumed = event(session, "resume");
    await until(() => {
      clock.advance(50);
      return triesOf(server).length === 2;
    });
    await resumed;
    expect(triesOf(server).map(({ leg }) => leg)).toEqual(["1", "2"]);
  });
});
