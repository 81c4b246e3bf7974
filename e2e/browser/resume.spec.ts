// A broken connection in a page is no disconnect: the session is resumed (docs/guide/delivery.md). What breaks it: the network, the
// device that goes offline, a WebSocket that is blocked, the back-forward cache.
import { chromium } from "@playwright/test";
import type { ServerOptions } from "@everwire/server";
import { chromium as chromiumUse } from "./support/browsers.js";
import { isEverwire } from "./support/peer.js";
import type { Site } from "./support/site.js";
import {
  connect,
  emitWithAck,
  expect,
  type Page,
  test,
  transportOf,
  UPGRADE,
  WAYS,
  WEBSOCKET,
} from "./support/test.js";

test.skip(!isEverwire, "no other server resumes sessions");

/** What the page says arrives here, in order. */
function listening(heard: number[], server: Partial<ServerOptions> = {}) {
  return {
    server,
    setup: (io: Site["io"]) => {
      io.on("connection", (socket) => {
        socket.on("say", (number: number, ack?: () => void) => {
          heard.push(number);
          ack?.();
        });
      });
    },
  };
}

/** Collects in the page what the server says, and what becomes of the line. */
function watch(page: Page): Promise<void> {
  return page.evaluate(() => {
    globalThis.news = [];
    globalThis.line = [];
    socket.on("news", (item: unknown) => globalThis.news.push(item));
    socket.on("connect", () => globalThis.line.push("connect"));
    socket.on("disconnect", (reason) => globalThis.line.push(reason));
    socket.io.on("suspend", () => globalThis.line.push("suspend"));
    socket.io.on("resume", () => globalThis.line.push("resume"));
  });
}

declare global {
  /** What became of the line. */
  var line: string[];
}

const lineOf = (page: Page): Promise<string[]> => page.evaluate(() => globalThis.line);
const newsOf = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.news);

for (const way of WAYS) {
  test(`a connection that is cut is no disconnect, and nothing is lost or doubled (${way.name})`, async ({
    startSite,
    openPage,
  }) => {
    const heard: number[] = [];
    const site = await startSite(listening(heard));
    const page = await openPage(site);
    await connect(page, { way });
    await watch(page);
    const id = await page.evaluate(() => socket.id);
    await site.socket.join("den");
    site.io.to("den").emit("news", 1);
    await emitWithAck(page, "say", 1);

    const suspended = new Promise((resolve) => site.socket.conn.once("suspend", resolve));
    await expect.poll(() => site.socket.conn.transport.writable).toBe(true);
    site.io.to("den").emit("news", 2);
    site.cut();
    await page.evaluate(() => socket.emit("say", 2));
    await suspended;
    site.io.to("den").emit("news", 3);
    site.socket.emit("news", 4);
    await emitWithAck(page, "say", 3);
    site.io.to("den").emit("news", 5);

    await expect.poll(() => newsOf(page)).toEqual([1, 2, 3, 4, 5]);
    expect(heard).toEqual([1, 2, 3]);
    expect(await lineOf(page)).toEqual(["suspend", "resume"]);
    expect(await page.evaluate(() => [socket.connected, socket.id])).toEqual([true, id]);
    expect(site.io.engine.counters).toMatchObject({ suspended: 0, resumed: 1, expired: 0 });
    await expect.poll(() => transportOf(page)).toBe(way.settled);
  });
}

test("a device that goes offline keeps its sockets, and what it says meanwhile", async ({
  startSite,
  openPage,
  context,
}) => {
  const heard: number[] = [];
  const site = await startSite(listening(heard));
  const page = await openPage(site);
  await connect(page, { way: UPGRADE });
  await watch(page);
  await context.setOffline(true);
  await expect.poll(() => lineOf(page)).toEqual(["suspend"]);
  await page.evaluate(() => {
    socket.emit("say", 1);
    socket.volatile.emit("say", -1);
    socket.emit("say", 2);
  });
  expect(await page.evaluate(() => [navigator.onLine, socket.connected])).toEqual([false, true]);
  site.io.emit("news", "meanwhile");

  await context.setOffline(false);
  await expect.poll(() => newsOf(page)).toEqual(["meanwhile"]);
  await expect.poll(() => heard).toEqual([1, 2]);
  expect(await lineOf(page)).toEqual(["suspend", "resume"]);
});

test("a WebSocket that is blocked in mid-session: the session goes on over polling, and moves up again", async ({
  startSite,
  openPage,
}) => {
  const heard: number[] = [];
  let isBlocked = false;
  const allowRequest: ServerOptions["allowRequest"] = (request, callback) =>
    callback(null, !isBlocked || request.headers.upgrade === undefined);
  const site = await startSite(listening(heard, { allowRequest }));
  const page = await openPage(site);
  await connect(page, { way: UPGRADE });
  await watch(page);
  await page.evaluate(() =>
    socket.io.on("resume", () => globalThis.line.push(`over ${socket.io.engine.transport.name}`)),
  );
  isBlocked = true;
  site.cut();
  await emitWithAck(page, "say", 1);
  expect(await lineOf(page)).toEqual(["suspend", "resume", "over polling"]);
  await expect.poll(() => transportOf(page)).toBe("websocket");
  await emitWithAck(page, "say", 2);
  expect(heard).toEqual([1, 2]);
});

test("a page that was put away is back with its session @chromium", async ({ startSite }) => {
  const heard: number[] = [];
  const site = await startSite(listening(heard));
  // Playwright switches the back-forward cache off.
  const browser = await chromium.launch({
    ...chromiumUse().launchOptions,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${site.url}/esm`);
    await page.waitForFunction(() => globalThis.ready);
    await connect(page, { way: WEBSOCKET });
    await watch(page);
    await page.evaluate(() =>
      addEventListener("pageshow", (event) => globalThis.line.push(`shown ${event.persisted}`)),
    );
    const suspended = new Promise((resolve) => site.socket.conn.once("suspend", resolve));
    await page.goto(`${site.url}/blank`);
    await suspended;
    site.io.emit("news", "meanwhile");
    await page.goBack({ waitUntil: "commit" });
    await expect.poll(() => newsOf(page)).toEqual(["meanwhile"]);
    expect((await lineOf(page)).sort()).toEqual(["resume", "shown true", "suspend"]);
    await emitWithAck(page, "say", 1);
    expect(site.io.engine.clientsCount).toBe(1);
  } finally {
    await browser.close();
  }
});
