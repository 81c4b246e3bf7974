// The examples in React, Vue and Svelte as their user meets them: a room in two windows, a server that is started again, and a source
// file that is edited while the page is open.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { ChatServer, freePort } from "./support/chat.js";
import { contrastFaults } from "./support/contrast.js";
import { isEverwire } from "./support/peer.js";
import { expect, test } from "./support/test.js";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

interface Example {
  readonly name: string;
  readonly title: string;
  /** Its root component. */
  readonly app: string;
  /** The file with the socket, where it is not in the component. */
  readonly wire?: string;
}

const KINDS: readonly Example[] = [
  { name: "react", title: "React", app: "src/App.jsx" },
  { name: "vue", title: "Vue", app: "src/App.vue", wire: "src/wire.js" },
  { name: "svelte", title: "Svelte", app: "src/App.svelte", wire: "src/wire.js" },
];

const people = (page: Page) => page.getByRole("list", { name: "People" }).getByRole("listitem");
const messages = (page: Page) => page.getByRole("log").locator("p");
const status = (page: Page) => page.getByRole("status");

async function say(page: Page, text: string): Promise<void> {
  // By keys, as people do: React does not hear of a value that WebDriver BiDi has put in.
  await page.getByRole("textbox", { name: "Message" }).pressSequentially(text);
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
}

for (const { name, title, app, wire } of KINDS)
  test.describe(`examples/${name}`, () => {
    let server: ChatServer;
    let folder: string;

    // A copy, for its files are edited.
    test.beforeEach(async () => {
      test.skip(!isEverwire, "the example is ours");
      test.setTimeout(60_000);
      mkdirSync(join(EXAMPLES, ".cache"), { recursive: true });
      folder = mkdtempSync(join(EXAMPLES, ".cache", `${name}-`));
      const isOurs = (path: string): boolean =>
        !/[\\/](?:dist|\.cache|node_modules)(?:[\\/]|$)/.test(path.slice(EXAMPLES.length));
      cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: isOurs });
      server = new ChatServer(await freePort(), folder);
      await server.ready();
    });
    test.afterEach(async () => {
      await server.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    async function open(page: Page): Promise<void> {
      await page.goto(server.url);
      await expect(status(page)).toContainText("connected by websocket");
    }

    test("is a room for two windows, which comes back with its server", async ({ page, context }) => {
      await open(page);
      await expect(page.getByRole("heading", { name: `Everwire in ${title}` })).toBeVisible();
      await expect(people(page)).toHaveCount(1);
      await expect(people(page)).toHaveClass("me");
      const other = await context.newPage();
      await open(other);
      for (const window of [page, other]) await expect(people(window)).toHaveCount(2);
      await say(page, "Hello, is it you?");
      for (const window of [page, other]) await expect(messages(window)).toHaveText(["Hello, is it you?"]);
      await expect(page.getByRole("button", { name: "Send" })).toHaveText("Send");
      expect(await contrastFaults(page)).toEqual([]);

      // Not a goodbye that closes sockets, but a process that is gone.
      await server.stop("SIGKILL");
      for (const window of [page, other]) await expect(status(window)).not.toContainText("connected by");
      server = new ChatServer(server.port, folder);
      await server.ready();
      for (const window of [page, other])
        await expect(status(window)).toContainText("connected by", { timeout: 20_000 });
      for (const window of [page, other]) await expect(people(window)).toHaveCount(2);
      await say(other, "Here again");
      for (const window of [page, other]) await expect(messages(window)).toHaveText(["Here again"]);
      await other.close();
      await expect(people(page)).toHaveCount(1);
    });

    test("has one connection and one listener each after hot reload", async ({ page }) => {
      const edit = (file: string, from: string, to: string): void => {
        const text = readFileSync(join(folder, file), "utf8");
        if (!text.includes(from)) throw new Error(`failed to edit ${file}: "${from}" is not in it`);
        writeFileSync(join(folder, file), text.replace(from, to));
      };
      await open(page);
      // A page that was loaded again would not have it.
      await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
      for (const edition of [1, 2]) {
        edit(app, edition === 1 ? `Everwire in ${title}` : "Edition 1", `Edition ${edition}`);
        await expect(page.getByRole("heading", { name: `Edition ${edition}` })).toBeVisible();
        await say(page, `said in edition ${edition}`);
        await expect(messages(page).last()).toHaveText(`said in edition ${edition}`);
      }
      if (wire !== undefined) {
        const updated = page.waitForEvent("console", (line) => line.text().includes("hot updated"));
        edit(wire, "// The wire of the page", "// The new wire of the page");
        await updated;
        await expect(status(page)).toContainText("connected by websocket");
        await say(page, "said over the new wire");
        await expect(messages(page).last()).toHaveText("said over the new wire");
      }
      await expect(people(page)).toHaveCount(1);
      const lines = [
        "said in edition 1",
        "said in edition 2",
        ...(wire === undefined ? [] : ["said over the new wire"]),
      ];
      await expect(messages(page)).toHaveText(lines);
      expect(await page.evaluate(() => "isSame" in globalThis)).toBe(true);
    });
  });
