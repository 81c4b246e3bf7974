// One wire for all tabs: pages of one browser whose sockets share the session in a SharedWorker.
import { type BrowserContext, chromium } from "@playwright/test";
import { chromium as chromiumUse } from "./support/browsers.js";
import { isEverwire } from "./support/peer.js";
import type { Site } from "./support/site.js";
import { connect, emitWithAck, expect, type Page, test, transportOf, UPGRADE, WEBSOCKET, XHR } from "./support/test.js";

test.skip(!isEverwire, "no other client has it");

const SHARED = { shared: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };

const echoing = (io: Site["io"]): void => {
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => (args.pop() as (...answer: unknown[]) => void)(...args));
  });
};

/** Connects the page's socket and collects what comes. */
async function share(page: Page, options: Record<string, unknown> = {}): Promise<void> {
  // The page knows the transport of the worker's session, but transport classes can't go there.
  await connect(page, { options: { ...SHARED, ...options } });
  await page.evaluate(() => {
    globalThis.news = [];
    globalThis.line = [];
    socket.on("news", (item: unknown) => globalThis.news.push(item));
    socket.on("connect", () => globalThis.line.push("connect"));
    socket.on("disconnect", (reason) => globalThis.line.push(reason));
    socket.io.on("suspend", () => globalThis.line.push("suspend"));
    socket.io.on("resume", () => globalThis.line.push("resume"));
  });
}

const newsOf = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.news);
const lineOf = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.line);
const idOf = (page: Page): Promise<unknown> => page.evaluate(() => socket.connected && socket.id);
const isShared = (page: Page): Promise<unknown> => page.evaluate(() => socket.io.opts.shared);

async function openTabs(
  site: Site,
  openPage: (site: Site, path?: string) => Promise<Page>,
  count: number,
  options: Record<string, unknown> = {},
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let tab = 0; tab < count; tab++) {
    // Modules and scripts, for they share as well.
    const page = await openPage(site, tab % 2 ? "/umd" : "/esm");
    await share(page, options);
    pages.push(page);
  }
  return pages;
}

test("twenty tabs hold one connection, hear a broadcast once each, and get their own answers", async ({
  startSite,
  openPage,
}) => {
  test.slow();
  const site = await startSite({ setup: echoing });
  const pages = await openTabs(site, openPage, 20);
  expect(site.io.engine.clientsCount).toBe(1);
  expect(await Promise.all(pages.map(idOf))).toEqual(pages.map(() => site.socket.id));
  expect(await Promise.all(pages.map(isShared))).toEqual(pages.map(() => true));
  site.io.emit("news", "for all");
  for (const page of pages) await expect.poll(() => newsOf(page)).toEqual(["for all"]);
  const answers = await Promise.all(pages.map((page, tab) => emitWithAck(page, "echo", tab)));
  expect(answers).toEqual(pages.map((_, tab) => tab));

  // The first one opened it.
  await pages[0]?.close();
  const [, second, third] = pages as [Page, Page, Page];
  site.io.emit("news", "for the others");
  await expect.poll(() => newsOf(second)).toEqual(["for all", "for the others"]);
  expect(await emitWithAck(third, "echo", "still here")).toBe("still here");
  for (const page of pages.slice(1)) expect(await lineOf(page)).toEqual([]);
  expect(site.io.engine.clientsCount).toBe(1);
});

