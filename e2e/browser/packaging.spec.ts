// The client as users build and load it: through their bundler with one transport, by an import map, across origins with the hashes of
// docs/integrity.md, under a policy that allows little.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Socket as ClientSocket } from "@everwire/client";
import type { Server } from "@everwire/server";
import { BUNDLERS, bundleApp } from "../packaging/support/bundlers.js";
import { isEverwire } from "./support/peer.js";
import type { Site } from "./support/site.js";
import { type Page, expect, test } from "./support/test.js";

test.skip(!isEverwire, "about the files of this project");

const HASHES = new Map(
  [
    ...readFileSync(join(import.meta.dirname, "..", "..", "docs", "integrity.md"), "utf8").matchAll(
      /^\| `([^`]+)`\s*\| `(sha384-[^`]+)`/gm,
    ),
  ].map(([, file, hash]) => [file!, hash!]),
);

function hashOf(file: string): string {
  const hash = HASHES.get(file);
  if (hash === undefined) throw new Error(`failed to find the hash of ${file} in docs/integrity.md`);
  return hash;
}

function echo(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("echo", (value: unknown, ack: (value: unknown) => void) => ack(value));
  });
}

async function blankPage(page: Page, site: Site): Promise<void> {
  await page.goto(`${site.url}/blank`);
}

/** Adds an element as a page would have it, and tells whether it loaded or failed. */
function load(page: Page, attributes: Record<string, string>): Promise<string> {
  return page.evaluate(
    (attributes) =>
      new Promise<string>((resolve) => {
        const script = document.createElement("script");
        for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
        script.onload = () => resolve("loaded");
        script.onerror = () => resolve("refused");
        document.head.append(script);
      }),
    attributes,
  );
}

/** Connects with the global `io` over WebSocket, and sends a text there and back. */
const talk = (page: Page, url?: string): Promise<unknown> =>
  page.evaluate(async (url) => {
    const socket = io(url ?? location.origin, { transports: ["websocket"] });
    return socket.timeout(10_000).emitWithAck("echo", "there 𝒳 and back");
  }, url);

for (const bundler of BUNDLERS) {
  for (const app of ["websocket", "everything"] as const) {
    test(`what ${bundler} makes of the package talks to a server: ${app}`, async ({ startSite, page }) => {
      const site = await startSite({ setup: echo });
      await blankPage(page, site);
      await page.addScriptTag({ content: (await bundleApp(bundler, app)).code });
      const [text, bytes, name] = await page.evaluate(async () => {
        const { connect } = globalThis as unknown as { connect: (url: string) => ClientSocket };
        const socket = connect(location.origin);
        const text: unknown = await socket.emitWithAck("echo", "built 𝒳");
        const back = (await socket.emitWithAck("echo", new Uint8Array([1, 2, 3]))) as ArrayBuffer;
        return [text, [...new Uint8Array(back)], socket.io.engine.transport.name];
      });
      expect([text, bytes]).toEqual(["built 𝒳", [1, 2, 3]]);
      if (app === "websocket") expect(name).toBe("websocket");
    });
  }
}

test("the WebSocket bundle connects at once, resumes, and asks for no transport's name", async ({
  startSite,
  page,
}) => {
  const site = await startSite({ setup: echo });
  await blankPage(page, site);
  const name = await page.evaluate(async () => {
    const bundle: string = "/socket.io/everwire.ws.esm.min.js";
    const { io } = (await import(bundle)) as { io: typeof globalThis.io };
    globalThis.socket = io(location.origin);
    globalThis.received = new Promise((resolve) => globalThis.socket.io.on("resume", resolve));
    await globalThis.socket.emitWithAck("echo", 1);
    return globalThis.socket.io.engine.transport.name;
  });
  expect(name).toBe("websocket");
  const { id } = site.socket;
  site.cut();
  await page.evaluate(() => globalThis.received);
  expect(await page.evaluate(() => globalThis.socket.emitWithAck("echo", 2))).toBe(2);
  expect(site.socket.id).toBe(id);
});

test("an import map gives a page the package's name", async ({ startSite, page }) => {
  const site = await startSite({ setup: echo });
  await blankPage(page, site);
  const answer = await page.evaluate(async () => {
    const map = document.createElement("script");
    map.type = "importmap";
    map.textContent = JSON.stringify({ imports: { "@everwire/client": "/socket.io/everwire.esm.min.js" } });
    document.head.append(map);
    const { io } = (await import("@everwire/client")) as { io: typeof globalThis.io };
    return io().emitWithAck("echo", "mapped") as Promise<unknown>;
  });
  expect(answer).toBe("mapped");
});

test("a script from another origin runs with the hash of the documentation", async ({ startSite, page }) => {
  const [site, files] = [await startSite(), await startSite({ setup: echo, server: { cors: { origin: "*" } } })];
  await blankPage(page, site);
  const src = `${files.url}/socket.io/everwire.min.js`;
  expect(await load(page, { src, integrity: hashOf("everwire.min.js"), crossorigin: "anonymous" })).toBe("loaded");
  expect(await talk(page, files.url)).toBe("there 𝒳 and back");
  const module = { type: "module", crossorigin: "anonymous", src: `${files.url}/socket.io/everwire.ws.esm.min.js` };
  expect(await load(page, { ...module, integrity: hashOf("everwire.ws.esm.min.js") })).toBe("loaded");
});

test("a script with another hash is refused", async ({ startSite, page }) => {
  const [site, files] = [await startSite(), await startSite({ server: { cors: { origin: "*" } } })];
  await blankPage(page, site);
  const src = `${files.url}/socket.io/everwire.min.js`;
  // The hash of another file, and the right one of an answer that may not be looked at.
  expect(await load(page, { src, integrity: hashOf("everwire.js"), crossorigin: "anonymous" })).toBe("refused");
  expect(await load(page, { src, integrity: hashOf("everwire.min.js") })).toBe("refused");
  expect(await page.evaluate(() => typeof (globalThis as { io?: unknown }).io)).toBe("undefined");
  const module = { type: "module", crossorigin: "anonymous", src: `${files.url}/socket.io/everwire.ws.esm.min.js` };
  expect(await load(page, { ...module, integrity: hashOf("everwire.esm.min.js") })).toBe("refused");
});

test("a policy that allows scripts and connections of the page's own origin is enough", async ({ startSite, page }) => {
  const site = await startSite({ setup: echo });
  await blankPage(page, site);
  await page.evaluate(() => {
    const meta = document.createElement("meta");
    meta.httpEquiv = "Content-Security-Policy";
    meta.content = "default-src 'none'; script-src 'self'; connect-src 'self'";
    document.head.append(meta);
  });
  expect(await load(page, { src: "data:text/javascript,0" })).toBe("refused");
  expect(await load(page, { src: "/socket.io/everwire.min.js" })).toBe("loaded");
  expect(await talk(page)).toBe("there 𝒳 and back");
});
