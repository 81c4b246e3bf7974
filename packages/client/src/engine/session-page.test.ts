// What a session does on events of its page; the events are the test's.
import { afterEach, describe, expect, it, vi } from "vitest";
import { record } from "./open-session.test.node.js";
import { closeAll, event, startRawEngine, track, until } from "./raw-engine.test.node.js";
import { TERMS, breakOff, openResumable, triesOf } from "./resumable.test.node.js";
import { Session } from "./session.js";

const page = vi.hoisted(() => ({ listeners: [] as { name: string; listener: (event: never) => void }[] }));
vi.mock(import("#platform"), async (original) => ({
  ...(await original()),
  listenToPage: (name, listener) => {
    const entry = { name, listener };
    page.listeners.push(entry);
    return () => void (page.listeners = page.listeners.filter((other) => other !== entry));
  },
  listenToWake: (listener) => {
    const entry = { name: "wake", listener };
    page.listeners.push(entry);
    return () => void (page.listeners = page.listeners.filter((other) => other !== entry));
  },
}));

const dispatch = (name: string, event = {}): void =>
  page.listeners.filter((entry) => entry.name === name).forEach(({ listener }) => listener(event as never));

afterEach(async () => {
  await closeAll();
  await until(() => page.listeners.length === 0);
});

describe("a session in a page", () => {
  it("closes when the network is lost", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url));
    await event(session, "open");
    const closed = event(session, "close");
    dispatch("offline");
    expect(await closed).toEqual(["transport close", { description: "network connection lost" }]);
  });

  it("to localhost does not need the network", async () => {
    const server = await startRawEngine();
    const session = track(new Session(`http://localhost:${String(server.port)}`, { transports: ["websocket"] }));
    await event(session, "open");
    dispatch("offline");
    expect(session.readyState).toBe("open");
  });

  it.each(["polling", "websocket"])(
    "closes when the page is put away, to be opened again when it is back, over %s",
    async (name) => {
      const server = await startRawEngine();
      const session = track(new Session(server.url, { transports: [name] }));
      await event(session, "open");
      const closed = event(session, "close");
      dispatch("pagehide", { persisted: true });
      expect(await closed).toEqual(["transport close", { description: "page frozen" }]);
    },
  );

  it("drops its transport in silence before the page is left, if it is told to", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, { closeOnBeforeunload: true, transports: ["websocket"] }));
    await event(session, "open");
    const onClose = vi.fn();
    session.on("close", onClose);
    dispatch("beforeunload");
    await until(() => server.connections.size === 0);
    expect(onClose).not.toHaveBeenCalled();
    const other = track(new Session(server.url, { transports: ["websocket"] }));
    await event(other, "open");
    dispatch("beforeunload");
    other.send("still here");
    expect(await event(server, "packet")).toEqual(["4still here"]);
  });
});

