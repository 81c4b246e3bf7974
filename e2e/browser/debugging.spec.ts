// What a person who looks for a fault sees: the trace that `localStorage.debug` turns on, and the frames of the developer tools. What
// docs/guide/debugging.md says of both is tested here.
import type { Server } from "@everwire/server";
import type { Page } from "@playwright/test";
import { isEverwire } from "./support/peer.js";
import { connect, emitWithAck, expect, test, UPGRADE, WEBSOCKET, XHR } from "./support/test.js";

function serve(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("say", (text: string, ack: (text: string) => void) => ack(`heard ${text}`));
    socket.on("burst", (count: number) => {
      for (let number = 1; number <= count; number++) socket.emit("number", number);
      socket.emit("bytes", Buffer.of(1, 2, 3));
    });
  });
}

/** A page whose client is one of the files that the server serves, in a browser that is told what to trace. */
async function open(page: Page, url: string, file: string, setting?: string): Promise<string[]> {
  const lines: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "debug") lines.push(message.text());
  });
  await page.goto(`${url}/blank`);
  if (setting !== undefined) await page.evaluate((value) => localStorage.setItem("debug", value), setting);
  if (file.includes(".esm"))
    await page.evaluate(async (address) => {
      const client = (await import(address)) as typeof globalThis.client;
      Object.assign(globalThis, { io: client?.io });
    }, `/socket.io/${file}`);
  else await page.addScriptTag({ url: `/socket.io/${file}` });
  await page.evaluate(() => {
    globalThis.transportsOf = (names) => names as never;
  });
  return lines;
}

/** What had been printed before this line has come before it. */
function sayEnd(page: Page): Promise<void> {
  // eslint-disable-next-line no-console -- the page's
  return page.evaluate(() => console.debug("the end"));
}

test.skip(!isEverwire, "the trace is ours");

