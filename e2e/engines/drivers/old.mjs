// Browsers of 2016 to 2022: Chromium as others packed it, and the engines that Qt carries.
import { chromiumBinary, missingChromium } from "../old/chromium-binary.mjs";
import { TO_ES5 } from "../old/deletions.mjs";
import { openInChromium } from "../old/devtools.mjs";
import { missingModule, missingPrograms } from "../old/programs.mjs";
import { openInQt } from "../old/qt-page.mjs";

const TRANSPORTS = ["polling", "websocket", "upgrade"];

/** @returns {import("../engine.mjs").Engine} */
const chromium = (version, year) => ({
  id: `chromium-${version}`,
  name: `Chromium ${version}`,
  year,
  level: "es2017",
  bundles: ["everwire.min.js", "everwire.legacy.min.js"],
  transports: TRANSPORTS,
  // The libraries that it is linked with come with the Chromium of today.
  find: () => missingChromium(version) ?? missingPrograms(["chromium"], "chromium"),
  open: (url, options) => openInChromium(chromiumBinary(version), url, { ...options, isOld: true }),
});

/** @returns {import("../engine.mjs").Engine} */
const webengine = (version, year, qt) => ({
  id: `chromium-${version}`,
  name: `Chromium ${version}`,
  year,
  level: "es2020",
  bundles: ["everwire.esm.min.js", "everwire.min.js", "everwire.legacy.min.js"],
  transports: TRANSPORTS,
  find: () => missingModule(`PyQt${qt}.QtWebEngineCore`, `python3-pyqt${qt}.qtwebengine`),
  open: (url, options) => openInQt(`webengine${qt}`, url, options),
});

/** @returns {import("../engine.mjs").Engine} */
const qtwebkit = {
  id: "qtwebkit",
  name: "QtWebKit 602 (Safari 10)",
  year: 2016,
  level: "es5",
  bundles: ["everwire.legacy.min.js"],
  // It has requests to other origins, and so no need of JSONP.
  transports: TRANSPORTS,
  lacks: { "leaving@websocket": "drops a WebSocket that is about to be closed: the session waits for a return" },
  find: () => missingModule("PyQt5.QtWebKitWidgets", "python3-pyqt5.qtwebkit"),
  open: (url, options) => openInQt("webkit", url, options),
};

/** @type {import("../engine.mjs").Engine} */
const qtwebkitEs5 = {
  ...qtwebkit,
  id: "qtwebkit-es5",
  name: "QtWebKit 602 with what ES5 had",
  transports: ["polling"],
  pre: TO_ES5,
};

export const engines = [
  chromium(64, 2018),
  chromium(70, 2018),
  chromium(78, 2019),
  webengine(87, 2020, 5),
  webengine(102, 2022, 6),
  qtwebkit,
  qtwebkitEs5,
];
