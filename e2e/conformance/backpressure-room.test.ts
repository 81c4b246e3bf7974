// A room with a thousand readers of which ten never read: the ten are cut, memory is flat, and the others get everything, in order.
// Server and readers run in processes of their own, the server on the built package.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "@everwire/testkit";
import { expect, onTestFinished, test } from "vitest";

interface Word {
  readonly done?: string;
  readonly port?: number;
  readonly failed?: string;
  readonly memory?: number;
  readonly reasons?: string[];
  readonly clients?: number;
}

const WAIT_MS = 60_000;
const MIB = 1024 * 1024;

/** A program beside this file, and what it says. */
class Program {
  readonly #child: ChildProcess;
  readonly #words: Word[] = [];
  #failure: string | undefined = undefined;

  constructor(name: string, args: number[], execArgv: string[] = []) {
    const env = { ...process.env };
    delete env["NODE_OPTIONS"];
    const path = fileURLToPath(new URL(`process/${name}.mjs`, import.meta.url));
    this.#child = fork(path, args.map(String), { execArgv, env });
    this.#child.on("message", (word: Word) => {
      this.#failure ??= word.failed;
      this.#words.push(word);
    });
    this.#child.on("exit", (code) => (this.#failure ??= `${name} has ended with ${String(code)}`));
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  async next(condition: (word: Word) => boolean): Promise<Word> {
    const isThere = (): boolean => this.#failure !== undefined || this.#words.some(condition);
    await until(isThere, "an answer", { timeoutMs: WAIT_MS });
    if (this.#failure !== undefined) throw new Error(this.#failure);
    return this.#words.splice(this.#words.findIndex(condition), 1)[0] as Word;
  }

  ask(command: string, rest: object = {}): Promise<Word> {
    this.#child.send({ command, ...rest });
    return this.next(({ done }) => done === command);
  }

  tell(message: object): void {
    this.#child.send(message);
  }
}

test("a room with a thousand readers of which ten never read", { timeout: 180_000 }, async () => {
  const deaf = 10;
  const readers = 990;
  const capBytes = 256 * 1024;
  const server = new Program("room-server", [capBytes], ["--expose-gc"]);
  const { port } = await server.next((word) => word.port !== undefined);
  const crowd = new Program("room-readers", [port as number, readers, deaf]);
  await crowd.next(({ done }) => done === "connect");
  await server.ask("fill");
  const before = await server.ask("status");
  expect(before).toMatchObject({ reasons: [], clients: readers + deaf });

  // In rounds, the next when all have read the last: so nobody is behind but those that never read.
  const round = { count: 10, bytes: 1_000 };
  let said = 0;
  let peak = 0;
  let status = before;
  const roundsAfterTheCut = 20;
  for (let left = roundsAfterTheCut; left > 0;) {
    await server.ask("say", { first: said, ...round });
    said += round.count;
    crowd.tell({ upTo: said });
    await crowd.next(({ done }) => done === "read");
    status = await server.ask("status");
    peak = Math.max(peak, status.memory ?? Infinity);
    if (status.reasons?.length === deaf) left -= 1;
    // What the ten could have had waiting by now is twice what may wait.
    if (left === roundsAfterTheCut) expect(said * round.bytes).toBeLessThan(2 * capBytes);
  }
  expect(status.reasons).toEqual(Array(deaf).fill("buffer overflow"));
  expect(status.clients).toBe(readers);
  // All that may wait for the ten, and as much again as compilers and statistics want of a process.
  expect(peak - (before.memory ?? 0)).toBeLessThan(deaf * capBytes + 24 * MIB);
});