describe.each(["polling", "websocket"])("a session that can be resumed in a page, over %s", (name) => {
  const options = { transports: [name] };

  it("is suspended when the network is lost, and tries at once when it is back", async () => {
    const { server, session, clock } = await openResumable(options);
    const suspended = event(session, "suspend");
    dispatch("offline");
    expect(await suspended).toEqual(["transport close", { description: "network connection lost" }]);
    dispatch("offline");
    const resumed = event(session, "resume");
    dispatch("wake");
    expect(clock.now()).toBe(0);
    await resumed;
    expect(triesOf(server)).toHaveLength(1);
  });

  it("asks at once whether the connection still lives when the page is back", async () => {
    const { server, session, clock } = await openResumable(options);
    dispatch("wake");
    dispatch("wake");
    expect(await event(server, "packet")).toEqual(["20"]);
    server.send("30");
    await event(session, "packet");
    clock.advance(10_000);
    expect(session.readyState).toBe("open");
    expect(server.packets).toEqual(["20"]);
    const suspended = event(session, "suspend");
    dispatch("wake");
    clock.advance(5_000);
    expect(await suspended).toEqual(["ping timeout", undefined]);
  });

  it("is suspended at once when the laptop has slept", async () => {
    const { session } = await openResumable(options);
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + 45_001);
    const suspended = event(session, "suspend");
    dispatch("wake");
    expect(await suspended).toEqual(["ping timeout", undefined]);
    clock.mockRestore();
  });

  it("is over at once when the laptop has slept for longer than the server waits, and does not ask", async () => {
    const { server, session, clock } = await openResumable(options);
    const now = Date.now();
    const time = vi.spyOn(Date, "now").mockReturnValue(now + 45_000 + TERMS.windowMs + 10_000);
    const seen = record(session, "suspend", "close");
    const suspended = event(session, "suspend");
    dispatch("wake");
    await suspended;
    const closed = event(session, "close");
    clock.advance(0);
    expect(await closed).toEqual(["session expired", undefined]);
    time.mockRestore();
    expect(seen).toEqual(["suspend", "close"]);
    expect(triesOf(server)).toEqual([]);
    expect(session.lateMs).toBeGreaterThanOrEqual(9_000);
  });

  it("asks the server when the laptop has slept for less", async () => {
    const { session, clock } = await openResumable(options);
    const now = Date.now();
    const time = vi.spyOn(Date, "now").mockReturnValue(now + 45_000 + TERMS.windowMs - 10_000);
    const suspended = event(session, "suspend");
    dispatch("wake");
    await suspended;
    const resumed = event(session, "resume");
    clock.advance(0);
    await resumed;
    time.mockRestore();
  });

  it("is over at once when the page comes back after longer than the server waits", async () => {
    const { server, session } = await openResumable(options);
    dispatch("pagehide", { persisted: true });
    const now = Date.now();
    const time = vi.spyOn(Date, "now").mockReturnValue(now + TERMS.windowMs + 1_000);
    const closed = event(session, "close");
    dispatch("wake");
    expect(await closed).toEqual(["session expired", undefined]);
    time.mockRestore();
    expect(triesOf(server)).toEqual([]);
  });

  it("tells the server when the page is left for good, and nobody else", async () => {
    const { server, session } = await openResumable(options);
    const beacon = vi.fn();
    vi.stubGlobal("navigator", { sendBeacon: beacon });
    const seen = record(session, "suspend", "close", "error");
    if (name === "polling") await until(() => server.isPolled);
    const closed = server.webSocket && event<[number]>(server.webSocket, "close");
    dispatch("pagehide", { persisted: false });
    if (closed) expect((await closed)[0]).toBe(1005);
    else {
      expect(beacon).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/sid=raw/), "1");
      await until(() => !server.isPolled);
    }
    expect(seen).toEqual([]);
    vi.unstubAllGlobals();
  });

  it("tells the server when the page is left while it is suspended", async () => {
    const scene = await openResumable({ ...options, transports: [name, "polling"] });
    await breakOff(scene);
    const beacon = vi.fn();
    vi.stubGlobal("navigator", { sendBeacon: beacon });
    dispatch("pagehide", { persisted: false });
    vi.unstubAllGlobals();
    expect(beacon).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/transport=polling.*sid=raw.*leg=[1-9]/), "1");
    expect(triesOf(scene.server)).toEqual([]);
  });

  it("is kept when the page is, and resumed when it comes back", async () => {
    const { server, session, clock } = await openResumable(options);
    if (name === "polling") await until(() => server.isPolled);
    dispatch("pagehide", { persisted: true });
    expect(session.readyState).toBe("suspended");
    clock.advance(10_000);
    expect(triesOf(server)).toEqual([]);
    const resumed = event(session, "resume");
    dispatch("wake");
    clock.advance(5_000);
    dispatch("wake");
    await resumed;
  });

  it("listens to nothing once it is closed", async () => {
    const { session } = await openResumable(options);
    const closed = event(session, "close");
    session.close();
    await closed;
    await until(() => page.listeners.length === 0);
  });
});
