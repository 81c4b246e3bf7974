// Today's Chromium, by Playwright: in a page and in each kind of worker. One browser for all pages, and a context of its own (cookies,
// workers) for each.
import { chromium } from "@playwright/test";
import { findProgram, whatIsMissing } from "../find.mjs";

const PROGRAM = findProgram("EVERWIRE_CHROMIUM", [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]);

/** A browser must start as root in a container, and not call home. A context that takes any certificate does so for its pages alone. */
const ARGS = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--ignore-certificate-errors",
];

let browser;

/** @type {import("../engine.mjs").Engine[]} */
export const engines = [
  {
    id: "chromium",
    name: "Chromium",
    year: 2026,
    level: "es2020",
    bundles: ["everwire.esm.min.js", "everwire.min.js"],
    transports: ["polling", "websocket", "upgrade"],
    contexts: ["page", "worker", "shared worker", "service worker"],
    hasModuleServiceWorkers: true,
    find: () => whatIsMissing([PROGRAM], "Chromium, of the apt package chromium, or where EVERWIRE_CHROMIUM says"),
    async open(url, { pre } = {}) {
      browser ??= await chromium.launch({ executablePath: PROGRAM, args: ARGS });
      const context = await browser.newContext();
      if (pre !== undefined) await context.addInitScript(pre);
      const page = await context.newPage();
      await page.goto(url, { waitUntil: "commit" });
      return {
        // To the end of the navigation: a context that is closed in the middle of one is never reported as closed (Chromium 156).
        leave: async () => void (await page.goto(new URL("/left", url).href)),
        screenshot: async (path) => void (await page.screenshot({ path })),
        close: () => context.close(),
      };
    },
    async stop() {
      const ended = browser;
      browser = undefined;
      await ended?.close();
    },
  },
];
