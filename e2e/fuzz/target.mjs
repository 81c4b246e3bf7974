// The server process under the door fuzzer, seen from outside, with a bystander at each of its ports. Started by run.mjs, and anew for
// each try to narrow a failure down.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { RawEngineClient } from "@everwire/testkit";
import { Offender } from "./offender.mjs";

const SERVER = fileURLToPath(new URL("server.mjs", import.meta.url));
/** An answer that takes longer means that the process hangs. */
const ANSWER_MS = 20_000;
/** Sessions, requests and waits of the offenders are over by then, on a busy machine too. */
const SETTLE_MS = 30_000;
const LANES = 16;
/** Whoever was kept from running for so long may have been cut for it: the bystander is invited again. */
const STALL_MS = 700;
const TICK_MS = 50;

let longestStallMs = 0;
let lastTickMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  longestStallMs = Math.max(longestStallMs, nowMs - lastTickMs - TICK_MS);
  lastTickMs = nowMs;
}, TICK_MS).unref();

export class Target {
  ports;
  #child;
  #bystanders = [];
  #atRest;
  #exit;

  static async start() {
    const target = new Target();
    await target.#start();
    return target;
  }

  /** Carries the attacks out, some at a time, and looks what they left behind: why that is a failure, or nothing. */
  async endure(attacks, lanes = LANES) {
    const offenders = [];
    const queue = attacks.values();
    const lane = async () => {
      for (const { port, steps } of queue) {
        if (this.#exit !== undefined) return;
        const offender = new Offender(this.ports[port]);
        offenders.push(offender);
        await offender.carryOut(steps);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    for (const offender of offenders) offender.leave();
    try {
      return await this.#judge();
    } catch (error) {
      return this.#exit ?? error.message;
    }
  }

  /** Bytes of heap and buffers after a collection. */
  async heapBytes() {
    return (await this.#ask("heap")).bytes;
  }

  stop() {
    for (const { socket } of this.#bystanders) socket.terminate();
    this.#exit ??= "stopped";
    this.#child.kill("SIGKILL");
  }

  async #start() {
    this.#child = fork(SERVER, { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("exit", (code, signal) => {
      this.#exit ??= `the process ended with ${code ?? signal}`;
    });
    this.ports = await this.#next("ready");
    await this.#invite();
  }

  async #invite() {
    for (const { socket } of this.#bystanders) socket.terminate();
    this.#bystanders = [];
    for (const port of Object.values(this.ports)) {
      const { socket } = await new RawEngineClient(`http://127.0.0.1:${port}`).connected();
      this.#bystanders.push(new Bystander(socket));
    }
    this.#atRest ??= await this.#ask("books");
  }

  async #judge() {
    try {
      for (const bystander of this.#bystanders) await within(bystander.echo(), "an answer to the bystander");
    } catch (error) {
      if (longestStallMs < STALL_MS) throw error;
      await this.#invite();
      for (const bystander of this.#bystanders) await within(bystander.echo(), "an answer to the next bystander");
    }
    longestStallMs = 0;
    const end = performance.now() + SETTLE_MS;
    for (;;) {
      const { faults, ...books } = await this.#ask("books");
      if (faults.length > 0) return faults.join("\n");
      const left = Object.keys(books).filter((key) => books[key] !== this.#atRest[key]);
      if (left.length === 0) return undefined;
      if (performance.now() > end) return this.#describe(books, left);
      await wait(50);
    }
  }

  async #describe(books, left) {
    const sums = left.map((key) => `${books[key]} ${key} for ${this.#atRest[key]}`).join(", ");
    const { list } = left.includes("connections") ? await this.#ask("connections") : { list: [] };
    return [`left behind: ${sums}`, ...list.map((connection) => JSON.stringify(connection))].join("\n  ");
  }

  #ask(command) {
    const answer = this.#next(command);
    this.#child.send({ command }, () => undefined);
    return answer;
  }

  #next(key) {
    const { promise, resolve, reject } = Promise.withResolvers?.() ?? withResolvers();
    const onMessage = (message) => key in message && resolve(message[key]);
    const onExit = () => reject(new Error(this.#exit));
    this.#child.on("message", onMessage).on("exit", onExit);
    return within(promise, `an answer of the process to "${key}"`).finally(() => {
      this.#child.off("message", onMessage).off("exit", onExit);
    });
  }
}

/** A client that says something and wants it back, and answers pings in between. */
class Bystander {
  socket;
  #waiting = new Map();
  #nextId = 1;
  #isGone = false;

  constructor(socket) {
    this.socket = socket;
    void this.#listen();
  }

  echo() {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#isGone) reject(new Error("the bystander was cut"));
      this.#waiting.set(`43${id}[${id}]`, { resolve, reject });
      this.socket.send(`42${id}["echo",${id}]`);
    });
  }

  async #listen() {
    try {
      for (;;) {
        const message = await this.socket.nextRaw({ timeoutMs: 2 ** 30 });
        if (message === "2") this.socket.send("3");
        this.#waiting.get(message)?.resolve();
        this.#waiting.delete(message);
      }
    } catch {
      this.#isGone = true;
      for (const { reject } of this.#waiting.values()) reject(new Error("the bystander was cut"));
    }
  }
}

async function within(promise, what) {
  const limit = new AbortController();
  const late = wait(ANSWER_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`failed to see ${what} within ${ANSWER_MS} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    limit.abort();
  }
}

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
