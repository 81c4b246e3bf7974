// What a tab that does not read, sends too much or is gone costs the worker and the other tabs: nothing that lasts.
import { afterEach, describe, expect, it, vi } from "vitest";
import { once, startFaultProxy, until } from "@everwire/testkit";
import { BareTab, kill, newPort, openTab, start, useBrowser } from "./browser.test.node.js";
import { ASK_EVERY_MS } from "./line.js";

useBrowser();
afterEach(() => {
  vi.useRealTimers();
});

describe("a tab that does not take what it is sent", () => {
  it("is cut off above the cap, and the others go on", async () => {
    const { io, url } = await start();
    const options = { maxBufferedBytes: 1_000_000 };
    const frozen = new BareTab(url, options);
    frozen.read(false);
    frozen.say(["send", "0", undefined]);
    await until(() => frozen.texts.length === 1, "its answer to CONNECT");
    const tab = openTab(url, options);
    let got = 0;
    tab.on("n", () => got++);
    await once(tab, "connect");
    for (let round = 1; round <= 30; round++) {
      for (let n = 0; n < 100; n++) io.emit("n", "x".repeat(1000));
      await until(() => got === 100 * round, "all of a round in the tab that reads");
    }
    expect(frozen.named("close")).toEqual([
      ["close", { readyState: "closed" }, "buffer overflow", { description: "the tab does not take what it is sent" }],
    ]);
    // 1,000,000 bytes of messages of a good 1,000, with what each costs.
    expect(frozen.texts.length).toBeGreaterThan(800);
    expect(frozen.texts.length).toBeLessThan(1000);
    expect([tab.connected, io.engine.clientsCount]).toEqual([true, 1]);
  });

  it("is not cut off by one large message, and counts many small ones too", async () => {
    const { io, url } = await start();
    const frozen = new BareTab(url, { maxBufferedBytes: 1000 });
    frozen.read(false);
    frozen.say(["send", "0", undefined]);
    await until(() => frozen.texts.length === 1, "its answer to CONNECT");
    io.emit("n", "x".repeat(300_000));
    await until(() => frozen.texts.length === 2, "the large message");
    expect(frozen.named("close")).toEqual([]);
    io.emit("n");
    await until(() => frozen.named("close").length > 0, "the end");
    // It was the last in the namespace.
    await until(() => io.engine.clientsCount === 0, "the end of the connection");
    const other = new BareTab(url, { maxBufferedBytes: 1000 });
    other.read(false);
    other.say(["send", "0", undefined]);
    await until(() => other.texts.length === 1, "the other's answer to CONNECT");
    for (let n = 0; n < 10; n++) io.emit("n");
    await until(() => other.named("close").length > 0, "the end of the other");
    expect(other.texts.length).toBeLessThan(10);
  });

  it("is another one than a tab that takes it, which may go on for ever", async () => {
    const { io, url } = await start();
    const tab = openTab(url);
    await once(tab, "connect");
    const disconnected = vi.fn();
    tab.on("disconnect", disconnected);
    let got = 0;
    tab.on("n", () => got++);
    for (let round = 1; round <= 3; round++) {
      for (let n = 0; n < 5000; n++) io.emit("n");
      await until(() => got === 5000 * round, "all of a round");
    }
    expect(disconnected).not.toHaveBeenCalled();
  });
});

describe("a tab that sends too much", () => {
  it("while the line is down is cut off for itself, with a reason", async () => {
    const { io, port } = await start();
    io.on("connection", (socket) =>
      socket.on("echo", (value: unknown, answer: (value: unknown) => void) => answer(value)),
    );
    const proxy = await startFaultProxy(port);
    try {
      const options = { maxBufferedBytes: 10_000 };
      const [tab, flood] = [openTab(proxy.url, options), openTab(proxy.url, options)];
      await Promise.all([once(tab, "connect"), once(flood, "connect")]);
      const disconnected = vi.fn();
      tab.on("disconnect", disconnected);
      const suspended = Promise.all([once(tab.io, "suspend"), once(flood.io, "suspend")]);
      proxy.set({ refuse: true });
      proxy.cut();
      await suspended;
      const ended = once(flood, "disconnect");
      for (let n = 0; n < 20; n++) flood.emit("n", "x".repeat(1000));
      expect(await ended).toEqual([
        "buffer overflow",
        { code: "ERR_BUFFER_OVERFLOW", description: "more waits to be sent than maxBufferedBytes allows" },
      ]);
      const answer = tab.emitWithAck("echo", 1);
      proxy.set({ refuse: false });
      expect(await answer).toBe(1);
      expect(disconnected).not.toHaveBeenCalled();
      await until(() => flood.connected, "it again");
      expect([flood.id, io.engine.clientsCount]).toEqual([tab.id, 1]);
    } finally {
      await proxy.close();
    }
  });

  it("or what is no packet, too", async () => {
    const { url } = await start();
    const tab = new BareTab(url);
    tab.read(true);
    tab.say(["send", "what?", undefined]);
    await until(() => tab.named("close").length > 0, "its end");
    expect(tab.named("close")[0]?.[2]).toBe("parse error");
  });
});

