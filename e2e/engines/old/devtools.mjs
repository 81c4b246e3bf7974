// A headless Chromium of any age over its debugging protocol, from version 64 on. Playwright wants a Chromium of today; and
// where Promise is deleted in the page, only what needs nothing of the page's world still works.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";

const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 5_000;
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-quic",
  "--no-first-run",
  "--hide-scrollbars",
  "--ignore-certificate-errors",
  "--remote-debugging-port=0",
  "--window-size=1000,700",
];
/** The old builds come without their helper programs. */
const ONE_PROCESS = ["--single-process", "--no-zygote"];

/** Sends commands, and hands out their results by id. */
class Connection {
  #socket;
  #waiting = new Map();
  #last = 0;
  /** Gets what Chromium says unasked: `{ method, params }`. */
  onEvent = () => {};

  static async open(url) {
    const connection = new Connection();
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    connection.#socket = socket;
    socket.on("message", (data) => connection.#answered(JSON.parse(data)));
    socket.on("close", () => connection.#ended());
    return connection;
  }

  send(method, params = {}) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(++this.#last, { method, resolve, reject });
      this.#socket.send(JSON.stringify({ id: this.#last, method, params }));
    });
  }

  close() {
    this.#socket.terminate();
  }

  #answered(message) {
    const { id, error, result } = message;
    const call = this.#waiting.get(id);
    if (call === undefined) {
      this.onEvent(message);
      return;
    }
    this.#waiting.delete(id);
    if (error) call.reject(new Error(`failed to call ${call.method}: ${error.message}`));
    else call.resolve(result);
  }

  #ended() {
    for (const { method, reject } of this.#waiting.values())
      reject(new Error(`failed to call ${method}: the browser is gone`));
    this.#waiting.clear();
  }
}

async function devtoolsAddress(browser) {
  let errors = "";
  let timer;
  const address = new Promise((resolve, reject) => {
    browser.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
      const found = /listening on ws:\/\/([^/\s]+)/.exec(errors);
      if (found) resolve(found[1]);
    });
    browser.once("error", reject);
    browser.once("exit", (code) => reject(new Error(`failed to start Chromium: it ended with ${code}\n${errors}`)));
    timer = setTimeout(
      () => reject(new Error(`failed to start Chromium: no debugging port\n${errors}`)),
      START_TIMEOUT_MS,
    );
  });
  return address.finally(() => clearTimeout(timer));
}

/** The protocol's door opens before the first page is there. */
async function pageAddress(address) {
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end) {
    const targets = await (await fetch(`http://${address}/json/list`)).json();
    const page = targets.find(({ type }) => type === "page");
    if (page !== undefined) return page.webSocketDebuggerUrl;
    await delay(20);
  }
  throw new Error("failed to start Chromium: it shows no page");
}

/** Headless Chromium before 78 does not know the flag: it asks over the protocol. */
async function takeAnyCertificate(connection) {
  await connection.send("Security.enable");
  await connection.send("Security.setOverrideCertificateErrors", { override: true });
  connection.onEvent = ({ method, params }) => {
    if (method !== "Security.certificateError") return;
    connection.send("Security.handleCertificateError", { eventId: params.eventId, action: "continue" }).catch(() => {});
  };
}

/**
 * Starts `binary` and opens `url`. `pre` is JavaScript that runs before the scripts of each document. `isOld`: a build of
 * `chromium-binary.mjs`. The answer is what a driver's `open` promises.
 */
export async function openInChromium(binary, url, { pre, isOld = false } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "everwire-chromium-"));
  const args = [...FLAGS, ...(isOld ? ONE_PROCESS : []), `--user-data-dir=${profile}`, "about:blank"];
  const env = { ...process.env, ...(isOld ? { LD_LIBRARY_PATH: dirname(binary) } : {}) };
  const browser = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"], env });
  const exited = once(browser, "exit");
  let connection;
  async function close() {
    // Asked first: killed, it would leave helper programs that write into the profile for a while. One process has none.
    const timer = setTimeout(() => browser.kill("SIGKILL"), isOld ? 0 : END_TIMEOUT_MS);
    if (!isOld) connection?.send("Browser.close").catch(() => {});
    if (browser.exitCode === null && browser.signalCode === null) await exited;
    clearTimeout(timer);
    connection?.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  }
  try {
    const address = await devtoolsAddress(browser);
    connection = await Connection.open(await pageAddress(address));
    await connection.send("Page.enable");
    if (isOld) await takeAnyCertificate(connection);
    // Two names for one thing: Chromium 64 wants the second.
    if (pre) await connection.send("Page.addScriptToEvaluateOnNewDocument", { source: pre, scriptSource: pre });
    await connection.send("Page.navigate", { url });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async screenshot(path) {
      const { data } = await connection.send("Page.captureScreenshot", { format: "png" });
      writeFileSync(path, Buffer.from(data, "base64"));
    },
    close,
  };
}
