// What happens to a page that is frozen, sleeps or goes offline while messages are numbered both ways: the session is resumed, nothing
// is lost, nothing doubled; and if it stayed away for longer than the server waits, it is told. By CDP, and so for Chromium alone.
import type { Server } from "@everwire/server";
import { BareTab } from "./support/bare-tab.js";
import type { Site } from "./support/site.js";
import { connect, expect, test as base, WAYS, type Page, type Way } from "./support/test.js";

/** The helpers want a Page, and use of it what a tab has. */
type Tab = BareTab & Page;

interface Hall {
  /** Numbers that the server heard. */
  readonly heard: number[];
  /** Reasons of sockets that left. */
  readonly left: string[];
  said: number;
}

/** A server that numbers what it says, and writes down what it hears. */
function openHall(windowMs: number): { hall: Hall; options: object } {
  const hall: Hall = { heard: [], left: [], said: 0 };
  const options = {
    server: { pingInterval: 500, pingTimeout: 500, resume: { windowMs } },
    setup: (io: Server) => {
      const timer = setInterval(() => io.emit("said", ++hall.said), 10);
      io.engine.once("close", () => clearInterval(timer));
      io.on("connection", (socket) => {
        socket.on("say", (number: number, done: (number: number) => void) => {
          hall.heard.push(number);
          done(number);
        });
        socket.on("start", (done: (said: number) => void) => done(hall.said));
        socket.on("disconnect", (reason) => hall.left.push(reason));
      });
    },
  };
  return { hall, options };
}

/** The page says its numbers, five at a time (a hidden page does so once a second), and writes down what it hears. */
async function talk(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    globalThis.news = [];
    socket.on("said", (number: number) => globalThis.news.push(["said", number]));
    socket.on("disconnect", (reason) => globalThis.news.push(["disconnect", reason]));
    socket.io.on("suspend", () => globalThis.news.push(["suspend"]));
    socket.io.on("resume", () => globalThis.news.push(["resume"]));
    let number = 0;
    setInterval(() => {
      for (let i = 0; i < 5; i += 1)
        socket.emit("say", ++number, (answer: number) => globalThis.news.push(["ack", answer]));
    }, 10);
  });
}

type News = readonly (readonly [kind: string, value: number | string])[];

const newsOf = (tab: Tab): Promise<News> => tab.evaluate(() => globalThis.news as never);
const valuesOf = (news: News, kind: string): (number | string)[] =>
  news.filter(([found]) => found === kind).map(([, value]) => value);

/** Numbers that go on by one from the first. */
function expectWhole(numbers: readonly unknown[], what: string): void {
  const [first] = numbers as [number];
  expect(numbers, what).toEqual(numbers.map((_, index) => first + index));
}

/** How many things the page has heard by now; grows as long as it is alive. */
const progress = (tab: Tab): Promise<number> => tab.evaluate(() => globalThis.news.length);

async function goOn(tab: Tab, hall: Hall): Promise<void> {
  const before = await progress(tab);
  const heardBefore = hall.heard.length;
  await expect.poll(() => progress(tab)).toBeGreaterThan(before + 60);
  await expect.poll(() => hall.heard.length).toBeGreaterThan(heardBefore + 9);
}

async function expectNothingLost(tab: Tab, hall: Hall): Promise<void> {
  const news = await newsOf(tab);
  expect(valuesOf(news, "disconnect")).toEqual([]);
  expectWhole(valuesOf(news, "said"), "what the page heard");
  expectWhole(valuesOf(news, "ack"), "what the page was answered");
  expectWhole(hall.heard, "what the server heard");
  expect(hall.left).toEqual([]);
}

/** Ways out of service, and back. */
interface Trouble {
  readonly name: string;
  begin(tab: BareTab): Promise<unknown>;
  end(tab: BareTab): Promise<unknown>;
}

const FROZEN: Trouble = {
  name: "is frozen",
  begin: (tab) => tab.send("Page.setWebLifecycleState", { state: "frozen" }),
  end: (tab) => tab.send("Page.setWebLifecycleState", { state: "active" }),
};

const conditions = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
const OFFLINE: Trouble = {
  name: "goes offline",
  async begin(tab) {
    await tab.send("Network.enable");
    await tab.send("Network.emulateNetworkConditions", { offline: true, ...conditions });
  },
  end: (tab) => tab.send("Network.emulateNetworkConditions", { offline: false, ...conditions }),
};

const RESUMABLE = { resume: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };

const test = base.extend<{ openTab: (site: Site, way: Way) => Promise<Tab> }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's dependencies from this pattern
  openTab: async ({}, use) => {
    const tabs: BareTab[] = [];
    await use(async (site, way) => {
      const tab = (await BareTab.open(`${site.url}/esm`)) as Tab;
      tabs.push(tab);
      await expect.poll(() => tab.evaluate(() => globalThis.ready)).toBe(true);
      await connect(tab, { uri: site.url, way, options: RESUMABLE });
      await talk(tab);
      return tab;
    });
    for (const tab of tabs) await tab.close();
  },
});

for (const trouble of [FROZEN, OFFLINE]) {
  for (const way of WAYS) {
    test(`a page that ${trouble.name} for longer than a heartbeat loses and doubles nothing (${way.name}) @chromium`, async ({
      startSite,
      openTab,
    }) => {
      const { hall, options } = openHall(60_000);
      const site = await startSite(options);
      const tab = await openTab(site, way);
      await goOn(tab, hall);
      for (let round = 0; round < 2; round += 1) {
        await trouble.begin(tab);
        // The server gives up the connection, and waits.
        await expect.poll(() => site.io.engine.counters.suspended, { timeout: 15_000 }).toBe(1);
        await trouble.end(tab);
        await goOn(tab, hall);
      }
      expect(site.io.engine.counters.resumed).toBeGreaterThanOrEqual(2);
      await expectNothingLost(tab, hall);
    });

    test(`a page that ${trouble.name} for longer than the server waits is told so, and comes back (${way.name}) @chromium`, async ({
      startSite,
      openTab,
    }) => {
      const { hall, options } = openHall(300);
      const site = await startSite(options);
      const tab = await openTab(site, way);
      await goOn(tab, hall);
      await trouble.begin(tab);
      await expect.poll(() => hall.left, { timeout: 15_000 }).toEqual(["session expired"]);
      await trouble.end(tab);
      await expect.poll(async () => valuesOf(await newsOf(tab), "disconnect")).toHaveLength(1);
      expect(valuesOf(await newsOf(tab), "disconnect")[0]).toMatch(/^session (unknown|expired)$/);
      await expect.poll(() => tab.evaluate(() => socket.connected)).toBe(true);
      await goOn(tab, hall);
      // The end of the lost session is missing, both ways; nothing of it comes twice, nor out of order.
      const news = await newsOf(tab);
      const at = news.findIndex(([kind]) => kind === "disconnect");
      expectWhole(valuesOf(news.slice(0, at), "said"), "what the page heard before");
      expectWhole(valuesOf(news.slice(at), "said"), "what the page heard afterwards");
      expect(hall.heard).toEqual([...new Set(hall.heard)].sort((one, other) => one - other));
      expectWhole(
        hall.heard.slice(hall.heard.findIndex((number, index) => number !== (hall.heard[0] ?? 0) + index)),
        "afterwards",
      );
    });
  }
}
