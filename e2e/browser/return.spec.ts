// A page that comes back, from behind other tabs, from the sleep of its device, from the back-forward cache, is open or resumed within one
// round trip: by one handshake, counted at the server. It has one connection then, and no listener hears twice.
import type { IncomingMessage } from "node:http";
import { chromium } from "@playwright/test";
import type { Server } from "@everwire/server";
import { type FaultProxy, startFaultProxy } from "@everwire/testkit";
import { BareTab } from "./support/bare-tab.js";
import { chromium as chromiumUse } from "./support/browsers.js";
import { isEverwire } from "./support/peer.js";
import type { Site, SiteOptions } from "./support/site.js";
import { connect, emitWithAck, expect, test as base, WEBSOCKET, type Page, type Way, XHR } from "./support/test.js";

base.skip(!isEverwire, "no other server resumes sessions");

/** What a server sees of its pages. */
interface Watch {
  /** "open" and "resume", a handshake each. */
  readonly handshakes: string[];
  readonly heard: unknown[];
  /** Why sockets left. */
  readonly left: string[];
  readonly options: SiteOptions;
}

function watchServer(server: SiteOptions["server"] = {}): Watch {
  const handshakes: string[] = [];
  const heard: unknown[] = [];
  const left: string[] = [];
  const note = ({ url = "" }: IncomingMessage): void => {
    const query = new URL(url, "http://site").searchParams;
    if (query.has("resume")) handshakes.push("resume");
    else if (query.has("EIO") && !query.has("sid")) handshakes.push("open");
  };
  const setup = (io: Server): void => {
    for (const event of ["request", "upgrade"]) io.httpServer?.prependListener(event, note);
    io.on("connection", (socket) => {
      socket.on("say", (item: unknown, ack: () => void) => {
        heard.push(item);
        ack();
      });
      socket.on("disconnect", (reason) => left.push(reason));
    });
  };
  return { handshakes, heard, left, options: { server, setup } };
}

/** Connects, and notes in the page what it hears and what becomes of the line. What was seen until then is forgotten. */
async function settle(page: Page, way: Way, watch: Watch, options: Record<string, unknown> = {}): Promise<void> {
  await connect(page, { way, options });
  await page.evaluate(() => {
    globalThis.news = [];
    socket.on("news", (item: unknown) => globalThis.news.push(item));
    socket.on("connect", () => globalThis.news.push("connect"));
    socket.on("disconnect", (reason) => globalThis.news.push(reason));
    socket.io.on("suspend", () => globalThis.news.push("suspend"));
    socket.io.on("resume", () => globalThis.news.push("resume"));
  });
  await emitWithAck(page, "say", "hello");
  watch.handshakes.length = watch.heard.length = 0;
}

const newsOf = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.news);

/** One connection, over which all goes once. `page` has come back by these handshakes. */
async function expectWhole(page: Page, site: Site, watch: Watch, handshakes: readonly string[]): Promise<void> {
  const before = await newsOf(page);
  // The timers of the page may stand still.
  await page.evaluate(() => new Promise<void>((resolve) => socket.emit("say", "back", resolve)));
  site.io.emit("news", "fresh");
  await expect.poll(() => newsOf(page)).toEqual([...before, "fresh"]);
  expect(watch.heard).toEqual(["back"]);
  expect(watch.handshakes).toEqual(handshakes);
  expect(site.io.engine.clientsCount).toBe(1);
  expect(site.sockets).toHaveLength(1);
}

/** As when other tabs are before it. */
function setHidden(page: Page, hidden: boolean): Promise<void> {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}

/** From now on timers fire only when the test says so. The clock can stop in its future alone: on a busy machine, later than at first tried. */
async function stopTimers(page: Page): Promise<void> {
  for (let aheadMs = 10; ; aheadMs *= 2) {
    try {
      await page.clock.pauseAt((await page.evaluate(() => Date.now())) + aheadMs);
      return;
    } catch (error) {
      if (!String(error).includes("Cannot fast-forward to the past") || aheadMs > 1_000) throw error;
    }
  }
}

const test = base.extend<{ openAsleep: (site: Site, proxy?: FaultProxy) => Promise<Page> }>({
  /** A page whose clock is the test's. */
  openAsleep: async ({ context }, use) => {
    await use(async (site, proxy) => {
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(`${proxy?.url ?? site.url}/esm`);
      await page.waitForFunction(() => globalThis.ready);
      return page;
    });
  },
});

