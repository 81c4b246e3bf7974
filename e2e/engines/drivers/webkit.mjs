// Today's WebKit, as WebKitGTK has it, by WebDriver (W3C): in a page and in each kind of worker it has. One small browser for each page, on one
// screen of nobody's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { until } from "@everwire/testkit";
import { findProgram, whatIsMissing } from "../find.mjs";

const LIBRARIES = "/usr/lib";
const XVFB = findProgram("EVERWIRE_XVFB", ["/usr/bin/Xvfb"]);
const DRIVER = findProgram("EVERWIRE_WEBKIT_DRIVER", ["/usr/bin/WebKitWebDriver"]);
const BROWSER = findProgram("EVERWIRE_WEBKIT", browserPlaces());

const START_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 30_000;

/** Beside the libraries of each architecture. */
function browserPlaces() {
  if (!existsSync(LIBRARIES)) return [];
  return readdirSync(LIBRARIES).flatMap((folder) =>
    ["4.1", "4.0"].map((version) => `${LIBRARIES}/${folder}/webkit2gtk-${version}/MiniBrowser`),
  );
}

/** Without a graphics card, a desktop or a bus. */
const ENVIRONMENT = {
  WEBKIT_DISABLE_COMPOSITING_MODE: "1",
  WEBKIT_DISABLE_DMABUF_RENDERER: "1",
  LIBGL_ALWAYS_SOFTWARE: "1",
  NO_AT_BRIDGE: "1",
  GTK_A11Y: "none",
  GSETTINGS_BACKEND: "memory",
};

let service;

/** @type {import("../engine.mjs").Engine[]} */
export const engines = [
  {
    id: "webkit",
    name: "WebKitGTK",
    year: 2026,
    level: "es2020",
    bundles: ["everwire.esm.min.js", "everwire.min.js"],
    transports: ["polling", "websocket", "upgrade"],
    contexts: ["page", "worker", "shared worker"],
    find: () =>
      whatIsMissing([XVFB, DRIVER, BROWSER], "WebKitGTK, of the apt packages webkit2gtk-driver, xvfb and xauth"),
    async open(url, { pre } = {}) {
      if (pre !== undefined) throw new Error("failed to open a page: WebDriver has no script before a page's own");
      service ??= await startService();
      return openTab(service, url);
    },
    async stop() {
      const ended = service;
      service = undefined;
      await ended?.close();
    },
  },
];

async function startService() {
  const children = [];
  const close = async () => {
    for (const child of children.splice(0).reverse()) {
      const exited = once(child, "exit");
      if (child.exitCode === null && child.kill("SIGKILL")) await exited;
    }
  };
  try {
    const screen = spawn(XVFB, ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    children.push(screen);
    const [display] = await once(screen.stdio[3], "data", { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    const env = { ...process.env, ...ENVIRONMENT, DISPLAY: `:${String(display).trim()}` };
    delete env.WAYLAND_DISPLAY;
    const port = await freePort();
    children.push(spawn(DRIVER, ["--host=127.0.0.1", `--port=${port}`], { env, stdio: "ignore" }));
    const address = `http://127.0.0.1:${port}`;
    await untilAnswered(`${address}/status`);
    return { address, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function untilAnswered(address) {
  let isAnswered = false;
  const ask = () =>
    void fetch(address).then(
      () => (isAnswered = true),
      () => isAnswered || setTimeout(ask, 20),
    );
  ask();
  await until(() => isAnswered, "WebKitWebDriver", { timeoutMs: START_TIMEOUT_MS });
}

async function openTab({ address }, url) {
  const { sessionId } = await command(`${address}/session`, "POST", {
    capabilities: {
      alwaysMatch: {
        acceptInsecureCerts: true,
        pageLoadStrategy: "none",
        "webkitgtk:browserOptions": { binary: BROWSER, args: ["--automation"] },
      },
    },
  });
  const session = `${address}/session/${sessionId}`;
  await command(`${session}/url`, "POST", { url });
  return {
    // To another address it would go by way of the back-forward cache, which WebKit keeps any page in. The browser needs another tab to stay.
    async leave() {
      const { handle } = await command(`${session}/window/new`, "POST", { type: "tab" });
      await command(`${session}/window`, "DELETE");
      await command(`${session}/window`, "POST", { handle });
    },
    async screenshot(path) {
      writeFileSync(path, Buffer.from(await command(`${session}/screenshot`, "GET"), "base64"));
    },
    close: () => command(session, "DELETE"),
  };
}

async function command(address, method, body) {
  const response = await fetch(address, {
    method,
    headers: { "Content-Type": "application/json" },
    signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = await response.json();
  if (value?.error !== undefined) throw new Error(`failed to drive WebKit: ${value.error}: ${value.message}`);
  return value;
}
