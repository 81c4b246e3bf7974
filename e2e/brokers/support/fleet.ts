// Three server processes with one adapter between them. A test has them run functions on their servers, sees every error that came
// up in them, and kills and replaces them. Started once for the cases of one setup.
import type { Server } from "@everwire/server";
import { deferred, type Deferred, within } from "@everwire/testkit";
import type { BrokerAddress } from "./broker.js";
import type { Launcher, WorkerPort } from "./worker-port.js";

export const FLEET_SIZE = 3;
const READY_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 20_000;

/** What process/worker.mjs is told. */
export interface WorkerSetup {
  adapter: string;
  client?: "redis" | "ioredis";
  options?: Record<string, unknown>;
  recovery?: boolean;
  address?: BrokerAddress;
}

/** Something that came up in a server process by itself. */
export interface Note {
  kind: "unhandledRejection" | "uncaughtException" | "warning" | "broker" | "listener_error";
  message: string;
}

interface Answer {
  id?: number;
  result?: unknown;
  error?: string;
  note?: Note;
  ready?: { pid: number; port: number };
}

const BROKER_CLIENT = /node_modules\/(?:ioredis|pg|pg-pool|@redis)\//;

// `EVERWIRE_PEER=socket.io` runs the same cases on the stock server: to tell what an adapter can't do from what we do wrong.
const SERVER = process.env["EVERWIRE_PEER"] ?? "@everwire/server";
export const isStock = SERVER !== "@everwire/server";

export class Worker {
  readonly notes: Note[] = [];
  readonly #port: WorkerPort;
  readonly #pending = new Map<number, Deferred<unknown>>();
  readonly #ready = deferred<{ pid: number; port: number }>();
  readonly #exited = deferred();
  #isGone = false;
  #nextId = 0;
  #pid = 0;
  #url = "";

  constructor(port: WorkerPort) {
    this.#port = port;
    port.onMessage = (message) => this.#onMessage((message as { brokers?: Answer }).brokers ?? {});
    port.onExit = () => this.#onExit();
  }

  get pid(): number {
    return this.#pid;
  }

  get url(): string {
    return this.#url;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  async ready(): Promise<void> {
    const ready = await within(this.#ready.promise, "a server process", { timeoutMs: READY_TIMEOUT_MS });
    this.#pid = ready.pid;
    this.#url = `http://127.0.0.1:${ready.port}`;
  }

  /** Runs `task` in the process: it is sent as text, so it sees nothing of the test but its arguments. */
  async run<Result, Args extends unknown[]>(
    task: (io: Server, ...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    if (this.#isGone) throw new Error("failed to ask a server process: it is gone");
    const id = this.#nextId++;
    const answer = deferred<unknown>();
    this.#pending.set(id, answer);
    this.#port.send({ brokers: { id, source: task.toString(), args } });
    const result = await within(answer.promise, `the end of ${task.toString()}`, { timeoutMs: ANSWER_TIMEOUT_MS });
    return result as Awaited<Result>;
  }

  /** Freezes it: it hears nothing and says nothing, and nobody is told. */
  freeze(): void {
    process.kill(this.#pid, "SIGSTOP");
  }

  thaw(): void {
    if (!this.#isGone) process.kill(this.#pid, "SIGCONT");
  }

  async kill(): Promise<void> {
    if (!this.#isGone) process.kill(this.#pid, "SIGKILL");
    await within(this.#exited.promise, "the end of a server process");
  }

  #onMessage({ id, result, error, note, ready }: Answer): void {
    if (note !== undefined) this.notes.push(note);
    if (ready !== undefined) this.#ready.resolve(ready);
    if (id === undefined) return;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new Error(error));
  }

  #onExit(): void {
    this.#isGone = true;
    const error = new Error(`failed to hear of a server process: it is gone; ${JSON.stringify(this.notes)}`);
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#exited.resolve();
  }
}

export class Fleet {
  readonly #launcher: Launcher;
  readonly #env: Record<string, string>;
  readonly #workers: Worker[] = [];

  constructor(launcher: Launcher, setup: WorkerSetup) {
    this.#launcher = launcher;
    this.#env = { EVERWIRE_BROKERS_SETUP: JSON.stringify({ ...setup, server: SERVER }) };
  }

  get workers(): readonly Worker[] {
    return this.#workers;
  }

  at(index: number): Worker {
    const worker = this.#workers[index];
    if (worker === undefined) throw new Error(`failed to find process ${index}: it was not started`);
    return worker;
  }

  /** Starts those that are missing or gone, and waits until all know of all. */
  async start(): Promise<void> {
    const started: Worker[] = [];
    for (let index = 0; index < FLEET_SIZE; index++) {
      if (this.#workers[index]?.isGone === false) continue;
      const worker = new Worker(this.#launcher.launch(index, this.#env));
      this.#workers[index] = worker;
      started.push(worker);
    }
    await Promise.all(started.map((worker) => worker.ready()));
    await this.untilCounted(FLEET_SIZE);
  }

  /** Every process that is there, or those with the given indexes, count so many in `namespace`. */
  async untilCounted(count: number, namespace = "/", indexes?: number[]): Promise<void> {
    const here = this.#workers.filter(({ isGone }, index) => !isGone && indexes?.includes(index) !== false);
    const counting = here.map((worker) =>
      worker.run(
        async (io, name, wanted) => {
          const deadline = performance.now() + 15_000;
          let seen = -1;
          while (seen !== wanted) {
            if (performance.now() > deadline) throw new Error(`failed to see ${wanted} servers: there are ${seen}`);
            seen = await io.of(name).adapter.serverCount();
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        },
        namespace,
        count,
      ),
    );
    await Promise.all(counting);
  }

  /** What came up since the last look that nobody handled. What a broker's client warns of is its own business. */
  takeAccidents(): Note[] {
    const isForeign = ({ kind, message }: Note): boolean => kind === "warning" && BROKER_CLIENT.test(message);
    const isHandled = ({ kind }: Note): boolean => kind === "broker" || kind === "listener_error";
    return this.takeNotes().filter((note) => !isHandled(note) && !isForeign(note));
  }

  takeNotes(): Note[] {
    return this.#workers.flatMap(({ notes }) => notes.splice(0));
  }

  async stop(): Promise<void> {
    await this.#launcher.stop();
  }
}