describe("a tab that is gone", () => {
  it("takes nothing with it, the first one neither", async () => {
    const { io, url } = await start();
    io.on("connection", (socket) =>
      socket.on("echo", (value: unknown, answer: (value: unknown) => void) => answer(value)),
    );
    const first = openTab(url);
    await once(first, "connect");
    const second = openTab(url);
    await once(second, "connect");
    const seen = vi.fn();
    for (const name of ["disconnect", "connect"] as const) second.on(name, seen);
    for (const name of ["close", "suspend", "error"] as const) second.io.on(name, seen);
    const { id } = second;
    kill(0);
    for (const turn of [1, 2]) expect(await second.emitWithAck("echo", turn)).toBe(turn);
    expect([second.id, io.engine.clientsCount, [...io.sockets.sockets.keys()]]).toEqual([id, 1, [id]]);
    expect(seen).not.toHaveBeenCalled();
  });

  it("closes the connection if it was the last", async () => {
    const { io, url } = await start();
    const tabs = [openTab(url), openTab(url)] as const;
    await Promise.all(tabs.map((tab) => once(tab, "connect")));
    const [there] = io.sockets.sockets.values();
    const ended = once(there!, "disconnect");
    kill(0);
    kill(1);
    await ended;
    await until(() => io.engine.clientsCount === 0, "the end of the connection");
  });

  it("is noticed by its silence where it has no lock", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { io, url } = await start();
    const silent = new BareTab(url);
    const alive = new BareTab(url, { query: { other: "1" } });
    for (const tab of [silent, alive]) tab.say(["send", "0", undefined]);
    silent.read(false);
    alive.read(true);
    await until(() => io.engine.clientsCount === 2, "both connections");
    for (let asked = 1; asked <= 2; asked++) {
      vi.advanceTimersByTime(ASK_EVERY_MS);
      await until(() => silent.named("ask").length === 1, "the question");
      await until(() => alive.named("ask").length >= 1, "the other's question");
    }
    expect(io.engine.clientsCount).toBe(2);
    vi.advanceTimersByTime(ASK_EVERY_MS);
    await until(() => io.engine.clientsCount === 1, "the end of the silent one");
    expect(alive.named("close")).toEqual([]);
  });

  it("leaves no question behind: an answer that comes later finds nobody", async () => {
    const { io, url } = await start();
    const answers: (() => void)[] = [];
    io.on("connection", (socket) => socket.on("ask", (answer: () => void) => answers.push(answer)));
    const tab = new BareTab(url);
    const other = new BareTab(url);
    for (const one of [tab, other]) {
      one.read(true);
      one.say(["send", "0", undefined]);
    }
    await until(() => other.texts.length === 1 && tab.texts.length === 1, "both connected");
    tab.say(["send", '27["ask"]', undefined]);
    await until(() => answers.length === 1, "the question");
    tab.say(["send", "1", undefined]);
    other.say(["send", '27["ask"]', undefined]);
    await until(() => answers.length === 2, "the other's question");
    answers.forEach((answer) => answer());
    await until(() => other.texts.length === 2, "the answer");
    expect([tab.texts.slice(1), other.texts.slice(1)]).toEqual([[], ["37[]"]]);
  });
});

it("a port that never says what it wants costs nothing", async () => {
  const { io, url } = await start();
  newPort().postMessage(["send", "0"]);
  const tab = openTab(url);
  await once(tab, "connect");
  expect(io.engine.clientsCount).toBe(1);
});
