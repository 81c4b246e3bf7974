// Pages with the bundle for old engines, in a browser that has forgotten what those lack. Used by the specs of that bundle.
import type { Page } from "@playwright/test";
import type { Site } from "./site.js";

const TYPED_ARRAYS = ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float32", "Float64"];

/** What a page can forget: names of globals, and of members of globals. */
const FORGETTABLE = {
  /** All that came after ES5, but for typed arrays and the ways to send. */
  es5: [
    ...["Promise", "Symbol", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Proxy", "Reflect", "BigInt", "globalThis"],
    ...["fetch", "AbortController", "URL", "URLSearchParams", "TextEncoder", "TextDecoder", "WebTransport"],
    ...["queueMicrotask", "structuredClone", "MutationObserver", "MessageChannel", "localStorage", "FormData"],
    ...["Object.assign", "Object.entries", "Object.values", "Object.fromEntries", "Object.setPrototypeOf", "Object.is"],
    ...["Array.from", "Array.of", "Number.isFinite", "Number.isInteger", "Number.isSafeInteger", "Math.trunc"],
    ...["Number.isNaN", "Number.parseInt", "Object.getOwnPropertySymbols"],
    ...["includes", "find", "findIndex", "keys", "values", "entries", "fill", "flat", "at"].map(
      (method) => `Array.prototype.${method}`,
    ),
    ...["includes", "startsWith", "endsWith", "repeat", "padStart", "codePointAt", "matchAll", "replaceAll", "at"].map(
      (method) => `String.prototype.${method}`,
    ),
    "Navigator.prototype.sendBeacon",
  ],
  bytes: [
    ...["ArrayBuffer", "SharedArrayBuffer", "DataView", "Blob", "File", "FileReader", "atob", "btoa"],
    ...TYPED_ARRAYS.map((type) => `${type}Array`),
  ],
  blobs: ["Blob", "File", "FileReader", "atob", "btoa"],
  websocket: ["WebSocket"],
  requests: ["WebSocket", "XMLHttpRequest", "fetch"],
} as const;

export type Forgettable = keyof typeof FORGETTABLE;

/**
 * Opens an empty page of `site` that forgets, loads the bundle of `server` (`io`), and then runs `code`: ES5, with a function `report`
 * that takes what `reported` gives. Where a page has forgotten what ES5 lacks, `page.evaluate` does not work any more.
 */
export async function openLegacy(
  page: Page,
  site: Site,
  forgets: readonly Forgettable[],
  { server = site, code = "" } = {},
): Promise<void> {
  const names = forgets.flatMap((what) => FORGETTABLE[what]);
  await page.addInitScript(`(function () {
    var names = ${JSON.stringify(names)};
    addEventListener("DOMContentLoaded", function () {
      var script = document.createElement("script");
      script.src = ${JSON.stringify(`${server.url}/socket.io/everwire.legacy.min.js`)};
      script.onload = function () {
        window.report = function (value) {
          var element = document.createElement("pre");
          element.id = "report";
          element.appendChild(document.createTextNode(JSON.stringify(value)));
          document.body.appendChild(element);
        };
        ${code}
        window.ready = true;
      };
      document.body.appendChild(script);
      for (var index = 0; index < names.length; index++) {
        var path = names[index].split("."), last = path.pop(), owner = window;
        while (path.length && owner) owner = owner[path.shift()];
        if (!owner) continue;
        try { delete owner[last]; } catch (error) {}
        if (owner[last]) Object.defineProperty(owner, last, { value: undefined, configurable: true, writable: true });
      }
    });
  })();`);
  await page.goto(`${site.url}/blank`);
}

/** What the page's code has reported. Read in a world of its own, where nothing is forgotten. */
export async function reported(page: Page): Promise<unknown> {
  return JSON.parse((await page.locator("#report").textContent()) ?? "");
}
