// The chaos suite: many clients, rooms and messages over a network that breaks in every way, and an oracle that allows no gap, no
// double and no silence. Needs a build.
//   node e2e/chaos/run.mjs [--schedules 60] [--seconds N] [--seed N] [--lanes 4] [--peer everwire|socket.io] [--sweep] [--verbose]
// A failing seed is printed and stored in e2e/chaos/corpus; `--seed N --schedules 1` runs it again.
import { fork } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startFaultProxy } from "@everwire/testkit/faults";
import { ChaosClient } from "./client.mjs";
import { carryOut } from "./faults.mjs";
import { judge } from "./oracle.mjs";
import { makeSchedule, makeSweep } from "./schedule.mjs";

const { values: options } = parseArgs({
  options: {
    schedules: { type: "string", default: "60" },
    seconds: { type: "string" },
    seed: { type: "string" },
    lanes: { type: "string", default: "4" },
    peer: { type: "string", default: "everwire" },
    sweep: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const CORPUS = fileURLToPath(new URL("corpus/", import.meta.url));
/** After the last fault everything has to come to rest within this time. */
const SETTLE_MS = 60_000;
/** Sweeps go this far: an upgrade is over by then. */
const SWEEP_BYTES = 1_400;

const firstSeed = options.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(options.seed);
const { io } = await import(options.peer === "everwire" ? "@everwire/client" : "socket.io-client");

class ServerProcess {
  #child = fork(fileURLToPath(new URL("server.mjs", import.meta.url)), [options.peer], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  ready = this.#next("ready");

  tell(message) {
    this.#child.send(message);
  }

  async ask(message, answer) {
    const answered = this.#next(answer);
    this.tell(message);
    return answered;
  }

  end() {
    this.#child.disconnect();
  }

  #next(key) {
    return new Promise((resolve, reject) => {
      const onExit = (code) => reject(new Error(`the server ended with ${code}`));
      const onMessage = (message) => {
        if (!(key in message)) return;
        this.#child.off("message", onMessage).off("exit", onExit);
        resolve(message[key]);
      };
      this.#child.on("message", onMessage).on("exit", onExit);
    });
  }
}

async function runSchedule(schedule, server) {
  const port = await server.ask({ command: "open", ...schedule.server, hasVolatile: schedule.hasVolatile }, "open");
  const proxies = new Map();
  for (const { name } of schedule.clients) proxies.set(name, await startFaultProxy(port));
  const clients = schedule.clients.map((plan) => new ChaosClient(io, proxies.get(plan.name).url, plan));
  const work = schedule.faults.map((fault) => carryOut(fault, proxies, server));
  for (const [index, plan] of schedule.clients.entries())
    for (const say of plan.says) work.push(wait(say.atMs).then(() => clients[index].say(say)));
  await Promise.all([...work, wait(schedule.activeMs)]);

  const isAtRest = (said) =>
    clients.every(
      (client) =>
        client.hasJoined &&
        client.unsettled === 0 &&
        Object.entries(client.heard).every(([room, last]) => last === (said[room] ?? 0)),
    );
  const deadline = performance.now() + SETTLE_MS;
  let report = await server.ask({ command: "report" }, "report");
  while (!isAtRest(report.said) && performance.now() < deadline) {
    await wait(50);
    report = await server.ask({ command: "report" }, "report");
  }
  const verdict = judge(clients, report);
  if (!isAtRest(report.said))
    verdict.violations.push(
      ...clients.map((client) => `not at rest: ${client.describe()}, ${client.unsettled} unsettled`),
    );
  const result = {
    ...verdict,
    messages: clients.reduce((sum, { acks, received }) => sum + acks.size + received, 0),
    disconnects: clients.flatMap(({ disconnects }) => disconnects),
    suspends: clients.reduce((sum, { suspends }) => sum + suspends, 0),
    replayed: report.counters?.replayed ?? 0,
  };
  for (const client of clients) client.close();
  for (const proxy of proxies.values()) await proxy.close();
  await server.ask({ command: "close" }, "closed");
  return result;
}

function* schedules() {
  if (options.sweep) {
    for (let bytes = 1; bytes <= SWEEP_BYTES; bytes += 1) yield makeSweep(bytes);
    return;
  }
  if (options.seed === undefined) for (const seed of corpus()) yield makeSchedule(seed);
  const end = options.seconds === undefined ? Infinity : performance.now() + Number(options.seconds) * 1000;
  const count = options.seconds === undefined ? Number(options.schedules) : Infinity;
  for (let index = 0; index < count && performance.now() < end; index += 1)
    yield makeSchedule((firstSeed + index) >>> 0);
}

function corpus() {
  mkdirSync(CORPUS, { recursive: true });
  return readdirSync(CORPUS)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(`${CORPUS}/${file}`, "utf8")).seed);
}

const total = { schedules: 0, failed: 0, messages: 0, lost: 0, doubled: 0, suspends: 0, replayed: 0, disconnects: 0 };
const reasons = {};
const all = schedules();

async function lane() {
  const server = new ServerProcess();
  await server.ready;
  for (const schedule of all) {
    const result = await runSchedule(schedule, server);
    total.schedules += 1;
    for (const key of ["messages", "lost", "doubled", "suspends", "replayed"]) total[key] += result[key];
    total.disconnects += result.disconnects.length;
    for (const reason of result.disconnects) reasons[reason] = (reasons[reason] ?? 0) + 1;
    if (options.verbose)
      console.log(
        `seed ${schedule.seed}: ${result.messages} messages, ${result.suspends} breaks, ${result.violations.length} violations, left: ${result.disconnects.join(", ") || "nobody"}`,
      );
    if (result.violations.length === 0) continue;
    total.failed += 1;
    console.error(`chaos: seed ${schedule.seed} failed:\n  ${result.violations.slice(0, 12).join("\n  ")}`);
    console.error(
      `  ${schedule.clients.map(({ name, transports }) => `${name} ${transports.join("+")}`).join(", ")}; ${schedule.faults.map((fault) => JSON.stringify(fault)).join(" ")}`,
    );
    if (options.peer === "everwire" && !options.sweep)
      writeFileSync(
        `${CORPUS}/${schedule.seed}.json`,
        `${JSON.stringify({ seed: schedule.seed, found: result.violations[0] }, undefined, 2)}\n`,
      );
  }
  server.end();
}

console.log(`chaos: ${options.peer}, ${options.sweep ? "an upgrade cut at every byte" : `seeds from ${firstSeed}`}`);
mkdirSync(CORPUS, { recursive: true });
await Promise.all(Array.from({ length: Number(options.lanes) }, lane));
console.log(`chaos: ${JSON.stringify({ ...total, reasons })}`);
process.exit(total.failed > 0 ? 1 : 0);
