// What tabs that share a connection live through when it breaks, or the server restarts.
import { describe, expect, it } from "vitest";
import { once, startFaultProxy, until } from "@everwire/testkit";
import type { Socket } from "../socket.js";
import { BareTab, openTab, start, useBrowser } from "./browser.test.node.js";

useBrowser();

const RECOVERY = { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } };

const connected = (...sockets: Socket[]): Promise<void> =>
  until(() => sockets.every((socket) => socket.connected), "all tabs connected");

describe("tabs that share a connection", () => {
  it("go on after a cut with the same session; nothing is lost or doubled", async () => {
    const { io, port } = await start();
    const proxy = await startFaultProxy(port);
    try {
      const heard: unknown[] = [];
      io.on("connection", (socket) => socket.on("say", (text: string) => heard.push(text)));
      const tabs = [openTab(proxy.url), openTab(proxy.url), openTab(proxy.url)];
      await connected(...tabs);
      const seen = tabs.map((tab) => {
        const lines: unknown[] = [];
        tab.on("news", (news) => lines.push(news));
        tab.on("disconnect", (reason) => lines.push(reason));
        tab.io.on("suspend", () => lines.push("suspend"));
        tab.io.on("resume", () => lines.push("resume"));
        return lines;
      });
      io.emit("news", 1);
      proxy.cut();
      await until(() => seen.every((lines) => lines.includes("suspend")), "the break in all tabs");
      io.emit("news", 2);
      tabs.forEach((tab, index) => tab.emit("say", index));
      const late = openTab(proxy.url);
      await connected(...tabs, late);
      await until(() => seen.every((lines) => lines.includes(2)), "what was said meanwhile");
      io.emit("news", 3);
      await until(() => seen.every((lines) => lines.includes(3)) && heard.length === 3, "all");
      for (const lines of seen) {
        expect(lines.filter((line) => typeof line === "number")).toEqual([1, 2, 3]);
        expect(lines.filter((line) => typeof line === "string")).toEqual(["suspend", "resume"]);
      }
      expect(heard.sort()).toEqual([0, 1, 2]);
      expect([io.engine.clientsCount, late.id]).toEqual([1, tabs[0]?.id]);
    } finally {
      await proxy.close();
    }
  });

  it("are back together after a restart of the server, with what they had to say, and try no more often than one would", async () => {
    const first = await start();
    const tabs = Array.from({ length: 10 }, () =>
      openTab(first.url, { reconnectionDelay: 50, reconnectionDelayMax: 50 }),
    );
    await connected(...tabs);
    const ids = tabs.map(({ id }) => id);
    let tries = 0;
    await first.close();
    await until(() => tabs.every((tab) => !tab.connected), "the break");
    tabs.forEach((tab, index) => tab.emit("say", index));
    const since = performance.now();
    const second = await start({
      http: { port: first.port },
      allowRequest: (_request, callback) => {
        // Not the first three.
        callback(null, ++tries > 3);
      },
    });
    const heard: unknown[] = [];
    second.io.on("connection", (socket) => socket.on("say", (n: unknown) => heard.push(n)));
    await connected(...tabs);
    await until(() => heard.length === 10, "what they had to say");
    expect(heard.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([second.io.engine.clientsCount, new Set(tabs.map(({ id }) => id)).size]).toEqual([1, 1]);
    expect(ids).not.toContain(tabs[0]?.id);
    // The pause of one client is 25 ms at least.
    expect(tries).toBeLessThanOrEqual(2 + (performance.now() - since) / 25);
  });

  it("recover a connection together, each with what it has missed", async () => {
    const { io, url } = await start(RECOVERY);
    const tabs = [openTab(url, { resume: false }), openTab(url, { resume: false })] as const;
    await connected(...tabs);
    const seen: unknown[][] = tabs.map((tab) => {
      const lines: unknown[] = [];
      tab.on("news", (news) => lines.push(news));
      return lines;
    });
    const { id } = tabs[0];
    io.emit("news", 1);
    await until(() => seen.every((lines) => lines.length === 1), "the first news");
    const [there] = io.sockets.sockets.values();
    const gone = once(there!, "disconnect");
    there!.conn.transport.close();
    await gone;
    io.emit("news", 2);
    await until(
      () => tabs.every((tab) => tab.connected && seen.every((lines) => lines.length === 2)),
      "the second news",
    );
    expect(seen).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(tabs.map((tab) => [tab.id, tab.recovered])).toEqual([
      [id, true],
      [id, true],
    ]);
    const late = openTab(url, { resume: false });
    await connected(late);
    expect([late.id, late.recovered]).toEqual([id, false]);
  });

  it("recover it also when the last has said goodbye on its old port before it comes on a new one", async () => {
    const { io, url } = await start(RECOVERY);
    const before = new BareTab(url, { resume: false });
    before.read(true);
    before.say(["send", "0", undefined]);
    await until(() => before.texts.length === 1, "the answer to CONNECT");
    io.emit("news", 1);
    await until(() => before.texts.length === 2, "the news");
    const { pid } = JSON.parse(String(before.texts[0]).slice(1)) as { pid: string };
    const [, , offset] = JSON.parse(String(before.texts[1]).slice(1)) as [string, number, string];
    [...io.sockets.sockets.values()][0]!.conn.transport.close();
    await until(() => before.named("close").length > 0, "the break");
    before.say(["bye"]);
    io.emit("news", 2);
    const after = new BareTab(url, { resume: false });
    after.read(true);
    after.say(["send", `0${JSON.stringify({ pid, offset })}`, undefined]);
    await until(() => after.texts.length === 2, "what was missed, and the answer");
    expect(after.texts.map(String).sort()).toEqual([
      expect.stringContaining(`"pid":"${pid}"`),
      expect.stringMatching(/^2\["news",2,/),
    ]);
    const late = openTab(url, { resume: false });
    await connected(late);
    expect(io.engine.clientsCount).toBe(1);
  });

  it("hear why the server could not be reached", async () => {
    const { url, close } = await start();
    await close();
    const tabs = [openTab(url, { reconnection: false }), openTab(url, { reconnection: false })];
    const errors = await Promise.all(tabs.map((tab) => once(tab, "connect_error")));
    expect(errors.map(([error]) => (error as Error).message)).toEqual(["websocket error", "websocket error"]);
  });
});
