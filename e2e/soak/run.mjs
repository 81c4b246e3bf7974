// The soak: a server under connects, events, joins, leaves, breaks and resumes at full CPU, minute after minute. Every minute all
// clients of it go; then whatever was theirs has to be gone: heap, handles, sessions, rooms. Needs a build.
//   node e2e/soak/run.mjs [--minutes 30] [--actors 120]
// The server is measured cold and warm (after the first minute, when code is compiled and pools are filled). It fails if at the end more is
// open than when it was cold, or more memory is in use than when it was warm plus a margin.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { minutes: { type: "string", default: "30" }, actors: { type: "string", default: "120" } },
});
const minutes = Number(options.minutes);
/** A round of load; with the time until all is quiet it is a minute. */
const ROUND_MS = 48_000;
/** Sessions that nobody ends wait for their window, and recoverable ones for theirs. */
const DRAIN_MS = 45_000;
/** What is kept for recovery is swept once a minute, when it is too old. */
const SWEEP_MS = 130_000;
/** More than that over the warm state is a leak. Half an hour of one byte an event would be many times this. */
const MARGIN_BYTES = 3 * 1024 * 1024;

const faults = [];

class Child {
  #child;

  constructor(file, args, execArgv = []) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv });
    this.#child.on("message", ({ crash }) => {
      if (crash !== undefined) faults.push(crash);
    });
    this.#child.on("exit", (code) => {
      if (code === 0) return;
      console.error(`soak: ${file} ended with ${code}`);
      process.exit(1);
    });
  }

  async answer(key) {
    for (;;) {
      const [message] = await once(this.#child, "message");
      if (typeof message === "object" && Object.hasOwn(message, key)) return message[key];
    }
  }

  ask(command, key) {
    const answer = this.answer(key);
    this.#child.send({ command });
    return answer;
  }

  async end() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}

const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);

function show(name, { heapUsed, external, rss, resources, open }) {
  const kinds = Object.entries(resources).map(([kind, count]) => `${kind} ${count}`);
  const held = Object.entries(open).map(([kind, count]) => `${kind} ${count}`);
  console.log(
    `${name}: heap ${megabytes(heapUsed)}, external ${megabytes(external)}, rss ${megabytes(rss)}; ` +
      `open: ${kinds.join(", ")}; ${held.join(", ")}`,
  );
}

/** Until everybody has gone, or it takes too long: then the measure shows who has not. `isWhole`: what is kept for recovery too. */
async function drain(server, isWhole) {
  const deadline = performance.now() + (isWhole ? SWEEP_MS : DRAIN_MS);
  for (;;) {
    const { clients, suspended, sockets, storedPackets, storedSessions } = await server.ask("open", "open");
    const kept = isWhole ? storedPackets + storedSessions : 0;
    if (clients + suspended + sockets + kept === 0 || performance.now() > deadline) break;
    await wait(200);
  }
  // Connections in keep-alive have ended by then.
  await wait(7_000);
}

function compare(cold, warm, last) {
  const faults = [];
  if (sumOf(last.open) > sumOf(cold.open)) faults.push(`still there: ${JSON.stringify(last.open)}`);
  for (const [kind, count] of Object.entries(last.resources))
    if (count > (cold.resources[kind] ?? 0))
      faults.push(`${kind}: ${count} open, ${cold.resources[kind] ?? 0} at the start`);
  for (const key of ["heapUsed", "external"])
    if (last[key] > warm[key] + MARGIN_BYTES)
      faults.push(`${key}: ${megabytes(last[key])}, warm ${megabytes(warm[key])}`);
  return faults;
}

const server = new Child("server.mjs", [], ["--expose-gc"]);
const port = await server.answer("ready");
const load = new Child("load.mjs", [String(port), options.actors]);
await load.answer("ready");
try {
  const cold = await server.ask("measure", "measure");
  show("cold", cold);
  let warm;
  let last;
  for (let minute = 1; minute <= minutes; minute += 1) {
    await load.ask("begin", "begun");
    await wait(ROUND_MS);
    const tally = await load.ask("end", "ended");
    await drain(server, minute === 1 || minute === minutes);
    last = await server.ask("measure", "measure");
    warm ??= last;
    const { events, connects, counters } = await server.ask("open", "open");
    show(`minute ${minute}`, last);
    console.log(
      `  so far: ${connects} connects, ${events} events, ${JSON.stringify(counters)}, clients ${JSON.stringify(tally)}`,
    );
  }
  faults.push(...compare(cold, warm, last));
  const change = (key) => `${key} ${megabytes(last[key] - warm[key])}`;
  console.log(`soak: since the first minute: ${["heapUsed", "external", "rss"].map(change).join(", ")}`);
} finally {
  await load.end();
  await server.end();
}
for (const fault of faults) console.error(`soak: ${fault}`);
console.log(faults.length === 0 ? "soak: all returned to the start" : "soak: failed");
process.exitCode = faults.length === 0 ? 0 : 1;