for (const file of ["everwire.esm.js", "everwire.js"])
  test.describe(`the readable ${file}`, () => {
    test("traces packets, transports and states when localStorage.debug asks for it", async ({ page, startSite }) => {
      const site = await startSite({ setup: serve });
      const lines = await open(page, site.url, file, "everwire:*");
      await connect(page, { way: UPGRADE });
      expect(await emitWithAck(page, "say", "hello 👋")).toBe("heard hello 👋");
      await page.evaluate(() => void socket.disconnect());
      for (const line of [
        /^everwire:manager opening http:\S+$/,
        /^everwire:manager open http:\S+$/,
        /^everwire:manager closed http:\S+$/,
        /^everwire:transport open polling$/,
        /^everwire:transport open websocket$/,
        /^everwire:session open \S+$/,
        /^everwire:upgrade probing$/,
        /^everwire:upgrade upgraded$/,
        /^everwire:socket connecting \/$/,
        /^everwire:socket connected \/$/,
        /^everwire:socket disconnected \/$/,
        /^everwire:send CONNECT \//,
        /^everwire:receive CONNECT \//,
        /^everwire:send EVENT \/ #0 .*say.*hello 👋/,
        /^everwire:receive ACK \/ #0 .*heard hello 👋/,
        /^everwire:wire < polling 0\{"sid":"/,
        /^everwire:wire > polling 40$/,
        /^everwire:wire < websocket 3probe$/,
        /^everwire:wire > websocket 420\["say","hello 👋"\]$/,
        /^everwire:wire < websocket 430\["heard hello 👋"\]$/,
      ])
        await expect.poll(() => lines.filter((text) => line.test(text)).length, String(line)).toBe(1);
    });

    test("traces those subjects alone that are named", async ({ page, startSite }) => {
      const site = await startSite({ setup: serve });
      const lines = await open(page, site.url, file, "app:*, everwire:s*, -everwire:session");
      await connect(page, { way: WEBSOCKET });
      await emitWithAck(page, "say", "hello");
      await expect
        .poll(() => lines.map((line) => line.split(" ").slice(0, 2).join(" ")))
        .toEqual([
          "everwire:socket connecting",
          "everwire:send CONNECT",
          "everwire:socket connected",
          "everwire:send EVENT",
        ]);
    });

    test("prints nothing when nothing is asked for", async ({ page, startSite }) => {
      const site = await startSite({ setup: serve });
      const lines = await open(page, site.url, file, "app:*");
      await connect(page, { way: UPGRADE });
      await emitWithAck(page, "say", "hello");
      await sayEnd(page);
      await expect.poll(() => lines).toEqual(["the end"]);
    });
  });

test("a minified bundle traces nothing, whatever is asked for", async ({ page, startSite }) => {
  const site = await startSite({ setup: serve });
  for (const file of ["everwire.esm.min.js", "everwire.min.js"]) {
    const lines = await open(page, site.url, file, "*");
    await connect(page, { way: UPGRADE });
    await emitWithAck(page, "say", "hello");
    await sayEnd(page);
    await expect.poll(() => lines).toEqual(["the end"]);
    page.removeAllListeners("console");
  }
});

test.describe("the developer tools show", () => {
  interface Frame {
    readonly opcode: number;
    readonly payloadData: string;
  }

  test("one packet a WebSocket frame, as text @chromium", async ({ context, startSite, openPage }) => {
    const site = await startSite({ setup: serve });
    const tab = await openPage(site);
    const tools = await context.newCDPSession(tab);
    const [sent, received]: Frame[][] = [[], []];
    tools.on("Network.webSocketFrameSent", ({ response }) => sent?.push(response));
    tools.on("Network.webSocketFrameReceived", ({ response }) => received?.push(response));
    await tools.send("Network.enable");
    await connect(tab, { way: WEBSOCKET });
    await tab.evaluate(() => {
      globalThis.received = new Promise((resolve) => socket.once("bytes", resolve));
      // Three events in one turn are three frames.
      for (const text of ["one", "two 👋", "three"]) socket.emit("say", text, () => undefined);
      socket.emit("burst", 2);
    });
    await tab.evaluate(() => globalThis.received);

    const text = (frames: Frame[] | undefined): string[] =>
      (frames ?? []).filter(({ opcode }) => opcode === 1).map(({ payloadData }) => payloadData);
    // Counts of the session's resume may stand between them: `6` and a number.
    const events = (frames: Frame[] | undefined): string[] => text(frames).filter((frame) => !/^[236]\d*$/.test(frame));
    await expect
      .poll(() => events(sent))
      .toEqual(["40", '420["say","one"]', '421["say","two 👋"]', '422["say","three"]', '42["burst",2]']);
    const [handshake = "", joined = "", ...rest] = events(received);
    expect(JSON.parse(handshake.replace(/^0/, ""))).toMatchObject({ sid: expect.any(String), pingInterval: 25000 });
    expect(JSON.parse(joined.replace(/^40/, ""))).toEqual({ sid: site.socket.id });
    expect(rest).toEqual([
      '430["heard one"]',
      '431["heard two 👋"]',
      '432["heard three"]',
      '42["number",1]',
      '42["number",2]',
      '451-["bytes",{"_placeholder":true,"num":0}]',
    ]);
    // Bytes are a frame of their own, the only kind that is not text.
    const binary = [...(sent ?? []), ...(received ?? [])].filter(({ opcode }) => opcode !== 1);
    expect(binary).toMatchObject([{ opcode: 2, payloadData: Buffer.of(1, 2, 3).toString("base64") }]);
  });

  // Bodies of requests are for Chromium to give: over WebDriver BiDi only newer versions of Firefox do.
  test("the same packets as text in requests and responses of long-polling @chromium", async ({
    startSite,
    openPage,
  }) => {
    const site = await startSite({ setup: serve });
    const page = await openPage(site);
    const [bodies, answers]: string[][] = [[], []];
    page.on("requestfinished", (request) => {
      if (!request.url().includes("transport=polling")) return;
      const body = request.postData();
      if (body !== null) bodies?.push(body);
      else
        void request
          .response()
          .then((response) => response?.text())
          .then((answer) => answers?.push(answer ?? ""));
    });
    await connect(page, { way: XHR });
    await page.evaluate(async () => {
      for (const text of ["one", "two"]) socket.emit("say", text, () => undefined);
      await socket.emitWithAck("say", "three");
    });
    const packets = (texts: string[] | undefined): string[] => (texts ?? []).flatMap((body) => body.split("\u001e"));
    const all = ["one", "two", "three"];
    for (const [index, text] of all.entries()) {
      await expect.poll(() => packets(bodies)).toContain(`42${index}["say","${text}"]`);
      await expect.poll(() => packets(answers)).toContain(`43${index}["heard ${text}"]`);
    }
    // Several packets in one body, for which the page made one request.
    expect(bodies).toContainEqual(all.map((text, index) => `42${index}["say","${text}"]`).join("\u001e"));
  });
});