for (const way of [XHR, WEBSOCKET, UPGRADE]) {
  const transports = way === XHR ? ["polling"] : way.transports;

  // Over polling Firefox ends the worker with its last page, before a request can leave (docs/guide/shared.md, "Limits").
  const tag = way === XHR ? ["@chromium"] : [];
  test(`the last tab that is closed ends the connection (${way.name})`, { tag }, async ({ startSite, openPage }) => {
    const site = await startSite({ setup: echoing });
    const [first, second] = (await openTabs(site, openPage, 2, { transports })) as [Page, Page];
    await expect.poll(() => transportOf(second)).toBe(way.settled);
    const reasons: string[] = [];
    site.socket.on("disconnect", (reason) => reasons.push(reason));
    await first.close();
    expect(await emitWithAck(second, "echo", 1)).toBe(1);
    expect(reasons).toEqual([]);
    await second.close();
    await expect.poll(() => reasons).toEqual(["transport close"]);
    await expect.poll(() => site.io.engine.clientsCount).toBe(0);
  });

  test(`a cut is no disconnect in any tab, and nothing is lost or doubled (${way.name})`, async ({
    startSite,
    openPage,
  }) => {
    const heard: unknown[] = [];
    const site = await startSite({
      setup: (io) => {
        echoing(io);
        io.on("connection", (socket) => socket.on("say", (text: unknown) => heard.push(text)));
      },
    });
    const pages = await openTabs(site, openPage, 3, { transports });
    for (const page of pages) await expect.poll(() => transportOf(page)).toBe(way.settled);
    const suspended = new Promise((resolve) => site.socket.conn.once("suspend", resolve));
    site.io.emit("news", 1);
    site.cut();
    for (const [tab, page] of pages.entries()) await page.evaluate((tab) => socket.emit("say", tab), tab);
    await suspended;
    site.io.emit("news", 2);
    for (const page of pages) {
      await emitWithAck(page, "echo", 1);
      await expect.poll(() => newsOf(page)).toEqual([1, 2]);
      expect(await lineOf(page)).toEqual(["suspend", "resume"]);
    }
    expect(heard.sort()).toEqual([0, 1, 2]);
    expect(site.io.engine.clientsCount).toBe(1);
  });

  test(`binary data passes both ways (${way.name})`, async ({ startSite, openPage }) => {
    const site = await startSite({
      setup: (io) => {
        io.on("connection", (socket) => {
          socket.on("bytes", (...args: unknown[]) => {
            const answer = args.pop() as (...answer: unknown[]) => void;
            io.emit("news", ...args);
            answer(
              ...args,
              args.map((arg) => Buffer.isBuffer(arg)),
            );
          });
        });
      },
    });
    const [first, second] = (await openTabs(site, openPage, 2, { transports })) as [Page, Page];
    const answer = await first.evaluate(async () => {
      const large = new Uint8Array(70_000).map((_, index) => index % 251);
      const list = (value: unknown): number[] => [...new Uint8Array(value as ArrayBuffer)];
      const got = await new Promise<unknown[]>((resolve) => {
        const sent = [large.subarray(5, 9), large.buffer, new Blob([new Uint8Array([7, 8])])];
        socket.emit("bytes", ...sent, (...args: unknown[]) => resolve(args));
      });
      const all = list(got[1]);
      const isSame = all.length === 70_000 && all.every((byte, index) => byte === index % 251);
      return [list(got[0]), isSame, list(got[2]), got[3], large.length];
    });
    expect(answer).toEqual([[5, 6, 7, 8], true, [7, 8], [true, true, true], 70_000]);
    await expect.poll(async () => (await newsOf(second)).length).toBe(1);
    expect(await second.evaluate(() => [...new Uint8Array(globalThis.news[0] as ArrayBuffer)])).toEqual([5, 6, 7, 8]);
  });
}

test("all tabs are back after a restart of the server, on one connection", async ({ startSite, openPage }) => {
  const heard: unknown[] = [];
  const site = await startSite({
    setup: (io) => io.on("connection", (socket) => socket.on("say", (text: unknown) => heard.push(text))),
  });
  const pages = await openTabs(site, openPage, 5);
  await site.stop();
  for (const [tab, page] of pages.entries()) {
    await expect.poll(() => idOf(page)).toBe(false);
    await page.evaluate((tab) => socket.emit("say", tab), tab);
  }
  await site.start();
  for (const page of pages) await expect.poll(() => idOf(page)).toBeTruthy();
  await expect.poll(() => heard.length).toBe(5);
  expect(heard.sort()).toEqual([0, 1, 2, 3, 4]);
  expect(site.io.engine.clientsCount).toBe(1);
  expect(await Promise.all(pages.map(idOf))).toEqual(pages.map(() => site.socket.id));
});

test("tabs of different people do not share", async ({ startSite, openPage }) => {
  const site = await startSite({
    setup: (io) =>
      io.on("connection", (socket) =>
        socket.on("who", (answer: (user: unknown) => void) => answer(socket.handshake.auth["user"])),
      ),
  });
  const ann = await openPage(site);
  await share(ann, { auth: { user: "ann" } });
  const bob = await openPage(site);
  await share(bob, { auth: { user: "bob" } });
  const annToo = await openPage(site);
  await share(annToo, { auth: { user: "ann" } });
  expect([site.io.engine.clientsCount, site.sockets.length]).toEqual([2, 2]);
  expect(await Promise.all([ann, bob, annToo].map((page) => emitWithAck(page, "who")))).toEqual(["ann", "bob", "ann"]);
});

/** What a page has to be told before its scripts run. */
const before = (context: BrowserContext, script: () => void): Promise<unknown> => context.addInitScript(script);

test("without SharedWorker a tab has a connection of its own", async ({ startSite, openPage, context }) => {
  const site = await startSite({ setup: echoing });
  await before(context, () => Reflect.deleteProperty(globalThis, "SharedWorker"));
  const [first, second] = (await openTabs(site, openPage, 2)) as [Page, Page];
  expect(site.io.engine.clientsCount).toBe(2);
  expect(await emitWithAck(first, "echo", 1)).toBe(1);
  expect([await isShared(first), await isShared(second)]).toEqual([false, false]);
});

test("without the worker's script a tab has a connection of its own", async ({ startSite, openPage }) => {
  const site = await startSite({ setup: echoing });
  const page = await openPage(site);
  await share(page, { shared: "/nowhere/everwire.shared.min.js" });
  expect(await emitWithAck(page, "echo", 1)).toBe(1);
  expect([site.io.engine.clientsCount, await isShared(page)]).toEqual([1, false]);
});

