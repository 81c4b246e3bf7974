// WebTransport in a page: our bundle on the page's own WebTransport class. Tests have no QUIC, so the class is the one of
// `@fails-components/webtransport` for browsers, which opens the same sessions over a WebSocket.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { startWebTransport, type WebTransportServer, WINDOWS } from "../support/webtransport-server.js";
import type { Site } from "./support/site.js";
import { emitWithAck, expect, test as base, transportOf } from "./support/test.js";

/** The library's folder, and its files as a page loads them: one import is of a logger for Node. */
const LIBRARY = dirname(fileURLToPath(import.meta.resolve("@fails-components/webtransport")));
const NO_LOGGER = "const debug = () => Object.assign(() => undefined, { extend: debug });";

interface Fixtures {
  /** A site that serves WebTransport besides, on a port of its own; and a page with the library, on it. */
  openWebTransport: (options?: { cors?: boolean; page?: string }) => Promise<{ site: Site; page: Page }>;
}

const test = base.extend<Fixtures>({
  openWebTransport: async ({ startSite, openPage, context }, use) => {
    const servers: WebTransportServer[] = [];
    await use(async ({ cors = true, page: path = "/esm" } = {}) => {
      const site = await startSite({
        server: {
          transports: ["polling", "webtransport"],
          maxHttpBufferSize: 4e6,
          // The port is another one than the page's, which makes another origin.
          ...(cors ? { cors: { origin: /^http:\/\/127\.0\.0\.1:/ } } : {}),
        },
        setup: (io) => {
          io.on("connection", (socket) => {
            socket.on("echo", (value: unknown, ack: (value: unknown) => void) => ack(value));
            socket.on("leave", () => socket.disconnect(true));
          });
        },
      });
      const server = await startWebTransport(site.io.engine, "/socket.io/");
      servers.push(server);
      await context.route("**/webtransport-library/**", async (route) => {
        const path = new URL(route.request().url()).pathname.replace("/webtransport-library/", "");
        // As the "browser" field of its package.json says.
        const name = path === "webstreams.js" ? "webstreams.browser.js" : path;
        const source = await readFile(join(LIBRARY, name), "utf8");
        const body = source.replace("import debug from 'debug'", NO_LOGGER);
        await route.fulfill({ contentType: "text/javascript", body });
      });
      const page = await openPage(site, path);
      await page.evaluate(
        async ([port, windows]) => {
          // Not resolved before it is in the page.
          const library = "/webtransport-library/index.browser.js";
          const { WebTransportPonyfill } = (await import(library)) as { WebTransportPonyfill: typeof WebTransport };
          globalThis.WebTransport = class extends WebTransportPonyfill {
            constructor(uri: string | URL, options?: WebTransportOptions) {
              const url = new URL(uri);
              url.port = String(port);
              super(url.href, { ...options, ...windows });
            }
          };
        },
        [server.port, WINDOWS] as const,
      );
      return { site, page };
    });
    for (const server of servers) server.close();
  },
});

test.use({ ignoreHTTPSErrors: true });

/** Connects, and waits until the messages go by WebTransport. */
async function connect(page: Page, transports: string[]): Promise<void> {
  await page.evaluate(
    (transports) =>
      new Promise<void>((resolve, reject) => {
        globalThis.socket = io({ transports, reconnectionDelay: 10 } as never);
        socket.once("connect_error", reject);
        socket.once("connect", () => {
          const { engine } = socket.io;
          if (engine.transport.name === "webtransport") resolve();
          else engine.once("upgrade", () => resolve());
        });
      }),
    transports,
  );
  expect(await transportOf(page)).toBe("webtransport");
}

const UNICODE = "€ ünïcode 𝒳 👩🏽‍🚀 שלום \u0000 \u001e \u2028";

for (const transports of [["webtransport"], ["polling", "webtransport"]]) {
  test.describe(`WebTransport ${transports.length === 1 ? "alone" : "reached from polling"} @chromium`, () => {
    test("carries JSON, text outside the basic plane, binary and Blobs", async ({ openWebTransport }) => {
      const { site, page } = await openWebTransport();
      await connect(page, transports);
      await expect.poll(() => site.socket.conn.transport.name).toBe("webtransport");
      for (const value of [UNICODE, 0, null, { deep: [UNICODE] }])
        expect(await emitWithAck(page, "echo", value)).toEqual(value);
      const bytes = await page.evaluate(async () => {
        const value = {
          view: Uint8Array.of(9, 1, 2, 255).subarray(1),
          blob: new Blob(["hé"]),
          empty: new ArrayBuffer(0),
        };
        const answer = (await socket.timeout(5_000).emitWithAck("echo", value)) as Record<string, ArrayBuffer>;
        return Object.values(answer).map((part) => [part instanceof ArrayBuffer, ...new Uint8Array(part)]);
      });
      expect(bytes).toEqual([[true, 1, 2, 255], [true, 104, 195, 169], [true]]);
    });

    test("carries a megabyte", async ({ openWebTransport }) => {
      const { page } = await openWebTransport();
      await connect(page, transports);
      const lengths = await page.evaluate(async () => {
        const text = (await socket.timeout(20_000).emitWithAck("echo", "x".repeat(1_000_000))) as string;
        const bytes = (await socket
          .timeout(20_000)
          .emitWithAck("echo", new Uint8Array(1_000_000).fill(7))) as ArrayBuffer;
        return [text.length, new Uint8Array(bytes).every((byte) => byte === 7), bytes.byteLength];
      });
      expect(lengths).toEqual([1_000_000, true, 1_000_000]);
    });

    test("ends as either side wants, and comes back", async ({ openWebTransport }) => {
      const { site, page } = await openWebTransport();
      await connect(page, transports);
      const reason = await page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            socket.once("disconnect", resolve);
            socket.emit("leave");
          }),
      );
      expect(reason).toBe("io server disconnect");
      await page.evaluate(() => void socket.connect());
      await expect.poll(() => site.sockets.length).toBe(1);
      expect(await emitWithAck(page, "echo", "again")).toBe("again");
      const left = new Promise<string>((resolve) => site.socket.once("disconnect", resolve));
      await page.evaluate(() => void socket.disconnect());
      expect(await left).toBe("client namespace disconnect");
    });
  });
}

test("the script bundle has it too @chromium", async ({ openWebTransport }) => {
  const { page } = await openWebTransport({ page: "/umd" });
  await connect(page, ["webtransport"]);
  expect(await emitWithAck(page, "echo", UNICODE)).toBe(UNICODE);
});

test("a page of a foreign origin stays where it was let in @chromium", async ({ openWebTransport }) => {
  const { site, page } = await openWebTransport({ cors: false });
  const error = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        globalThis.socket = io({ transports: ["polling", "webtransport"] });
        socket.on("connect", () => void socket.io.engine.on("upgradeError", (error: Error) => resolve(error.message)));
      }),
  );
  expect(error).toMatch(/^probe error: /);
  expect(await emitWithAck(page, "echo", "by polling")).toBe("by polling");
  expect(site.socket.conn.transport.name).toBe("polling");
});
