// Engines that know ES5 and requests to their own origin, and little more.
import { existsSync } from "node:fs";
import { TO_ES5 } from "../old/deletions.mjs";
import { openInChromium } from "../old/devtools.mjs";
import { openInEdbrowse } from "../old/edbrowse-page.mjs";
import { openInKhtml } from "../old/khtml-page.mjs";
import { missingFile, missingPrograms } from "../old/programs.mjs";

const CHROMIUM = [process.env.EVERWIRE_CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);
const LEGACY = { level: "es5", bundles: ["everwire.legacy.min.js"] };

/** @type {import("../engine.mjs").Engine[]} */
export const engines = [
  {
    ...LEGACY,
    id: "chromium-es5",
    name: "Chromium with what ES5 had",
    year: 2026,
    transports: ["polling", "jsonp"],
    pre: TO_ES5,
    find: () => (CHROMIUM === undefined ? "chromium, of the apt package chromium" : undefined),
    open: (url, options) => openInChromium(CHROMIUM, url, options),
  },
  {
    ...LEGACY,
    id: "edbrowse",
    name: "edbrowse 3.7",
    year: 2020,
    transports: ["polling"],
    lacks: {
      unicode: "ASCII alone: its requests break what is beyond the basic plane",
      "auth refused": "ASCII alone: its requests break what is beyond the basic plane",
      credentials: "sends its cookies to other origins in any case",
      resume: "did not come back from a cut request within 15 s",
      leaving: "says nothing when a page is left: the session waits for a return",
    },
    find: () => missingPrograms(["edbrowse"], "edbrowse"),
    open: openInEdbrowse,
  },
  {
    ...LEGACY,
    id: "khtml",
    name: "KHTML 5.103",
    // It was released until 2023; what it understands is of the time when it learned ES5.
    year: 2012,
    // Over JSONP nothing came of any feature.
    transports: ["polling"],
    lacks: {
      "leaving@polling": "says nothing when a page is left: the session waits for a return",
      https: "asks its user about a certificate that nobody signed",
      "resume@polling": "repeats a request whose line was cut by itself: nothing is left to resume",
    },
    find: () =>
      missingPrograms(["cmake", "c++"], "cmake g++") ??
      missingPrograms(["dbus-run-session"], "dbus-daemon") ??
      missingFile("/usr/include/KF5/KHtml/khtml_part.h", "libkf5khtml-dev libkf5khtml-bin"),
    open: openInKhtml,
  },
];
