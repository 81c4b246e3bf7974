// Pages of Socket.IO 2 that use JSONP: scripts and forms instead of requests, with the published bundle in a real browser. Against
// the stock server too (EVERWIRE_PEER=socket.io), but for what that one lets in.
import { isEverwire } from "./support/peer.js";
import { callOld, connectOld, echo, OLD_SERVER, type OldGlobals } from "./support/old-page.js";
import { expect, test } from "./support/test.js";

const JSONP = { forceJSONP: true, transports: ["polling"] };

test("a page talks by JSONP: text of all kinds, long text, acks, rooms, binary from the server", async ({
  startSite,
  page,
}) => {
  const site = await startSite({ server: OLD_SERVER, setup: echo });
  const answers: string[] = [];
  page.on("response", (response) => {
    if (response.url().includes("transport=polling") && response.request().method() === "GET")
      answers.push(`${response.request().resourceType()} ${response.headers()["content-type"] ?? ""}`);
  });
  const id = await connectOld(site, page, site.url, JSONP);
  expect(site.sockets.map((socket) => socket.id)).toEqual([id]);
  expect(site.socket.conn.protocol).toBe(3);

  const texts = ["€ 𝒳 👩🏽‍🚀 \u2028\u2029 </script>", "line\nbreak \\n \\\\n", "\"'&+%=", "x\n".repeat(20_000)];
  expect(await callOld(page, "echo", ...texts)).toEqual(texts);
  await callOld(page, "join");
  const told = page.evaluate(
    () =>
      new Promise<unknown[]>((resolve) => {
        const { old } = globalThis as unknown as OldGlobals;
        old.on("told", (text: string, bytes: ArrayBuffer) => resolve([text, ...new Uint8Array(bytes)]));
      }),
  );
  await callOld(page, "echo", "listening");
  site.io.to("room").emit("told", texts[0], Buffer.from([0, 255, 4]));
  expect(await told).toEqual([texts[0], 0, 255, 4]);
  expect(new Set(answers)).toEqual(
    new Set([isEverwire ? "script text/javascript; charset=UTF-8" : "script text/plain; charset=UTF-8"]),
  );
});

test("a page hears of its end, and the server of the page's", async ({ startSite, page }) => {
  const site = await startSite({ server: OLD_SERVER, setup: echo });
  await connectOld(site, page, site.url, JSONP);
  const ended = page.evaluate(
    () =>
      new Promise<unknown>((resolve) => {
        (globalThis as unknown as OldGlobals).old.on("disconnect", (reason: string) => resolve(reason));
      }),
  );
  await callOld(page, "echo", "listening");
  site.socket.disconnect();
  expect(await ended).toBe("io server disconnect");
});

test("a page of another origin gets in where the server names it", async ({ startSite, page }) => {
  const pages = await startSite();
  const server = await startSite({ server: { ...OLD_SERVER, cors: { origin: pages.url } }, setup: echo });
  expect(await connectOld(pages, page, server.url, JSONP)).toBe([...server.io.sockets.sockets.keys()][0]);
  expect(await callOld(page, "echo", "far away")).toEqual(["far away"]);
});

if (isEverwire) {
  test("a page of another origin reads nothing where the server does not name it, whatever it hides", async ({
    startSite,
    page,
  }) => {
    const pages = await startSite();
    const server = await startSite({ server: OLD_SERVER, setup: echo });
    expect(await connectOld(pages, page, server.url, JSONP)).toBe("refused");
    await page.evaluate(() => {
      const meta = document.createElement("meta");
      meta.name = "referrer";
      meta.content = "no-referrer";
      document.head.append(meta);
    });
    const refusal = new Promise<unknown>((resolve) => {
      server.io.engine.once("connection_error", (error: { code: number; context: unknown }) => resolve(error.context));
    });
    await page.evaluate((url) => {
      const script = document.createElement("script");
      script.src = `${url}/socket.io/?EIO=3&transport=polling&j=77`;
      document.head.append(script);
    }, server.url);
    expect(await refusal).toEqual({ message: "origin not allowed" });
    expect(server.io.engine.clientsCount).toBe(0);
  });
}
