// Which browsers the tests drive: the one that an environment variable names (EVERWIRE_CHROMIUM, EVERWIRE_FIREFOX), else one
// in a well-known place, else Playwright's own where it is installed. Called by the configuration only.
import { existsSync } from "node:fs";
import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from "@playwright/test";

type Use = Partial<PlaywrightTestOptions & PlaywrightWorkerOptions>;

const CHROMIUM_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const FIREFOX_PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/** A browser must not call home while it is measured, and must start as root in a container. */
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

function find(variable: string, places: readonly string[]): string | undefined {
  return process.env[variable] ?? places.find((place) => existsSync(place));
}

export function chromium(): Use {
  const executablePath = find("EVERWIRE_CHROMIUM", CHROMIUM_PLACES);
  return {
    browserName: "chromium",
    launchOptions: { args: CHROMIUM_ARGS, ...(executablePath === undefined ? {} : { executablePath }) },
  };
}

/** A system Firefox is driven over WebDriver BiDi, which is the channel "moz-firefox"; Playwright's own has its own protocol. */
export function firefox(): Use {
  const executablePath = find("EVERWIRE_FIREFOX", FIREFOX_PLACES);
  return {
    browserName: "firefox",
    launchOptions: { firefoxUserPrefs: FIREFOX_PREFS, ...(executablePath === undefined ? {} : { executablePath }) },
    ...(executablePath === undefined ? {} : { channel: "moz-firefox" }),
  };
}