for (const way of [XHR, WEBSOCKET]) {
  test(`a hidden page whose timers do not come keeps its session (${way.name})`, async ({ startSite, openAsleep }) => {
    const watch = watchServer({ pingInterval: 100, pingTimeout: 300 });
    const site = await startSite(watch.options);
    const page = await openAsleep(site);
    await settle(page, way, watch);
    await setHidden(page, true);
    await stopTimers(page);
    let pongs = 0;
    site.socket.conn.on("heartbeat", () => (pongs += 1));
    await expect.poll(() => pongs).toBeGreaterThan(8);
    site.io.emit("news", "meanwhile");
    await expect.poll(() => newsOf(page)).toEqual(["meanwhile"]);
    await setHidden(page, false);
    await expectWhole(page, site, watch, []);
    expect(watch.left).toEqual([]);
  });
}

test("a line that broke behind other tabs is resumed when the page is shown, whatever its timers do", async ({
  startSite,
  openAsleep,
}) => {
  const watch = watchServer();
  const site = await startSite(watch.options);
  const page = await openAsleep(site);
  await settle(page, WEBSOCKET, watch);
  await setHidden(page, true);
  await stopTimers(page);
  site.cut();
  await expect.poll(() => newsOf(page)).toEqual(["suspend"]);
  site.io.emit("news", "meanwhile");
  expect(watch.handshakes).toEqual([]);
  await setHidden(page, false);
  await expect.poll(() => newsOf(page)).toEqual(["suspend", "resume", "meanwhile"]);
  await expectWhole(page, site, watch, ["resume"]);
});

for (const way of [XHR, WEBSOCKET]) {
  test(`a page that waits to reconnect does so when it is shown, whatever its timers do (${way.name})`, async ({
    startSite,
    openAsleep,
  }) => {
    const watch = watchServer();
    const site = await startSite(watch.options);
    const page = await openAsleep(site);
    await settle(page, way, watch, { resume: false });
    await setHidden(page, true);
    await stopTimers(page);
    await expect.poll(() => site.socket.conn.transport.writable).toBe(true);
    site.cut();
    // A poll that failed is told by a timer, of which nobody knows when it is set.
    const runABit = async (): Promise<unknown> => {
      await page.clock.runFor(10);
      return newsOf(page);
    };
    await expect.poll(runABit).toEqual([expect.stringMatching(/^transport (close|error)$/)]);
    await expect.poll(() => watch.left).toHaveLength(1);
    expect(watch.handshakes).toEqual([]);
    await setHidden(page, false);
    await expect.poll(() => newsOf(page)).toContainEqual("connect");
    await expectWhole(page, site, watch, ["open"]);
  });
}

test("a page whose device has slept is resumed by one handshake", async ({ startSite, openAsleep }) => {
  const watch = watchServer({ pingInterval: 200, pingTimeout: 200 });
  const site = await startSite(watch.options);
  const proxy = await startFaultProxy(site.port);
  try {
    const page = await openAsleep(site, proxy);
    await settle(page, WEBSOCKET, watch);
    await stopTimers(page);
    // The old connection says nothing any more, not even that it is gone.
    proxy.strand();
    await expect.poll(() => site.io.engine.counters.suspended).toBe(1);
    site.io.emit("news", "meanwhile");
    await page.clock.fastForward(30_000);
    await page.clock.runFor(10);
    await expect.poll(() => newsOf(page)).toEqual(["suspend", "resume", "meanwhile"]);
    await expectWhole(page, site, watch, ["resume"]);
  } finally {
    await proxy.close();
  }
});

for (const way of [XHR, WEBSOCKET]) {
  test(`a page whose device has slept for longer than the server waits asks for a new session at once (${way.name})`, async ({
    startSite,
    openAsleep,
  }) => {
    const watch = watchServer({ pingInterval: 200, pingTimeout: 200, resume: { windowMs: 300 } });
    const site = await startSite(watch.options);
    const proxy = await startFaultProxy(site.port);
    try {
      const page = await openAsleep(site, proxy);
      await settle(page, way, watch);
      await stopTimers(page);
      proxy.strand();
      await expect.poll(() => watch.left).toEqual(["session expired"]);
      // The device wakes and drops the connections of its old network, which the browser would use for the next request.
      proxy.cut();
      await page.clock.fastForward(3_600_000);
      // Less than the shortest wait before a reconnection.
      await page.clock.runFor(100);
      await expect.poll(() => newsOf(page)).toEqual(["suspend", "session expired", "connect"]);
      await expectWhole(page, site, watch, ["open"]);
    } finally {
      await proxy.close();
    }
  });
}

