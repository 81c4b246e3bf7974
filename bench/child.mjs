// A child process that answers questions over IPC, pinned to one core where `taskset` is there. Used by run.mjs for servers and load.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** A smoke run measures nothing, and is over sooner on any core. */
const isSmoke = process.argv.includes("--smoke");

export const canPin =
  !isSmoke && process.platform === "linux" && availableParallelism() > 1 && spawnSync("taskset", ["-V"]).status === 0;

export class Child {
  /** What the child said when it was ready. */
  ready;
  #process;
  #pending = new Map();
  #nextId = 1;
  #name;

  /** Starts `node module args…` on the given core, with more in its environment, and resolves when it is ready. */
  static async start(module, args, core, env = {}) {
    const child = new Child();
    const command = [
      ...(canPin ? ["taskset", "-c", String(core)] : []),
      process.execPath,
      "--expose-gc",
      fileURLToPath(new URL(module, import.meta.url)),
      ...args,
    ];
    child.#name = [module, ...args].join(" ");
    child.#process = spawn(command[0], command.slice(1), {
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.ready = await new Promise((resolve, reject) => {
      child.#process.on("error", reject);
      child.#process.on("exit", (code, signal) => {
        const error = new Error(`failed to run ${child.#name}: it exited with ${signal ?? code}`);
        reject(error);
        for (const pending of child.#pending.values()) pending.reject(error);
      });
      child.#process.on("message", (message) => {
        if (message.ready !== undefined) resolve(message.ready);
        else child.#onAnswer(message);
      });
    });
    return child;
  }

  ask(ask, options = {}) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#process.send({ ...options, id, ask });
    });
  }

  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  #onAnswer({ id, answer, error }) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(answer);
    else pending.reject(new Error(`failed in ${this.#name}: ${error}`));
  }
}
