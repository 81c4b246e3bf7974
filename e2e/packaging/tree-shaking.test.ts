// What a user's bundler keeps of the client: with one transport imported, that one, and nothing of the others. From the built packages.
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import type { Socket } from "@everwire/client";
import { Server } from "@everwire/server";
import { until } from "@everwire/testkit";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUNDLERS, bundleApp, type App, type BundledApp } from "./support/bundlers.js";

/** What only polling, WebTransport or the upgrade would bring. */
const TEXTS = [
  ...["XMLHttpRequest", "sendBeacon", "fetch(", "xhr poll error", "xhr post error", "fetch read error"],
  ...["WebTransport", "probe error", "text/plain"],
];
const MODULES = [
  ...["transports/polling.js", "request-xhr.js", "request-fetch.js", "transports/webtransport.js", "engine/upgrade.js"],
  ...["stream-frame", "every-transport.js", "transports/index.js"],
];
/** Those that no page has a use for. */
const NEVER = ["engine.io-parser", "node_modules/ws/", ".node.js", "protocol/dist/encoder.js"];

const kept = (modules: readonly string[], wanted: readonly string[]): string[] =>
  wanted.filter((part) => modules.some((path) => path.includes(part)));
const inText = (code: string): string[] => TEXTS.filter((text) => code.includes(text));
const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length;

let server: Server;
let url: string;

beforeAll(() => {
  server = new Server(0, { serveClient: false });
  url = `http://127.0.0.1:${String((server.httpServer?.address() as { port: number }).port)}`;
  server.on("connection", (socket) => {
    socket.on("echo", (value: unknown, ack: (value: unknown) => void) => ack(value));
  });
});
afterAll(() => server.close());

/** What the app does in a page that has nothing but this. */
async function talk(code: string, more: Record<string, unknown> = {}): Promise<string[]> {
  const scope: Record<string, unknown> = { setTimeout, clearTimeout, ArrayBuffer, Uint8Array, Blob, URL, WebSocket };
  Object.assign(scope, more, { self: scope, window: scope });
  runInNewContext(code, scope);
  const socket = (scope["connect"] as (url: string, options: object) => Socket)(url, { forceNew: true });
  try {
    const { engine } = socket.io;
    const names = [engine.transport.name];
    engine.on("upgrade", ({ name }) => names.push(name));
    await new Promise<void>((resolve, reject) => {
      socket.on("connect_error", reject);
      socket.on("connect", () => resolve());
    });
    await until(() => engine.transport.name === "websocket", "the upgrade");
    const sent = { text: "grün 🙂", bytes: new Uint8Array([1, 2, 3]) };
    const got = (await socket.timeout(10_000).emitWithAck("echo", sent)) as { text: string; bytes: ArrayBuffer };
    expect([got.text, [...new Uint8Array(got.bytes)]]).toEqual(["grün 🙂", [1, 2, 3]]);
    return names;
  } finally {
    socket.disconnect();
  }
}

describe.each(BUNDLERS)("%s", (bundler) => {
  const apps = new Map<App, Promise<BundledApp>>();
  const bundled = (app: App): Promise<BundledApp> => {
    const known = apps.get(app) ?? bundleApp(bundler, app);
    apps.set(app, known);
    return known;
  };

  test("keeps everything for who knows transports by their names", async () => {
    const { code, modules } = await bundled("everything");
    expect(inText(code)).toEqual(TEXTS);
    expect(kept(modules, ["transports/polling.js", "transports/webtransport.js", "engine/upgrade.js"])).toHaveLength(3);
    expect(kept(modules, NEVER)).toEqual([]);
    expect(await talk(code, { fetch })).toEqual(["polling", "websocket"]);
  });

  test.each(["websocket", "classes"] as const)("keeps one transport where one is imported: %s", async (app) => {
    const { code, modules } = await bundled(app);
    expect(inText(code)).toEqual([]);
    expect(kept(modules, [...MODULES, ...NEVER])).toEqual([]);
    expect(kept(modules, ["transports/websocket.js"])).toHaveLength(1);
    expect(await talk(code)).toEqual(["websocket"]);
    const [all, one] = [gzipped((await bundled("everything")).code), gzipped(code)];
    // eslint-disable-next-line no-console -- how much smaller is what the reader of a test run wants to know
    console.log(`${bundler}: ${app} ${one}, everything ${all} bytes after gzip -9`);
    expect(one).toBeLessThan(all * 0.87);
  });

  test("keeps two transports and the way up from one to the other", async () => {
    const { code, modules } = await bundled("two-transports");
    expect(kept(modules, ["transports/webtransport.js", "stream-frame", ...NEVER])).toEqual([]);
    expect(code).not.toContain("WebTransport");
    expect(await talk(code, { fetch })).toEqual(["polling", "websocket"]);
  });
});
