// Today's Firefox, by WebDriver BiDi: in a page and in each kind of worker. One browser for all pages, and a user context of its own
// (cookies, workers) for each.
import { writeFileSync } from "node:fs";
import { launchFirefox } from "../bidi.mjs";
import { findProgram, whatIsMissing } from "../find.mjs";

const PROGRAM = findProgram("EVERWIRE_FIREFOX", [
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
]);

/** It must not call home. */
const PREFS = {
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.enabled": false,
};

let browser;

/** @type {import("../engine.mjs").Engine[]} */
export const engines = [
  {
    id: "firefox",
    name: "Firefox",
    year: 2026,
    level: "es2020",
    bundles: ["everwire.esm.min.js", "everwire.min.js"],
    transports: ["polling", "websocket", "upgrade"],
    contexts: ["page", "worker", "shared worker", "service worker"],
    find: () => whatIsMissing([PROGRAM], "Firefox, of the apt package firefox-esr, or where EVERWIRE_FIREFOX says"),
    async open(url, { pre } = {}) {
      browser ??= await launchFirefox(PROGRAM, PREFS);
      const { userContext } = await browser.send("browser.createUserContext");
      const { context } = await browser.send("browsingContext.create", { type: "tab", userContext });
      if (pre !== undefined) {
        const functionDeclaration = `function () { ${pre} }`;
        await browser.send("script.addPreloadScript", { functionDeclaration, contexts: [context] });
      }
      await browser.send("browsingContext.navigate", { context, url, wait: "none" });
      return {
        async screenshot(path) {
          const { data } = await browser.send("browsingContext.captureScreenshot", { context });
          writeFileSync(path, Buffer.from(data, "base64"));
        },
        close: () => browser.send("browser.removeUserContext", { userContext }),
      };
    },
    async stop() {
      const ended = browser;
      browser = undefined;
      await ended?.close();
    },
  },
];
