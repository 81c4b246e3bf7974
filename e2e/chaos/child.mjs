// A process of the chaos suite that is told what to do over IPC: the server, or the clients. Made by a lane, which also stops it, as a
// laptop that is shut.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Whoever says nothing for so long hangs. */
const ANSWER_TIMEOUT_MS = 90_000;

export class Child {
  #child;
  ready;

  /** `prefix`: what runs it, as `ip netns exec name`. */
  constructor(file, args = [], prefix = []) {
    const [program, ...rest] = [...prefix, process.execPath, fileURLToPath(new URL(file, import.meta.url)), ...args];
    this.#child = spawn(program, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.ready = this.#next("ready");
    this.ready.catch(() => undefined);
  }

  tell(message) {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Sends a command and waits for the message that has this key. */
  async ask(message, answer) {
    const answered = this.#next(answer);
    this.tell(message);
    return answered;
  }

  /** Stands still for a while, and knows nothing of it. */
  async stop(waiting) {
    this.#child.kill("SIGSTOP");
    await waiting.finally(() => this.#child.kill("SIGCONT"));
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(kill);
  }

  #next(key) {
    return new Promise((resolve, reject) => {
      const settle = (end, value) => {
        clearTimeout(timer);
        this.#child.off("message", onMessage).off("exit", onExit);
        end(value);
      };
      const onExit = (code, signal) =>
        settle(reject, new Error(`${this.#child.spawnargs.at(1)} ended with ${code ?? signal} before ${key}`));
      const onMessage = (message) => {
        if (Object.hasOwn(message, key)) settle(resolve, message[key]);
      };
      const timer = setTimeout(
        () => settle(reject, new Error(`no ${key} of ${this.#child.spawnargs.at(1)}`)),
        ANSWER_TIMEOUT_MS,
      );
      this.#child.on("message", onMessage).on("exit", onExit);
    });
  }
}

/** The other side of it: runs the commands that come, in a process that ends with its parent. */
export function serveCommands(commands) {
  process.on("message", ({ command, ...args }) => commands[command](args));
  process.on("disconnect", () => process.exit());
  process.send({ ready: true });
}
