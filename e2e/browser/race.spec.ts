// The strategy "race" in pages: both transports are started, one is kept, and the next visit begins with it.
import { startFaultProxy } from "@everwire/testkit";
import { isEverwire } from "./support/peer.js";
import { expect, test, type Page } from "./support/test.js";

test.skip(!isEverwire, "no other client races");

/** Races, and gives what won. */
function race(page: Page, options: Record<string, unknown> = {}): Promise<string> {
  return page.evaluate(
    (options) =>
      new Promise<string>((resolve, reject) => {
        globalThis.socket = io({ strategy: "race", upgrade: false, forceNew: true, ...options });
        socket.once("connect_error", reject);
        socket.io.engine.once("open", () => (globalThis.news = [socket.io.engine.transport.name]));
        socket.once("connect", () => resolve(String(globalThis.news[0])));
      }),
    options,
  );
}

const kept = (page: Page): Promise<[string, string][]> => page.evaluate(() => Object.entries(localStorage));

test("the server keeps one session of a race, and the next visit begins with what won", async ({
  startSite,
  openPage,
}) => {
  const site = await startSite();
  const opened: string[] = [];
  site.io.engine.on("connection", (session: { transport: { name: string } }) => opened.push(session.transport.name));
  const page = await openPage(site);
  const winner = await race(page);
  await expect.poll(() => opened.length).toBe(2);
  await expect.poll(() => site.io.engine.clientsCount).toBe(1);
  expect(site.io.engine.counters.suspended).toBe(0);
  expect(await kept(page)).toEqual([
    [`everwire 127.0.0.1:${String(site.port)}/socket.io/`, expect.stringMatching(new RegExp(`^\\d{13} ${winner}$`))],
  ]);

  await page.reload();
  await page.waitForFunction(() => globalThis.ready);
  opened.length = 0;
  expect(await race(page)).toBe(winner);
  expect(opened).toEqual([winner]);
});

for (const [blocked, other] of [
  ["websocket", "polling"],
  ["polling", "websocket"],
] as const) {
  test(`a proxy that lets ${blocked} hang is no hindrance`, async ({ startSite, context }) => {
    const site = await startSite();
    const proxy = await startFaultProxy(site.port);
    try {
      const page = await context.newPage();
      await page.goto(`${proxy.url}/esm`);
      await page.waitForFunction(() => globalThis.ready);
      // Of polling, its first request: the page itself came the same way.
      await page.route(/transport=polling/, (route) => (blocked === "polling" ? undefined : route.continue()));
      if (blocked === "websocket") proxy.set({ block: "websocket", blocksSilently: true });
      expect(await race(page)).toBe(other);
      expect(site.sockets).toHaveLength(1);
    } finally {
      await proxy.close();
    }
  });
}

test("a page whose storage is closed to it races all the same, and remembers as long as it is there", async ({
  startSite,
  openPage,
}) => {
  const site = await startSite();
  const page = await openPage(site);
  await page.evaluate(() =>
    Object.defineProperty(globalThis, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    }),
  );
  const winner = await race(page);
  const first = await page.evaluate(() => {
    socket.disconnect();
    return io({ strategy: "race", forceNew: true }).io.engine.transport.name;
  });
  expect(first).toBe(winner);
});
