// The React hooks in a page: one connection and one listener, whatever strict mode, hot reload and remounts do.
import type { Server, Socket } from "@everwire/server";
import type { Page } from "@playwright/test";
import react from "@vitejs/plugin-react";
import type { AppSocket } from "../react-app/wire.js";
import { isEverwire } from "./support/peer.js";
import type { Site } from "./support/site.js";
import { expect, test as base } from "./support/test.js";
import { ViteSite } from "./support/vite-site.js";

declare global {
  /** Every socket that a mounted component has used. */
  var used: Set<AppSocket>;
}

interface Scene {
  readonly site: Site;
  readonly vite: ViteSite;
  readonly page: Page;
  /** Sockets that have connected to the server so far. */
  readonly arrivals: Socket[];
  /** Sessions that have been opened so far. */
  readonly sessions: () => number;
}

const test = base.extend<{ scene: Scene }, { vite: ViteSite }>({
  scene: async ({ startSite, page }, use) => {
    base.skip(!isEverwire, "the hooks are ours");
    const vite = await ViteSite.start("react-app", {
      plugins: [react()],
      include: ["react", "react-dom/client", "react/jsx-dev-runtime", "engine.io-parser", "eventemitter3"],
    });
    const arrivals: Socket[] = [];
    let sessions = 0;
    const serve = (io: Server): void => {
      io.engine.on("connection", () => (sessions += 1));
      for (const namespace of [io.of("/"), io.of("/news")])
        namespace.on("connection", (socket) => {
          arrivals.push(socket);
          socket.on("say", (text: string, answer: (heardBy: number) => void) => {
            namespace.emit("said", text);
            answer(namespace.sockets.size);
          });
        });
    };
    const site = await startSite({ setup: serve, server: { cors: { origin: vite.url } } });
    await page.goto(`${vite.url}/?wire=${site.url}`);
    await use({ site, vite, page, arrivals, sessions: () => sessions });
    await page.goto("about:blank");
    await vite.close();
  },
});

const room = (page: Page, name: string) => page.getByRole("region", { name });
const status = (page: Page, name = "one") => room(page, name).getByRole("status");
const click = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** For each socket that was ever used and is connected: how many listeners it has for what the components listen to. */
const listeners = (page: Page): Promise<number[][]> =>
  page.evaluate(() =>
    [...used]
      .filter(({ connected }) => connected)
      .map((socket) => [
        ...(["said", "price", "connect", "disconnect", "connect_error"] as const).map(
          (event) => socket.listeners(event).length,
        ),
        ...(["suspend", "resume", "open", "reconnect_attempt"] as const).map(
          (event) => socket.io.listeners(event).length,
        ),
        socket.io.engine.listeners("upgrade").length,
      ]),
  );

const ONE_EACH = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
const TWO_ROOMS = [2, 2, 1, 1, 1, 1, 1, 1, 1, 1];

