// BareTab: a page of a Chromium that nobody holds awake. Playwright emulates focus in its pages, and so the browser never freezes them; this
// one is driven by the DevTools protocol alone. It shows as much of Playwright's Page as the helpers of test.ts use.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { chromium } from "./browsers.js";

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

const START_TIMEOUT_MS = 20_000;

export class BareTab {
  readonly #browser: ChildProcess;
  readonly #profile: string;
  readonly #devtools: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(browser: ChildProcess, profile: string, devtools: WebSocket) {
    this.#browser = browser;
    this.#profile = profile;
    this.#devtools = devtools;
    devtools.on("message", (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static async open(url: string): Promise<BareTab> {
    const { launchOptions } = chromium();
    const profile = mkdtempSync(join(tmpdir(), "everwire-tab-"));
    const browser = spawn(
      launchOptions?.executablePath ?? "chromium",
      [
        "--headless=new",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        ...(launchOptions?.args ?? []),
        url,
      ],
      // A group of its own, for a browser is many processes.
      { stdio: ["ignore", "ignore", "pipe"], detached: true },
    );
    const page = await pageOf(await endpointOf(browser), url);
    const devtools = new WebSocket(page);
    await once(devtools, "open");
    return new BareTab(browser, profile, devtools);
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#calls;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#devtools.send(JSON.stringify({ id, method, params }));
    const { result = {}, error } = await answered;
    if (error !== undefined) throw new Error(`failed to call ${method}: ${error.message}`);
    return result;
  }

  /** As Playwright's: runs a function in the page, and gives what it returns or resolves to, as JSON. */
  async evaluate<Result, Argument>(run: (argument: Argument) => Result, argument?: Argument): Promise<Awaited<Result>> {
    const { result, exceptionDetails } = (await this.send("Runtime.evaluate", {
      expression: `(${run.toString()})(${argument === undefined ? "" : JSON.stringify(argument)})`,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: Awaited<Result> }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails !== undefined)
      throw new Error(`failed to evaluate in the tab: ${String(exceptionDetails.exception?.description)}`);
    return result.value;
  }

  async close(): Promise<void> {
    this.#devtools.terminate();
    const ended = once(this.#browser, "exit");
    if (this.#browser.pid !== undefined) process.kill(-this.#browser.pid, "SIGKILL");
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** The address of the DevTools, which the browser writes to its standard error. */
async function endpointOf(browser: ChildProcess): Promise<URL> {
  if (browser.stderr === null) throw new Error("failed to start Chromium: it has no standard error");
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  for await (const line of createInterface({ input: browser.stderr, signal })) {
    const found = /ws:\/\/\S+/.exec(line)?.[0];
    if (found !== undefined) {
      // Nobody reads the rest, but it must not fill the pipe.
      browser.stderr.resume();
      return new URL(found);
    }
  }
  throw new Error("failed to start Chromium: it ended");
}

async function pageOf(endpoint: URL, url: string): Promise<string> {
  for (;;) {
    const response = await fetch(`http://${endpoint.host}/json`, { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    const targets = (await response.json()) as { type: string; url: string; webSocketDebuggerUrl: string }[];
    const page = targets.find((target) => target.type === "page" && target.url.startsWith(url));
    if (page !== undefined) return page.webSocketDebuggerUrl;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
