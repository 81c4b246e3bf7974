// Browser tests: `npx playwright test -c e2e/playwright.config.ts`, after a build. The pages get the bundles that the server
// serves, from servers that each test starts on a free port.
import { defineConfig } from "@playwright/test";
import { chromium, firefox } from "./browser/support/browsers.js";

export default defineConfig({
  testDir: "./browser",
  outputDir: "../test-results/browser",
  fullyParallel: true,
  forbidOnly: process.env["CI"] !== undefined,
  // A shared machine may stand still for longer than any test waits. What passes at the second try is listed as flaky, and is to be
  // looked into.
  retries: process.env["CI"] === undefined ? 0 : 1,
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "../test-results/browser.json" }]],
  projects: [
    { name: "chromium", use: chromium() },
    // Tagged @chromium: what WebDriver BiDi cannot ask of Firefox.
    { name: "firefox", use: firefox(), grepInvert: /@chromium/ },
  ],
});
