// The `test` of every spec: Playwright's, with sites that are closed after the test, and pages that hold a client.
import { type Frame, type Page, test as base } from "@playwright/test";
import type * as Client from "@everwire/client";
import { Site, type SiteOptions } from "./site.js";

declare global {
  // What the pages of pages.ts and the helpers below put there.
  /** The module; not on a page with the script bundle. */
  var client: typeof Client | undefined;
  var io: typeof Client.io;
  var socket: Client.Socket;
  /** Transport classes for their names (`XHR`, `Fetch`); other names stay names. */
  var transportsOf: (names: readonly string[]) => never;
  var ready: boolean;
  /** What a spec collects in the page. */
  var news: unknown[];
  /** What a spec waits for in the page. */
  var received: Promise<unknown>;
}

export interface Fixtures {
  /** Starts a server with pages; closed when the test ends. */
  startSite: (options?: SiteOptions) => Promise<Site>;
  /** A new page of the test's context, open at `path` with the client loaded. */
  openPage: (site: Site, path?: string) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixture's dependencies from this pattern
  startSite: async ({}, use) => {
    const sites: Site[] = [];
    await use(async (options = {}) => {
      const site = new Site(options);
      await site.start();
      sites.push(site);
      return site;
    });
    for (const site of sites) await site.kill();
  },

  openPage: async ({ context }, use) => {
    await use(async (site, path = "/esm") => {
      const page = await context.newPage();
      await page.goto(site.url + path);
      await page.waitForFunction(() => globalThis.ready);
      return page;
    });
  },
});

export { expect, type Frame, type Page } from "@playwright/test";

/** How a client reaches the server. A transport class is named, because it lives in the page. */
export interface Way {
  readonly name: string;
  readonly transports: readonly string[];
  /** The transport that carries the messages in the end. */
  readonly settled: "polling" | "websocket";
}

export const WAYS: readonly Way[] = [
  { name: "polling over XHR", transports: ["XHR"], settled: "polling" },
  { name: "polling over fetch", transports: ["Fetch"], settled: "polling" },
  { name: "WebSocket alone", transports: ["websocket"], settled: "websocket" },
  { name: "polling that upgrades", transports: ["polling", "websocket"], settled: "websocket" },
];

export const [XHR, FETCH, WEBSOCKET, UPGRADE] = WAYS as [Way, Way, Way, Way];

/** The same without transport classes, which a page with the script bundle does not have. */
export const SCRIPT_WAYS: readonly Way[] = [
  { name: "polling", transports: ["polling"], settled: "polling" },
  WEBSOCKET,
  UPGRADE,
];

export interface ConnectOptions {
  uri?: string;
  way?: Way;
  options?: Record<string, unknown>;
}

/** Connects `globalThis.socket` of the page, and waits until it settled on its transport. Rejects with the first `connect_error`. */
export async function connect(page: Page | Frame, { uri, way, options = {} }: ConnectOptions = {}): Promise<void> {
  await page.evaluate(
    ([uri, way, options]) =>
      new Promise<void>((resolve, reject) => {
        const all = way === undefined ? options : { ...options, transports: transportsOf(way.transports) };
        globalThis.socket = uri === undefined ? io(all) : io(uri, all);
        const onRefused = (error: Error): void => {
          socket.disconnect();
          reject(error);
        };
        socket.once("connect_error", onRefused);
        socket.once("connect", () => {
          socket.off("connect_error", onRefused);
          const { engine } = socket.io;
          if (way === undefined || engine.transport.name === way.settled) resolve();
          else engine.once("upgrade", () => resolve());
        });
      }),
    [uri, way, options] as const,
  );
}

/** Emits in the page and gives what the server acknowledged. */
export function emitWithAck(page: Page | Frame, event: string, ...args: unknown[]): Promise<unknown> {
  return page.evaluate(([event, args]) => socket.timeout(5_000).emitWithAck(event, ...args) as Promise<unknown>, [
    event,
    args,
  ] as const);
}

/** The name of the transport that the page's socket uses now. */
export function transportOf(page: Page): Promise<string> {
  return page.evaluate(() => socket.io.engine.transport.name);
}
