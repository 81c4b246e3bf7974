// A browser by WebDriver BiDi (W3C), over its WebSocket: as much of it as opening pages takes. It fits any Firefox since 2024, where
// Playwright asks for commands of a certain version.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const START_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 60_000;

/** Starts Firefox without a window, with a profile of its own that is removed at the end. `prefs`: its settings. */
export async function launchFirefox(program, prefs) {
  const profile = mkdtempSync(join(tmpdir(), "everwire-firefox-"));
  const lines = Object.entries(prefs).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const child = spawn(program, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const end = async () => {
    child.kill("SIGKILL");
    await exited;
    // Its helpers may write for a moment longer.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const address = await addressOf(child);
    const devtools = new WebSocket(`${address}/session`, { perMessageDeflate: false });
    await once(devtools, "open", { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    const bidi = new Bidi(devtools, end);
    await bidi.send("session.new", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    return bidi;
  } catch (error) {
    await end();
    throw error;
  }
}

async function addressOf(child) {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const lines = createInterface({ input: child.stderr });
  for (;;) {
    const [line] = await Promise.race([
      once(lines, "line", { signal }),
      once(child, "exit", { signal }).then(([code]) => {
        throw new Error(`failed to start Firefox: it ended with ${code}`);
      }),
    ]);
    const address = /listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      child.stderr.resume();
      return address;
    }
  }
}

class Bidi {
  #devtools;
  #end;
  #calls = 0;
  #waiting = new Map();

  constructor(devtools, end) {
    this.#devtools = devtools;
    this.#end = end;
    devtools.on("message", (message) => {
      const answer = JSON.parse(String(message));
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.type === "error") waiting?.reject(new Error(`${answer.error}: ${answer.message}`));
      else waiting?.resolve(answer.result);
    });
    devtools.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the browser has ended"));
    });
    devtools.on("error", () => undefined);
  }

  async send(method, params = {}) {
    const id = ++this.#calls;
    const answer = withResolvers();
    this.#waiting.set(id, answer);
    const timer = setTimeout(() => answer.reject(new Error(`no answer to ${method}`)), COMMAND_TIMEOUT_MS);
    this.#devtools.send(JSON.stringify({ id, method, params }));
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async close() {
    this.#devtools.terminate();
    await this.#end();
  }
}

function withResolvers() {
  const handles = {};
  handles.promise = new Promise((resolve, reject) => Object.assign(handles, { resolve, reject }));
  return handles;
}