test.describe("React hooks in strict mode", () => {
  test("open one connection and add one listener", async ({ scene: { page, arrivals, sessions } }) => {
    await expect(status(page)).toHaveText("connected");
    expect(await listeners(page)).toEqual([ONE_EACH]);
    await room(page, "one").getByRole("button", { name: "say" }).click();
    await expect(room(page, "one").getByRole("listitem")).toHaveText(["heard hello from one in turn 0"]);
    await expect(room(page, "one").locator("[data-said]")).toHaveText("answered 1");
    expect([arrivals.length, sessions()]).toEqual([1, 1]);
    expect(await room(page, "one").locator("[data-id]").textContent()).toBe(arrivals[0]?.id);
    await expect(room(page, "one")).toContainText("websocket new");
  });

  test("share one socket among components, until the last one is gone", async ({ scene }) => {
    const { page, arrivals, site } = scene;
    await expect(status(page)).toHaveText("connected");
    await click(page, "toggle two");
    await expect(status(page, "two")).toHaveText("connected");
    expect(await listeners(page)).toEqual([TWO_ROOMS]);
    await click(page, "toggle one");
    await expect(room(page, "one")).toHaveCount(0);
    await room(page, "two").getByRole("button", { name: "say" }).click();
    await expect(room(page, "two").getByRole("listitem")).toHaveText(["heard hello from two in turn 0"]);
    expect(await listeners(page)).toEqual([ONE_EACH]);
    expect([arrivals.length, site.sockets.length]).toEqual([1, 1]);

    const left = new Promise((resolve) => arrivals[0]?.once("disconnect", resolve));
    await click(page, "toggle two");
    expect(await left).toBe("client namespace disconnect");
    expect(await page.evaluate(() => [...used].map((socket) => socket.listeners("said").length))).toEqual([0]);

    await click(page, "toggle one");
    await expect(status(page)).toHaveText("connected");
    expect(await page.evaluate(() => used.size)).toBe(1);
    expect([arrivals.length, site.sockets.length]).toEqual([2, 1]);
    expect(await listeners(page)).toEqual([ONE_EACH]);
  });

  test("keep the socket when components are mounted anew in one commit", async ({ scene: { page, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    await room(page, "one").getByRole("button", { name: "next turn" }).click();
    await click(page, "mount anew");
    await expect(room(page, "one")).toContainText("turn 0");
    await room(page, "one").getByRole("button", { name: "say" }).click();
    await expect(room(page, "one").getByRole("listitem")).toHaveCount(1);
    expect(arrivals).toHaveLength(1);
    expect(await listeners(page)).toEqual([ONE_EACH]);
  });

  test("call the newest listener, which is never taken off and put on again", async ({ scene: { page, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    const isSame = await page.evaluateHandle(() => {
      const [socket] = used;
      const [before] = socket?.listeners("said") ?? [];
      return () => before !== undefined && socket?.listeners("said")[0] === before;
    });
    arrivals[0]?.emit("said", "early");
    await expect(room(page, "one").getByRole("listitem")).toHaveText(["heard early in turn 0"]);
    for (const turn of [1, 2]) {
      await room(page, "one").getByRole("button", { name: "next turn" }).click();
      await expect(room(page, "one")).toContainText(`turn ${turn}`);
    }
    arrivals[0]?.emit("said", "late");
    await expect(room(page, "one").getByRole("listitem")).toHaveText(["heard early in turn 0", "heard late in turn 2"]);
    expect(await isSame.evaluate((ask) => ask())).toBe(true);
  });

  test("keep the last value of an event", async ({ scene: { page, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    await expect(room(page, "one")).toContainText("price none");
    for (const price of [3, 0]) arrivals[0]?.emit("price", price);
    await expect(room(page, "one")).toContainText("price 0");
  });

  test("say what has become of an emit", async ({ scene: { page, site } }) => {
    await expect(status(page)).toHaveText("connected");
    const said = room(page, "one").locator("[data-said]");
    await expect(said).toHaveText("idle");
    await room(page, "one").getByRole("button", { name: "never" }).click();
    await expect(room(page, "one").locator("[data-never]")).toHaveText("failed operation has timed out");
    await site.stop();
    await expect(status(page)).toContainText("reconnecting");
    await room(page, "one").getByRole("button", { name: "say" }).click();
    await expect(said).toHaveText("pending");
    await site.start();
    await expect(said).toHaveText("answered 1");
  });
});

test.describe("useConnection", () => {
  test("tells of a line that is suspended and resumed", async ({ scene: { page, site, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    await page.evaluate(() => {
      const seen: string[] = [];
      const line = document.querySelector("[role=status]");
      new MutationObserver(() => seen.push(line?.textContent ?? "")).observe(line as Element, {
        subtree: true,
        characterData: true,
        childList: true,
      });
      Object.assign(globalThis, { seen });
    });
    site.cut();
    await expect
      .poll(() => page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen))
      // Firefox calls a reset an error, Chromium a close.
      .toEqual([expect.stringMatching(/^suspended: transport (?:close|error)$/), "connected"]);
    expect(arrivals).toHaveLength(1);
    expect(await listeners(page)).toEqual([ONE_EACH]);
  });

  test("tells of a server that is gone and comes back", async ({ scene: { page, site, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    await site.stop();
    await expect(status(page)).toHaveText("reconnecting: transport close: websocket error");
    await site.start();
    await expect(status(page)).toHaveText("connected");
    expect(arrivals).toHaveLength(2);
    expect(await room(page, "one").locator("[data-id]").textContent()).toBe(arrivals[1]?.id);
    expect(await listeners(page)).toEqual([ONE_EACH]);
  });

  test("tells of the server's goodbye, after which nothing happens", async ({ scene: { page, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    arrivals[0]?.disconnect();
    await expect(status(page)).toHaveText("disconnected: io server disconnect");
    await expect(room(page, "one").locator("[data-id]")).toBeEmpty();
  });

  test("tells of a refusal, and of the next connection", async ({ scene: { page, site, arrivals } }) => {
    await expect(status(page)).toHaveText("connected");
    site.io.use((socket, next) => next(socket.handshake.auth["token"] === "b" ? new Error("not you") : undefined));
    await click(page, "other token");
    await expect(status(page)).toHaveText("disconnected: not you");
    expect(site.sockets).toEqual([]);
    expect(arrivals).toHaveLength(1);
  });
});

test.describe("useSocket", () => {
  test("gives another socket for other options, and closes the one before", async ({ scene }) => {
    const { page, arrivals, site } = scene;
    await expect(status(page)).toHaveText("connected");
    const left = new Promise((resolve) => arrivals[0]?.once("disconnect", resolve));
    await click(page, "other token");
    await left;
    await expect.poll(() => arrivals.map(({ handshake }) => handshake.auth["token"] as string)).toEqual(["a", "b"]);
    await expect(status(page)).toHaveText("connected");
    expect(site.sockets).toHaveLength(1);
    expect(await listeners(page)).toEqual([ONE_EACH]);
  });

  test("asks the newest function for auth, over one connection", async ({ scene: { page, site, arrivals } }) => {
    await click(page, "toggle one");
    await click(page, "toggle calling");
    await expect(status(page, "calling")).toHaveText("connected");
    await room(page, "calling").getByRole("button", { name: "next turn" }).click();
    const before = arrivals.length;
    await click(page, "other token");
    await expect(room(page, "calling")).toContainText("turn 1");
    expect(arrivals).toHaveLength(before);
    site.io.disconnectSockets(false);
    await expect(status(page, "calling")).toContainText("disconnected");
    await page.evaluate(() => void [...used].find(({ auth }) => typeof auth === "function")?.connect());
    await expect(status(page, "calling")).toHaveText("connected");
    expect(arrivals.at(-1)?.handshake.auth).toEqual({ token: "b" });
  });

  test("shares a connection among namespaces, and gives what a provider holds", async ({ scene }) => {
    const { page, arrivals, sessions } = scene;
    await expect(status(page)).toHaveText("connected");
    await click(page, "toggle given");
    await expect(status(page, "given")).toHaveText("connected");
    await room(page, "given").getByRole("button", { name: "say" }).click();
    await expect(room(page, "given").getByRole("listitem")).toHaveText(["heard hello from given in turn 0"]);
    await expect(room(page, "one").getByRole("listitem")).toHaveCount(0);
    expect(arrivals.map(({ nsp }) => nsp.name)).toEqual(["/", "/news"]);
    expect(sessions()).toBe(1);
  });
});

test.describe("hot reload of React components", () => {
  test("leaves one connection and one listener, the new one", async ({ scene }) => {
    const { page, vite, arrivals, sessions } = scene;
    await expect(status(page)).toHaveText("connected");
    await room(page, "one").getByRole("button", { name: "next turn" }).click();
    vite.edit("room.tsx", 'EAR = "heard"', 'EAR = "understood"');
    vite.edit("room.tsx", "<p>turn {turn}</p>", "<p>now turn {turn}</p>");
    // The state has survived: it was no reload of the page.
    await expect(room(page, "one")).toContainText("now turn 1");
    vite.edit("app.tsx", "first edition", "second edition");
    await expect(page.getByRole("heading", { name: "second edition" })).toBeVisible();
    arrivals[0]?.emit("said", "you");
    await expect(room(page, "one").getByRole("listitem")).toHaveText(["understood you in turn 1"]);
    expect(await listeners(page)).toEqual([ONE_EACH]);
    expect([arrivals.length, sessions()]).toEqual([1, 1]);
  });

  test("that mounts them anew, too", async ({ scene: { page, vite, arrivals, sessions } }) => {
    await expect(status(page)).toHaveText("connected");
    await room(page, "one").getByRole("button", { name: "next turn" }).click();
    // Another list of hooks: React can't keep the state.
    vite.edit("room.tsx", "const [turn, setTurn]", "useState();\n  const [turn, setTurn]");
    vite.edit("room.tsx", "<p>turn {turn}</p>", "<p>now turn {turn}</p>");
    await expect(room(page, "one")).toContainText("now turn 0");
    vite.edit("app.tsx", "const [edition,", "useState();\n  const [edition,");
    vite.edit("app.tsx", "first edition", "second edition");
    await expect(page.getByRole("heading", { name: "second edition" })).toBeVisible();
    arrivals[0]?.emit("said", "you");
    await expect(room(page, "one").getByRole("listitem")).toHaveText(["heard you in turn 0"]);
    expect(await listeners(page)).toEqual([ONE_EACH]);
    expect([arrivals.length, sessions()]).toEqual([1, 1]);
  });
});
