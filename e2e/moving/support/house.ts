// A running auction house: the process of a built copy, on a port that it keeps when it is started again. Used by the browser spec.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export class House {
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #port = 0;
  #errors = "";

  constructor(folder: string) {
    this.#folder = folder;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when it has printed its address. */
  async open(): Promise<void> {
    const child = spawn(process.execPath, [join(this.#folder, "server", "main.js")], {
      env: { ...process.env, PORT: String(this.#port), SECRET: "the same after a restart", PIN: "2718" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    let output = "";
    child.stdout.setEncoding("utf8");
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => {
        reject(new Error(`failed to open the auction house: ${this.#errors}`));
      });
      child.stdout.on("data", (text: string) => {
        output += text;
        const printed = /http:\/\/127\.0\.0\.1:(\d+)\n/.exec(output);
        if (printed === null) return;
        this.#port = Number(printed[1]);
        resolve();
      });
    });
  }

  /** Resolves when the process has ended. */
  async close(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
