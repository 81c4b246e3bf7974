// Today's Chromium and Firefox, by Playwright: in a page and in each kind of worker. One browser for all pages of an engine, and a context of
// its own (cookies, workers) for each.
import { existsSync } from "node:fs";
import { chromium, firefox } from "@playwright/test";

const CHROMIUM_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const FIREFOX_PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/** A browser must start as root in a container, and not call home. */
const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
const FIREFOX_PREFS = {
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "app.update.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
};

const place = (variable, places) => process.env[variable] ?? places.find((path) => existsSync(path));

/** @returns {import("../engine.mjs").Engine} */
function engine(id, name, apt, places, launch) {
  const executablePath = place(`EVERWIRE_${id.toUpperCase()}`, places);
  let browser;
  return {
    id,
    name,
    year: 2026,
    level: "es2020",
    bundles: ["everwire.esm.min.js", "everwire.min.js"],
    transports: ["polling", "websocket", "upgrade"],
    contexts: ["page", "worker", "shared worker", "service worker"],
    find: () =>
      executablePath !== undefined && existsSync(executablePath)
        ? undefined
        : `${name}: the apt package ${apt}, or EVERWIRE_${id.toUpperCase()}`,
    async open(url, { pre } = {}) {
      browser ??= launch(executablePath);
      const context = await (await browser).newContext({ ignoreHTTPSErrors: true });
      if (pre !== undefined) await context.addInitScript(pre);
      const page = await context.newPage();
      await page.goto(url, { waitUntil: "commit" });
      return {
        screenshot: async (path) => void (await page.screenshot({ path })),
        close: () => context.close(),
      };
    },
    async stop() {
      await (await browser)?.close();
    },
  };
}

export const engines = [
  engine("chromium", "Chromium", "chromium", CHROMIUM_PLACES, (executablePath) =>
    chromium.launch({ executablePath, args: CHROMIUM_ARGS }),
  ),
  engine("firefox", "Firefox", "firefox-esr", FIREFOX_PLACES, (executablePath) =>
    firefox.launch({ executablePath, channel: "moz-firefox", firefoxUserPrefs: FIREFOX_PREFS }),
  ),
];