for (const [name, windowMs, news, handshakes] of [
  ["is resumed by one handshake", 60_000, ["suspend", "resume"], ["resume"]],
  ["asks for a new session when the server has given it up", 200, ["suspend", "session expired", "connect"], ["open"]],
] as const) {
  test(`a page from the back-forward cache ${name} @chromium`, async ({ startSite }) => {
    const watch = watchServer({ resume: { windowMs } });
    const site = await startSite(watch.options);
    // Playwright switches the back-forward cache off.
    const browser = await chromium.launch({
      ...chromiumUse().launchOptions,
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`${site.url}/esm`);
      await page.waitForFunction(() => globalThis.ready);
      await settle(page, WEBSOCKET, watch);
      await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (globalThis.isKept = persisted)));
      const suspended = new Promise((resolve) => site.socket.conn.once("suspend", resolve));
      await page.goto(`${site.url}/blank`);
      await suspended;
      if (windowMs < 1_000) await expect.poll(() => watch.left).toEqual(["session expired"]);
      await page.goBack({ waitUntil: "commit" });
      await expect.poll(() => newsOf(page)).toEqual(news);
      expect(await page.evaluate(() => globalThis.isKept)).toBe(true);
      await expectWhole(page, site, watch, handshakes);
    } finally {
      await browser.close();
    }
  });
}

declare global {
  /** The page comes from the back-forward cache. */
  var isKept: boolean;
}

for (const way of [XHR, WEBSOCKET]) {
  test(`a frozen page is resumed by one handshake when it moves again (${way.name}) @chromium`, async ({
    startSite,
  }) => {
    const watch = watchServer({ pingInterval: 200, pingTimeout: 200 });
    const site = await startSite(watch.options);
    const tab = (await BareTab.open(`${site.url}/esm`)) as BareTab & Page;
    try {
      await expect.poll(() => tab.evaluate(() => globalThis.ready)).toBe(true);
      await settle(tab, way, watch);
      await tab.send("Page.setWebLifecycleState", { state: "frozen" });
      await expect.poll(() => site.io.engine.counters.suspended).toBe(1);
      site.io.emit("news", "meanwhile");
      expect(watch.handshakes).toEqual([]);
      await tab.send("Page.setWebLifecycleState", { state: "active" });
      await expect.poll(() => newsOf(tab)).toEqual(["suspend", "resume", "meanwhile"]);
      await expectWhole(tab, site, watch, ["resume"]);
    } finally {
      await tab.close();
    }
  });
}

for (const how of ["is left", "is closed"] as const) {
  test(`a page that ${how} when it has raced leaves nothing on the server`, async ({ startSite, openPage }) => {
    const watch = watchServer({ pingInterval: 25_000, resume: { windowMs: 60_000 } });
    const site = await startSite(watch.options);
    const page = await openPage(site);
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          globalThis.socket = io({ strategy: "race", upgrade: false });
          socket.once("connect", resolve);
        }),
    );
    if (how === "is left") await page.goto(`${site.url}/blank`);
    else await page.close();
    await expect.poll(() => site.io.engine.clientsCount).toBe(0);
    // Firefox closes what is open before it tells the page, which then comes back to its session for a moment.
    expect(watch.handshakes.filter((kind) => kind !== "resume")).toEqual(["open", "open"]);
    expect(site.io.engine.counters.suspended).toBe(0);
  });
}

test("a page that is told to close before it unloads does", async ({ startSite, openPage }) => {
  const watch = watchServer();
  const site = await startSite(watch.options);
  const page = await openPage(site);
  await settle(page, WEBSOCKET, watch, { closeOnBeforeunload: true });
  await page.evaluate(() => dispatchEvent(new Event("beforeunload")));
  await expect.poll(() => watch.left).toEqual(["transport close"]);
  expect(site.io.engine.clientsCount).toBe(0);
  expect(await newsOf(page)).toEqual([]);
});
