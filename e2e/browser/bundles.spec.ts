// The files that the server serves: the module and the script, in a page and in workers, with what surrounds them.
import type { Server } from "@everwire/server";
import { BUNDLES, isEverwire } from "./support/peer.js";
import type { Site } from "./support/site.js";
import { connect, emitWithAck, expect, type Page, SCRIPT_WAYS, test, transportOf } from "./support/test.js";

function echo(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("echo", (value: unknown, ack: (value: unknown) => void) => {
      ack(value);
    });
  });
}

for (const way of SCRIPT_WAYS) {
  const { transports, settled } = way;

  test(`the script bundle gives a global io (${way.name})`, async ({ startSite, openPage }) => {
    const site = await startSite({ setup: echo });
    const page = await openPage(site, "/umd");
    expect(await page.evaluate(() => [typeof io, typeof (io as unknown as { Manager: unknown }).Manager])).toEqual([
      "function",
      "function",
    ]);
    await connect(page, { way });
    expect(await transportOf(page)).toBe(settled);
    expect(await emitWithAck(page, "echo", "from a script 𝒳")).toBe("from a script 𝒳");
    const bytes = await page.evaluate(async () => {
      const back = (await socket.emitWithAck("echo", new Uint8Array([1, 2, 3]))) as ArrayBuffer;
      return [...new Uint8Array(back)];
    });
    expect(bytes).toEqual([1, 2, 3]);
  });

  for (const kind of ["module", "classic"] as const) {
    test(`a ${kind} worker talks to the server (${way.name})`, async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo, server: { resume: { windowMs: 500 } } });
      const page = await openPage(site);
      expect(await startWorker(page, kind)).toBe("ready");
      const options = { transports };
      expect(await callWorker(page, { connect: { uri: site.url, options, settled } })).toBe(settled);
      expect(await callWorker(page, { emit: ["echo", "from a worker 𝒳"] })).toBe("from a worker 𝒳");
      const bytes = await page.evaluate(async () => {
        const back = (await globalThis.callWorker({ emit: ["echo", new Uint8Array([4, 5])] })) as ArrayBuffer;
        return [...new Uint8Array(back)];
      });
      expect(bytes).toEqual([4, 5]);
      await closesWithItsWorker(page, site);
    });
  }
}

test("the module exports what users import", async ({ startSite, openPage }) => {
  const page = await openPage(await startSite());
  const kinds = await page.evaluate(() =>
    Object.fromEntries(Object.entries(globalThis.client ?? {}).map(([name, value]) => [name, typeof value])),
  );
  expect(kinds).toMatchObject({ io: "function", connect: "function", default: "function", Manager: "function" });
  expect(kinds).toMatchObject({ Socket: "function", Fetch: "function", XHR: "function", WebSocket: "function" });
  expect(kinds).toMatchObject({ protocol: "number" });
});

test("the bundles come with a type, an ETag, compression, and their source maps", async ({ startSite, request }) => {
  const site = await startSite();
  for (const file of Object.values(BUNDLES)) {
    const answer = await request.get(`${site.url}/socket.io/${file}`);
    expect(answer.status()).toBe(200);
    expect(answer.headers()["content-type"]).toBe("application/javascript; charset=utf-8");
    expect(answer.headers()["content-encoding"]).toMatch(/^(br|gzip|deflate)$/);
    const etag = answer.headers()["etag"] ?? "";
    expect(etag).toMatch(/^(W\/)?".+"$/);
    const again = await request.get(`${site.url}/socket.io/${file}`, { headers: { "If-None-Match": etag } });
    expect(again.status()).toBe(304);
    expect(await answer.text()).toContain(`sourceMappingURL=${file}.map`);
    const map = await request.get(`${site.url}/socket.io/${file}.map`);
    expect(map.headers()["content-type"]).toBe("application/json; charset=utf-8");
    expect(await map.json()).toMatchObject({ version: 3 });
  }
});

test("a page that asks for the usual file names works unchanged", async ({ startSite, openPage }) => {
  test.skip(!isEverwire, "these are the names of the stock files");
  const site = await startSite({ setup: echo });
  const page = await openPage(site, "/umd");
  await page.evaluate(() => {
    Reflect.deleteProperty(globalThis, "io");
  });
  await page.addScriptTag({ url: "/socket.io/socket.io.min.js" });
  await connect(page);
  expect(await emitWithAck(page, "echo", 1)).toBe(1);
});

declare global {
  var callWorker: (call?: unknown) => Promise<unknown>;
}

async function startWorker(page: Page, kind: "module" | "classic"): Promise<unknown> {
  return page.evaluate((kind) => {
    const worker = new Worker(`/worker-${kind}.js`, { type: kind });
    Object.assign(globalThis, { worker });
    globalThis.callWorker = (call) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<{ result?: unknown; error?: string }>) => {
          if (data.error === undefined) resolve(data.result);
          else reject(new Error(data.error));
        };
        worker.onerror = (event) => reject(new Error(event.message));
        if (call !== undefined) worker.postMessage(call);
      });
    return globalThis.callWorker();
  }, kind);
}

function callWorker(page: Page, call: unknown): Promise<unknown> {
  return page.evaluate((call) => globalThis.callWorker(call), call);
}

/** At once over WebSocket; a worker that polled ends without a word, and its session when nobody has come back to it in time. */
async function closesWithItsWorker(page: Page, site: Site): Promise<void> {
  await page.evaluate(() => {
    (globalThis as unknown as { worker: Worker }).worker.terminate();
  });
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
}
