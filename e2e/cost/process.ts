// A program of the folder `process`, in a Node process of its own on the built packages, and what it says.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { once } from "@everwire/testkit";
import { onTestFinished } from "vitest";

const WAIT_MS = 30_000;

export class Program {
  /** Where it listens. */
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts it, and ends it with the test. Its errors are its own: what a test asks of it is what its clients see. */
  static async start(name: string, args: readonly (string | number)[], execArgv: string[] = []): Promise<Program> {
    const env = { ...process.env };
    delete env["NODE_OPTIONS"];
    const path = fileURLToPath(new URL(`process/${name}.mjs`, import.meta.url));
    const child = fork(path, args.map(String), { execArgv, env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [{ port }] = await once<[{ port: number }]>(child, "message", { timeoutMs: WAIT_MS });
    return new Program(child, port);
  }

  /** Has it do something; the number that it answers. */
  async ask(command: string, rest: object = {}): Promise<number> {
    const answer = once<[{ result: number }]>(this.#child, "message", { timeoutMs: WAIT_MS });
    this.#child.send({ command, ...rest });
    return (await answer)[0].result;
  }

  ended(): Promise<unknown> {
    return this.#child.exitCode === null && this.#child.signalCode === null
      ? once(this.#child, "exit", { timeoutMs: WAIT_MS })
      : Promise.resolve();
  }
}
