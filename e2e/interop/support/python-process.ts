// One Python program of the testbed as a child process: commands and answers are lines of JSON (python/peer.py). Owned by
// python-client and python-server. A missing interpreter or package is an error that names it, never a skipped test.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "./journal.js";
import { fromWire, toWire } from "./values.js";

const PYTHON = process.env["EVERWIRE_PYTHON"] ?? "/usr/bin/python3";
const READY_TIMEOUT_MS = 30_000;

interface Line {
  id?: number;
  ok?: unknown;
  error?: string;
  report?: unknown;
  ready?: unknown;
  fatal?: string;
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class PythonProcess {
  readonly #child: ChildProcess;
  readonly #program: string;
  readonly #onReport: (report: unknown) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #ready: Promise<unknown>;
  #becameReady: Pending | undefined;
  #nextId = 1;
  #stderr = "";
  #ended: Error | undefined;

  constructor(program: string, args: string[], onReport: (report: unknown) => void, python = [PYTHON]) {
    this.#program = program;
    this.#onReport = onReport;
    const path = fileURLToPath(new URL(`../python/${program}`, import.meta.url));
    const [interpreter = PYTHON, ...flags] = python;
    this.#child = spawn(interpreter, [...flags, "-B", path, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    this.#ready = this.#waitForReady();
    this.#child.once("error", (error) => {
      this.#onEnd(
        `${interpreter} does not start (${error.message}); install python3, python3-socketio, python3-aiohttp and ` +
          "python3-tornado, or name the interpreter in EVERWIRE_PYTHON",
      );
    });
    this.#child.once("exit", (code, signal) => {
      this.#onEnd(`it exited (${signal ?? code ?? "unknown"}) ${this.#stderr.slice(-2_000)}`);
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stderr += chunk;
    });
    this.#child.stdin?.on("error", () => undefined); // the exit handler tells why
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#onLine(fromWire(line) as Line);
      });
    }
  }

  /** What the program's ready line says. */
  ready(): Promise<unknown> {
    return this.#ready;
  }

  request(command: Record<string, unknown>): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(
          new Error(`failed to ask ${this.#program}: no answer to ${String(command["do"])} in ${2 * PATIENCE_MS} ms`),
        );
      }, 2 * PATIENCE_MS);
      this.#pending.set(id, {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#child.stdin?.write(`${toWire({ ...command, id })}\n`);
    });
  }

  /** Ends the process at once and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  #waitForReady(): Promise<unknown> {
    const ready = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`failed to start ${this.#program}: not ready in ${READY_TIMEOUT_MS} ms ${this.#stderr}`));
      }, READY_TIMEOUT_MS);
      this.#becameReady = {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
    ready.catch(() => undefined); // whoever asks for it gets the error; nobody asking is no crash
    return ready;
  }

  #onLine(line: Line): void {
    if (line.ready !== undefined) this.#becameReady?.resolve(line.ready);
    else if (line.fatal !== undefined) this.#onEnd(line.fatal);
    else if (line.report !== undefined) this.#onReport(line.report);
    else if (line.id !== undefined) {
      const pending = this.#pending.get(line.id);
      this.#pending.delete(line.id);
      if (line.error === undefined) pending?.resolve(line.ok);
      else pending?.reject(new Error(line.error));
    }
  }

  #onEnd(why: string): void {
    this.#ended ??= new Error(`failed to run ${this.#program}: ${why}`);
    this.#becameReady?.reject(this.#ended);
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }
}
