// A broker as a child process: it is known by its pid, ends with the test, and its ending can be waited for. Used by redis.ts
// and postgres.ts.
import { type ChildProcess, fork } from "node:child_process";
import { connect, createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { deferred, within } from "@everwire/testkit";

const KEEPER = fileURLToPath(new URL("../process/keeper.mjs", import.meta.url));
const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 15_000;

export interface ChildOptions {
  command: string;
  args: string[];
  /** Where it keeps what it knows. */
  folder: string;
  /** Of node:child_process: whose process it is and where. */
  options?: { uid?: number; gid?: number; cwd?: string; env?: Record<string, string> };
  /** What the child gets when the test is gone. Default SIGKILL. */
  lastSignal?: NodeJS.Signals;
}

interface KeeperMessage {
  pid?: number;
  error?: string;
  code?: number | null;
  signal?: string | null;
  output?: string;
}

export class Child {
  readonly #command: string;
  readonly #keeper: ChildProcess;
  readonly #started = deferred<number>();
  readonly #ended = deferred<string>();
  #pid: number | undefined;

  constructor({ command, args, folder, options = {}, lastSignal = "SIGKILL" }: ChildOptions) {
    this.#command = command;
    this.#keeper = fork(KEEPER, [JSON.stringify({ command, args, folder, options, lastSignal })], { execArgv: [] });
    this.#keeper.on("message", (message: KeeperMessage) => {
      if (message.pid === undefined) this.#onEnd(message.error ?? message.output ?? "");
      else this.#started.resolve(message.pid);
    });
    this.#keeper.once("exit", () => this.#onEnd("its keeper is gone"));
    this.#started.promise.then(
      (pid) => (this.#pid = pid),
      () => undefined,
    );
  }

  /** Its process id; rejects when it can't be started. */
  started(): Promise<number> {
    return within(this.#started.promise, `${this.#command} to start`, { timeoutMs: START_TIMEOUT_MS });
  }

  /** Its last words, once it has ended. */
  ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** Ends it, if it has not ended yet, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const isOver = this.#keeper.exitCode !== null || this.#keeper.signalCode !== null;
    if (!isOver && this.#pid !== undefined) process.kill(this.#pid, signal);
    await within(this.#ended.promise, `the end of ${this.#command}`, { timeoutMs: END_TIMEOUT_MS });
  }

  #onEnd(words: string): void {
    this.#started.reject(new Error(`failed to start ${this.#command}: ${words}`));
    this.#ended.resolve(words);
  }
}

/** A port that nobody listens on, below those that `below` names. */
export async function freePort(below = 65_536): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (port < below) return port;
  }
}

/** Resolves when somebody listens there; rejects when `child` ends before. */
export async function untilListening(port: number, child: Child): Promise<void> {
  const failed = child.ended().then((words) => {
    throw new Error(`failed to start a broker on port ${port}: ${words}`);
  });
  const knock = async (): Promise<void> => {
    while (!(await canConnect(port))) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await within(Promise.race([knock(), failed]), `a broker on port ${port}`, { timeoutMs: START_TIMEOUT_MS });
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
