// Who may come in: middleware, origins, cookies.
import type { Server } from "@everwire/server";
import { isEverwire } from "./support/peer.js";
import type { Site } from "./support/site.js";
import {
  connect,
  emitWithAck,
  expect,
  type Frame,
  type Page,
  SCRIPT_WAYS,
  test,
  UPGRADE,
  WAYS,
  WEBSOCKET,
} from "./support/test.js";

function ack(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("cookie", (ack: (cookie: unknown) => void) => {
      ack(socket.handshake.headers.cookie ?? null);
    });
  });
}

/** Tries to connect; "connected", or why not. */
async function attempt(page: Page | Frame, site: Site, options: Parameters<typeof connect>[1] = {}): Promise<string> {
  return connect(page, { uri: site.url, ...options }).then(
    () => "connected",
    (error: unknown) => /error: (.*)|^(.*)$/im.exec((error as Error).message)?.[0] ?? "failed",
  );
}

for (const way of WAYS) {
  test(`middleware refuses with a reason, and lets in who knows the word (${way.name})`, async ({
    startSite,
    openPage,
  }) => {
    const site = await startSite({
      setup: (io) => {
        io.use((socket, next) => {
          if (socket.handshake.auth["word"] === "sesame") {
            next();
            return;
          }
          next(Object.assign(new Error("not you"), { data: { code: 42, hint: ["säsäm"] } }));
        });
        ack(io);
      },
    });
    const page = await openPage(site);
    const refused = await page.evaluate(
      (transports) =>
        new Promise((resolve) => {
          globalThis.socket = io({ transports: transportsOf(transports) });
          socket.once("connect_error", (error: Error & { data?: unknown }) => {
            resolve([error instanceof Error, error.message, error.data, socket.connected, socket.active]);
          });
        }),
      way.transports,
    );
    expect(refused).toEqual([true, "not you", { code: 42, hint: ["säsäm"] }, false, false]);
    expect(site.sockets).toHaveLength(0);

    const id = await page.evaluate(
      () =>
        new Promise((resolve) => {
          socket.auth = (answer: (auth: Record<string, unknown>) => void) => setTimeout(answer, 10, { word: "sesame" });
          socket.once("connect", () => resolve(socket.id));
          socket.connect();
        }),
    );
    expect(site.sockets.map((socket) => socket.id)).toEqual([id]);
  });
}

test.describe("from another origin", () => {
  for (const way of WAYS) {
    test(`is let in where CORS names the origin (${way.name})`, async ({ startSite, openPage }) => {
      const home = await startSite();
      const site = await startSite({ server: { cors: { origin: home.url } }, setup: ack });
      const page = await openPage(home);
      expect(await attempt(page, site, { way })).toBe("connected");
      expect(site.sockets[0]?.handshake.headers.origin).toBe(home.url);
      expect(site.sockets[0]?.handshake.xdomain).toBe(true);
    });
  }

  for (const way of WAYS.filter(({ transports }) => transports[0] !== "websocket")) {
    test(`is refused without CORS (${way.name})`, async ({ startSite, openPage }) => {
      const [home, site] = [await startSite(), await startSite({ setup: ack })];
      const page = await openPage(home);
      expect(await attempt(page, site, { way })).toMatch(/error/);
      expect(site.sockets).toHaveLength(0);
    });
  }

  test("is refused on WebSocket too, which knows no CORS", async ({ startSite, openPage }) => {
    test.skip(!isEverwire, "the stock server accepts any origin on WebSocket");
    const home = await startSite();
    const other = await startSite({ server: { cors: { origin: "https://elsewhere.example" } }, setup: ack });
    const plain = await startSite({ setup: ack });
    const page = await openPage(home);
    expect(await attempt(page, plain, { way: WEBSOCKET })).toMatch(/websocket error/);
    expect(await attempt(page, other, { way: WEBSOCKET })).toMatch(/websocket error/);
    expect(plain.io.engine.clientsCount).toBe(0);
    expect(other.io.engine.clientsCount).toBe(0);
  });

  for (const way of SCRIPT_WAYS) {
    test(`is refused from a sandboxed frame, whose origin is null (${way.name})`, async ({ startSite, openPage }) => {
      test.skip(!isEverwire, "the stock server accepts any origin on WebSocket");
      const site = await startSite({ setup: ack });
      const page = await openPage(site, "/sandbox");
      const frame = page.frames().find((other) => other !== page.mainFrame());
      if (frame === undefined) throw new Error("failed to find the frame");
      await frame.waitForFunction(() => globalThis.ready);
      expect(await frame.evaluate(() => globalThis.origin)).toBe("null");
      expect(await attempt(frame, site, { way })).toMatch(/error/);
      expect(site.sockets).toHaveLength(0);
    });
  }

  for (const way of WAYS) {
    test(`sends cookies with withCredentials (${way.name})`, async ({ startSite, openPage }) => {
      const home = await startSite();
      const site = await startSite({
        server: { cors: { origin: home.url, credentials: true } },
        setup: (io) => {
          ack(io);
          io.engine.on("initial_headers", (headers: Record<string, unknown>) => {
            headers["set-cookie"] = "seat=12A; Path=/; SameSite=Lax";
          });
        },
      });
      const page = await openPage(home);
      const options = { withCredentials: true, forceNew: true };
      expect(await attempt(page, site, { way, options })).toBe("connected");
      expect(await emitWithAck(page, "cookie")).toBeNull();
      expect(await attempt(page, site, { way, options })).toBe("connected");
      expect(await emitWithAck(page, "cookie")).toBe("seat=12A");
    });
  }

  test("sends no cookies without withCredentials", async ({ startSite, openPage }) => {
    const home = await startSite();
    const site = await startSite({
      server: { cors: { origin: home.url, credentials: true }, transports: ["polling"] },
      setup: (io) => {
        ack(io);
        io.engine.on("initial_headers", (headers: Record<string, unknown>) => {
          headers["set-cookie"] = "seat=12A; Path=/; SameSite=Lax";
        });
      },
    });
    const page = await openPage(home);
    for (let visit = 0; visit < 2; visit++) {
      expect(await attempt(page, site, { options: { forceNew: true } })).toBe("connected");
      expect(await emitWithAck(page, "cookie")).toBeNull();
    }
  });
});

test("cookies of the own origin are sent and set, on the page's own server", async ({
  startSite,
  openPage,
  context,
}) => {
  const site = await startSite({
    server: { cookie: { name: "wire", httpOnly: true, sameSite: "lax" } },
    setup: ack,
  });
  const page = await openPage(site);
  await connect(page, { way: UPGRADE });
  const cookies = await context.cookies(site.url);
  expect(cookies.map(({ name, httpOnly }) => [name, httpOnly])).toEqual([["wire", true]]);
  await connect(page, { way: UPGRADE, options: { forceNew: true } });
  expect(await emitWithAck(page, "cookie")).toMatch(/^wire=/);
});