test("a policy that forbids the worker leaves the tab a connection of its own", async ({ startSite, context }) => {
  const site = await startSite({ setup: echoing });
  await context.route(`${site.url}/esm`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), "content-security-policy": "worker-src 'none'" },
    });
  });
  const page = await context.newPage();
  await page.goto(`${site.url}/esm`);
  await page.waitForFunction(() => globalThis.ready);
  await share(page);
  expect(await emitWithAck(page, "echo", 1)).toBe(1);
  expect(await isShared(page)).toBe(false);
});

test("a server of another origin is shared by a script of the page's", async ({ startSite, openPage }) => {
  const site = await startSite();
  const other = await startSite({ setup: echoing, server: { cors: { origin: site.url } } });
  const pages = [await openPage(site), await openPage(site)];
  for (const page of pages)
    await connect(page, { uri: other.url, options: { ...SHARED, shared: "/socket.io/everwire.shared.min.js" } });
  expect(await Promise.all(pages.map((page) => emitWithAck(page, "echo", 1)))).toEqual([1, 1]);
  expect([other.io.engine.clientsCount, site.io.engine.clientsCount]).toEqual([1, 0]);
  const alone = await openPage(site);
  await connect(alone, { uri: other.url, options: SHARED });
  expect([other.io.engine.clientsCount, await isShared(alone)]).toEqual([2, false]);
});

test("a tab that leaves by a link gives its place back, and none is left on the server", async ({
  startSite,
  openPage,
}) => {
  const site = await startSite({ setup: echoing });
  const [first, second] = (await openTabs(site, openPage, 2)) as [Page, Page];
  await first.goto(`${site.url}/blank`);
  expect(await emitWithAck(second, "echo", 1)).toBe(1);
  expect(site.io.engine.clientsCount).toBe(1);
  await second.goto(`${site.url}/blank`);
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
});

test("without locks the tabs share as well", async ({ startSite, openPage, context }) => {
  const site = await startSite({ setup: echoing });
  await before(context, () => {
    Object.defineProperty(navigator, "locks", { value: undefined });
  });
  const [first, second] = (await openTabs(site, openPage, 2)) as [Page, Page];
  expect(site.io.engine.clientsCount).toBe(1);
  await first.close();
  expect(await emitWithAck(second, "echo", 1)).toBe(1);
  await second.close();
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
});

test("a tab that goes without a word leaves no ghost", async ({ startSite, openPage, context }) => {
  const site = await startSite({ setup: echoing });
  await before(context, () =>
    addEventListener("pagehide", (event) => {
      event.stopImmediatePropagation();
    }),
  );
  const [first, second, witness] = (await openTabs(site, openPage, 3)) as [Page, Page, Page];
  await witness.evaluate(() => socket.disconnect());
  await first.close();
  expect(await emitWithAck(second, "echo", 1)).toBe(1);
  // The worker lives on: it has to notice by itself.
  await second.close();
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
});

test("a browser process that crashes with all tabs leaves no ghost @chromium", async ({
  startSite,
  openPage,
  context,
}) => {
  const site = await startSite({ setup: echoing });
  const [page] = (await openTabs(site, openPage, 2)) as [Page];
  const devtools = await context.newCDPSession(page);
  const crashed = new Promise((resolve) => page.once("crash", resolve));
  // Nobody is left to answer.
  devtools.send("Page.crash").catch(() => undefined);
  await crashed;
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
});

test("a tab that was put away takes its place again, and the others do not notice @chromium", async ({ startSite }) => {
  const site = await startSite({ setup: echoing });
  // Playwright switches the back-forward cache off.
  const browser = await chromium.launch({
    ...chromiumUse().launchOptions,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  try {
    const context = await browser.newContext();
    const open = async (): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(`${site.url}/esm`);
      await page.waitForFunction(() => globalThis.ready);
      await share(page);
      return page;
    };
    const [first, second] = [await open(), await open()];
    await first.evaluate(() =>
      addEventListener("pageshow", (event) => globalThis.line.push(`shown ${event.persisted}`)),
    );
    await first.goto(`${site.url}/blank`);
    site.io.emit("news", "meanwhile");
    await expect.poll(() => newsOf(second)).toEqual(["meanwhile"]);
    await first.goBack({ waitUntil: "commit" });
    await expect.poll(() => idOf(first)).toBe(site.socket.id);
    site.io.emit("news", "after");
    await expect.poll(() => newsOf(first)).toEqual(["after"]);
    expect(await lineOf(first)).toEqual(["transport close", "shown true", "connect"]);
    expect([await newsOf(second), await lineOf(second)]).toEqual([["meanwhile", "after"], []]);
    expect(site.io.engine.clientsCount).toBe(1);
  } finally {
    await browser.close();
  }
});
