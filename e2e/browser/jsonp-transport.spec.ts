// The JSONP transport of the bundle for old engines: pages that have no WebSocket and may send no request to the server's origin.
import { echo } from "./support/old-page.js";
import { openLegacy } from "./support/legacy-page.js";
import type { Site } from "./support/site.js";
import { connect, emitWithAck, expect, test, transportOf, type Page } from "./support/test.js";

const JSONP = { transports: ["jsonp"] };

/** A page of one origin that has nothing but scripts and forms, and the server of another. */
async function openFarPage(
  startSite: (options?: object) => Promise<Site>,
  page: Page,
  server: object = {},
): Promise<Site> {
  const pages = await startSite();
  const site = await startSite({ server: { allowJSONP: true, cors: { origin: pages.url }, ...server }, setup: echo });
  await openLegacy(page, pages, ["requests"], { server: site });
  await page.waitForFunction(() => globalThis.ready);
  return site;
}

/** What the transport has left in the page. */
function leftovers(page: Page): Promise<unknown> {
  return page.evaluate(() => ({
    global: "___eio" in globalThis,
    scripts: document.querySelectorAll("script").length,
    frames: document.querySelectorAll("iframe,form").length,
  }));
}

test("a page without requests talks to another origin, and leaves nothing behind", async ({ startSite, page }) => {
  const site = await openFarPage(startSite, page);
  const before = await leftovers(page);
  const kinds = new Set<string>();
  page.on("request", (request) => kinds.add(`${request.method()} ${request.resourceType()}`));
  await connect(page, { uri: site.url, options: { ...JSONP, auth: { token: "t" } } });
  expect(await transportOf(page)).toBe("jsonp");
  expect(site.socket.handshake.auth).toEqual({ token: "t" });
  expect(site.socket.conn.transport.name).toBe("polling");
  for (const text of ["€ 𝒳 👩🏽‍🚀 \u2028\u2029 </script>", "line\nbreak \\n \\\\n \r\n", "\"'&+%=", "x\n".repeat(20_000)])
    expect(await emitWithAck(page, "echo", { text })).toEqual({ text });
  const bytes = await page.evaluate(async () => {
    const answer = (await socket.emitWithAck("echo", [new Uint8Array([0, 255, 4]), new Blob(["ä"])])) as ArrayBuffer[];
    return answer.map((buffer) => [...new Uint8Array(buffer)]);
  });
  expect(bytes).toEqual([
    [0, 255, 4],
    [0xc3, 0xa4],
  ]);
  expect(kinds).toEqual(new Set(["GET script", "POST document"]));
  const left = new Promise<string>((resolve) => site.socket.once("disconnect", resolve));
  await page.evaluate(() => socket.disconnect());
  expect(await left).toBe("client namespace disconnect");
  await expect.poll(() => leftovers(page)).toEqual(before);
  expect(before).toEqual({ global: false, scripts: 1, frames: 0 });
});

test("a message of a megabyte goes both ways", async ({ startSite, page }) => {
  const site = await openFarPage(startSite, page, { maxHttpBufferSize: 4e6 });
  await connect(page, { uri: site.url, options: JSONP });
  const length = await page.evaluate(async () => {
    const text = "€1234567".repeat(125_000);
    return (await socket.emitWithAck("echo", text)) === text && text.length;
  });
  expect(length).toBe(1_000_000);
});

test("two transports in a page keep apart, and beside a client that uses the same list", async ({
  startSite,
  page,
}) => {
  const site = await openFarPage(startSite, page);
  const answers = await page.evaluate(async (uri) => {
    const globals = globalThis as { ___eio?: unknown[] };
    globals.___eio = ["another client's"];
    const sockets = [0, 1].map(() => io(uri, { transports: ["jsonp"], forceNew: true }));
    const answers = await Promise.all(sockets.map((each, index) => each.emitWithAck("echo", index)));
    for (const each of sockets) each.disconnect();
    return answers;
  }, site.url);
  expect(answers).toEqual([0, 1]);
  await expect
    .poll(() => page.evaluate(() => (globalThis as { ___eio?: unknown[] }).___eio))
    .toEqual(["another client's"]);
});

test("where the server does not allow it, the page hears so", async ({ startSite, page }) => {
  const site = await openFarPage(startSite, page, { allowJSONP: false });
  await expect(connect(page, { uri: site.url, options: JSONP })).rejects.toThrow("jsonp poll error");
  await expect.poll(() => leftovers(page)).toEqual({ global: false, scripts: 1, frames: 0 });
});

test("the page goes on after the connection broke, and comes back to a server that was away", async ({
  startSite,
  page,
}) => {
  const site = await openFarPage(startSite, page);
  await connect(page, { uri: site.url, options: { ...JSONP, reconnectionDelay: 50 } });
  await page.evaluate(() => {
    globalThis.news = [];
    socket.on("connect", () => news.push("connect"));
    socket.on("disconnect", (reason) => news.push(reason));
    socket.io.on("resume", () => news.push("resume"));
  });
  site.cut();
  await expect.poll(() => page.evaluate(() => news)).toEqual(["resume"]);
  expect(await emitWithAck(page, "echo", 1)).toBe(1);
  await site.kill();
  await site.start();
  await expect.poll(() => page.evaluate(() => news)).toEqual(["resume", "session unknown", "connect"]);
  expect(await emitWithAck(page, "echo", 2)).toBe(2);
});

// WebDriver BiDi does not let the form of a frame be ended.
test("a form that did not arrive does not go unnoticed", { tag: "@chromium" }, async ({ startSite, page }) => {
  const site = await openFarPage(startSite, page);
  await connect(page, { uri: site.url, options: { ...JSONP, reconnection: false } });
  await page.evaluate(() => {
    globalThis.received = new Promise((resolve) => socket.on("disconnect", resolve));
  });
  let aborted = 0;
  await page.route(/socket\.io\/\?.*j=/, async (route) => {
    if (route.request().method() !== "POST" || aborted++) await route.fallback();
    else await route.abort();
  });
  await page.evaluate(() => socket.emit("lost"));
  await expect.poll(() => aborted).toBe(1);
  await expect.poll(() => page.evaluate(() => document.querySelectorAll("iframe").length)).toBe(0);
  await page.evaluate(() => socket.emit("next"));
  expect(await page.evaluate(() => globalThis.received)).not.toBe("io client disconnect");
});

// Firefox drops the script that is waited for with the page, and was not seen to send the farewell.
test("the server hears of a page that is left", { tag: "@chromium" }, async ({ startSite, page }) => {
  const site = await openFarPage(startSite, page);
  await connect(page, { uri: site.url, options: JSONP });
  const left = new Promise<string>((resolve) => site.socket.once("disconnect", resolve));
  await page.goto("about:blank");
  expect(await left).toBe("transport close");
});
