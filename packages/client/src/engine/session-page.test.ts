// What a session does on events of its page; the events are the test's.
import { afterEach, describe, expect, it, vi } from "vitest";
import { closeAll, event, startRawEngine, track, until } from "./raw-engine.test.node.js";
import { Session } from "./session.js";

const page = vi.hoisted(() => ({ listeners: [] as { name: string; listener: (event: never) => void }[] }));
vi.mock(import("#platform"), async (original) => ({
  ...(await original()),
  listenToPage: (name, listener) => {
    const entry = { name, listener };
    page.listeners.push(entry);
    return () => void (page.listeners = page.listeners.filter((other) => other !== entry));
  },
}));

const dispatch = (name: string): void =>
  page.listeners.filter((entry) => entry.name === name).forEach(({ listener }) => listener({} as never));

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
