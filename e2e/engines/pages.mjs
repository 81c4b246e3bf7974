// The pages of a run: the bundle under test, the features, and where both run: in the page itself, or in a worker that it starts. Served
// by the bed.
import { readFileSync } from "node:fs";

/** In the order in which they build on each other. */
const SCRIPTS = ["bench.js", "messages.js", "lines.js"];
const FEATURES_SCRIPT = SCRIPTS.map((file) => readFileSync(new URL(`page/${file}`, import.meta.url), "utf8")).join(
  "\n",
);

/** Not kept for the back-forward cache, which would keep the session of a page that is left: that has its tests in e2e/browser. */
const HEADERS = { "Cache-Control": "no-store" };

const isModule = (bundle) => bundle.includes(".esm.");

const html = (title, body) => ({
  headers: { ...HEADERS, "Content-Type": "text/html; charset=utf-8" },
  body: `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,"></head>
<body><p>${title}</p>${body}</body></html>`,
});

const script = (body) => ({ headers: { ...HEADERS, "Content-Type": "text/javascript; charset=utf-8" }, body });

/** What a page does that is to be left. An `unload` listener keeps it out of the back-forward cache, whatever the engine makes of headers. */
const LEAVE = `function leave() { location.href = "/left"; } window.onunload = function () {};`;

/** Starts a worker of each kind, and leaves the page when the worker says so. `type`: how its script is read. */
const STARTERS = {
  worker: (address, type) => `new Worker("${address}", ${type}).onmessage = leave;`,
  "shared worker": (address, type) =>
    `var shared = new SharedWorker("${address}", ${type}); shared.port.onmessage = leave; shared.port.start();`,
  "service worker": (address, type) => `
    navigator.serviceWorker.register("${address}", ${type}).then(function (registration) {
      var worker = registration.installing || registration.waiting || registration.active;
      worker.postMessage("run");
    });`,
};

/** How the script of each kind begins its run, and how it tells its page to leave: a service worker has none of its own. */
const WORKER_STARTS = {
  worker: (config) => `bench.start(io, ${config}, () => postMessage("leave"));`,
  "shared worker": (config) =>
    `self.onconnect = ({ ports: [port] }) => bench.start(io, ${config}, () => port.postMessage("leave"));`,
  "service worker": (config) => `
    self.onmessage = (event) => event.waitUntil(new Promise((resolve) => bench.start(io, ${config}, undefined, resolve)));`,
};

/**
 * @param {string} path Of a request, without its query.
 * @param {{ context: string, bundle: string }} run
 * @param {object} config What `bench.start()` in the page gets.
 * @returns {{ headers: Record<string, string>, body: string } | undefined}
 */
export function servePage(path, { context, bundle }, config) {
  const bundlePath = `/socket.io/${bundle}`;
  const json = JSON.stringify(config);
  switch (path) {
    case "/features.js":
      return script(FEATURES_SCRIPT);
    case "/left":
      return html("left", "");
    case "/worker.js":
      return script(
        (isModule(bundle)
          ? `import { io } from "${bundlePath}"; import "/features.js";\n`
          : `importScripts("${bundlePath}", "/features.js");\n`) + WORKER_STARTS[context](json),
      );
    case "/page":
      return html(`${context}, ${bundle}, ${config.transport}`, pageBody(context, bundlePath, json));
    default:
      return undefined;
  }
}

/** While a page loads, edbrowse stands still for each of its requests; then none may hang. */
const afterLoading = (start) => `setTimeout(function () { ${start} }, 0);`;

function pageBody(context, bundlePath, json) {
  if (context !== "page") {
    const type = isModule(bundlePath) ? `{ type: "module" }` : "{}";
    return `<script>${LEAVE}${STARTERS[context]("/worker.js", type)}</script>`;
  }
  const start = `bench.start(io, ${json}, leave);`;
  return isModule(bundlePath)
    ? `<script src="/features.js"></script><script>${LEAVE}</script>
<script type="module">import { io } from "${bundlePath}"; ${start}</script>`
    : `<script src="${bundlePath}"></script><script src="/features.js"></script><script>${LEAVE}${afterLoading(start)}</script>`;
}
