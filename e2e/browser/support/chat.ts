// The chat example as its user meets it: `node server.js` as a process of its own, and a person in a browser window.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, expect, type Locator, type Page } from "@playwright/test";

const FOLDER = fileURLToPath(new URL("../../../examples/chat", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

/** A port that nobody holds right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export class ChatServer {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<Ended>;
  #output = "";
  #errors = "";

  /** `folder`: of another example that is served the same way. */
  constructor(port: number, folder = FOLDER) {
    this.port = port;
    this.#process = spawn(process.execPath, ["server.js"], {
      cwd: folder,
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.#ended = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => {
        resolve({ code, signal, errors: this.#errors });
      });
    });
  }

  /** By number: a page on "localhost" does not believe the browser that it is offline. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it has said on standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** When it has printed its address; the address. */
  async ready(): Promise<string> {
    const printed = new Promise<string>((resolve) => {
      this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        const url = /http:\/\/\S+/.exec(this.#output);
        if (url) resolve(url[0]);
      });
    });
    const ended = this.#ended.then(({ errors }) => {
      throw new Error(`failed to start the chat: ${errors}`);
    });
    return Promise.race([printed, ended]);
  }

  /** When the process is over. */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.#process.kill(signal);
    return this.#ended;
  }
}

/** One window of one person. */
export class Person {
  readonly page: Page;
  readonly name: string;

  constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  get field(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  get status(): Locator {
    return this.page.getByRole("status");
  }

  get wire(): Locator {
    return this.page.getByRole("region", { name: "Connection" });
  }

  /** The messages on the screen that hold this text. */
  message(text: string): Locator {
    return this.log.getByRole("listitem").filter({ hasText: text });
  }

  /** What the person reads in the whole log, message by message. */
  texts(): Promise<string[]> {
    return this.log.locator(".bubble p").allTextContents();
  }

  async join(room?: string): Promise<void> {
    await this.page.getByLabel("Your name").fill(this.name);
    if (room !== undefined) await this.page.getByLabel(room).check();
    await this.page.getByRole("button", { name: "Join" }).click();
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  async enter(room: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: room }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: room })).toBeVisible();
  }
}

/** A new window, at the door of the chat. */
export async function arrive(
  browser: Browser,
  server: ChatServer,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Person> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(server.url);
  return new Person(page, name);
}
