// The chaos suite: many clients, rooms and messages over a network that breaks in every way, and an oracle that allows no gap, no
// double and no silence. Needs a build.
//   node e2e/chaos/run.mjs [--schedules 60] [--seconds N] [--seed N] [--lanes 3] [--peer everwire|socket.io] [--sweep | --sweep-step N]
//     [--ways polling] [--kinds cut,freeze] [--no-corpus] [--verbose]
// The corpus comes first, then every `--sweep-step`th byte of an upgrade (`--sweep`: each one, and nothing else), then random schedules.
// A schedule that fails is printed and joins the corpus; `--seed N --schedules 1` runs it again.
import { parseArgs } from "node:util";
import { addToCorpus, readCorpus } from "./corpus.mjs";
import { Lane } from "./lane.mjs";
import { ProxyNetwork } from "./proxy-network.mjs";
import { makeSchedule, makeSweep } from "./schedule.mjs";

const { values: options } = parseArgs({
  options: {
    schedules: { type: "string", default: "60" },
    seconds: { type: "string" },
    seed: { type: "string" },
    lanes: { type: "string", default: "3" },
    peer: { type: "string", default: "everwire" },
    sweep: { type: "boolean", default: false },
    "sweep-step": { type: "string" },
    ways: { type: "string" },
    kinds: { type: "string" },
    corpus: { type: "boolean", default: true },
    verbose: { type: "boolean", default: false },
  },
  allowNegative: true,
});
/** An acknowledgement later than this is worth a word, though it is no failure. */
const SLOW_ACK_MS = 15_000;
/** Past the end of an upgrade the sweep goes on for so many bytes. */
const SWEEP_MARGIN = 50;

const isEverwire = options.peer === "everwire";
const firstSeed = options.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(options.seed);
const limits = {
  ways: options.ways?.split(",").map((way) => way.split("+")),
  kinds: options.kinds?.split(","),
};

/** How far an upgrade goes, with the messages around it: measured, for it depends on the headers of client and server. */
async function measureUpgrade(lane) {
  const network = new ProxyNetwork();
  const carried = { up: 0, down: 0 };
  const look = setInterval(() => {
    const { up, down } = network.tunnelBytes;
    carried.up = Math.max(carried.up, up);
    carried.down = Math.max(carried.down, down);
  }, 5);
  await lane.run(makeSweep(0), network);
  clearInterval(look);
  return carried;
}

function* schedules(upgrade) {
  if (options.seed === undefined && options.corpus && isEverwire && !options.sweep) yield* readCorpus();
  const step = options.sweep ? 1 : Number(options["sweep-step"] ?? 0);
  if (step > 0)
    for (const direction of ["up", "down"])
      for (let bytes = 1; bytes <= upgrade[direction] + SWEEP_MARGIN; bytes += step) yield makeSweep(bytes, direction);
  if (options.sweep) return;
  const count = options.seconds === undefined ? Number(options.schedules) : Infinity;
  for (let index = 0; index < count; index += 1) yield makeSchedule((firstSeed + index) >>> 0, limits);
}

const total = {
  schedules: 0,
  failed: 0,
  messages: 0,
  lost: 0,
  missed: 0,
  doubled: 0,
  suspends: 0,
  replayed: 0,
  disconnects: 0,
  slowestAckMs: 0,
};
const reasons = {};

function report(schedule, result) {
  total.schedules += 1;
  for (const key of ["messages", "lost", "missed", "doubled", "suspends", "replayed"]) total[key] += result[key];
  total.disconnects += result.disconnects.length;
  total.slowestAckMs = Math.max(total.slowestAckMs, result.slowestAckMs);
  for (const reason of result.disconnects) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const isFailed = result.violations.length > 0;
  const isSlow = result.slowestAckMs > SLOW_ACK_MS;
  if (options.verbose || isSlow)
    console.log(
      `seed ${schedule.seed}: ${result.messages} messages, ${result.suspends} breaks, slowest answer ${result.slowestAckMs} ms, ` +
        `${result.violations.length} violations, left: ${result.disconnects.join(", ") || "nobody"}`,
    );
  if (isFailed || isSlow) describe(schedule, result);
  if (!isFailed) return;
  total.failed += 1;
  if (isEverwire && options.corpus && typeof schedule.seed === "number") addToCorpus(schedule, result.violations[0]);
}

function describe({ seed, clients, faults, server }, { violations }) {
  console.error(`chaos: seed ${seed} ${violations.length > 0 ? "failed" : "was slow"}:`);
  for (const violation of violations.slice(0, 12)) console.error(`  ${violation}`);
  console.error(`  ${clients.map(({ name, transports }) => `${name} ${transports.join("+")}`).join(", ")}`);
  console.error(`  ${JSON.stringify(server)}\n  ${faults.map((fault) => JSON.stringify(fault)).join(" ")}`);
}

async function work(lane, all, end) {
  for (const schedule of all) {
    if (performance.now() > end) return;
    report(schedule, await lane.run(schedule, new ProxyNetwork()));
  }
}

const lanes = Array.from({ length: Number(options.lanes) }, () => new Lane(options.peer));
try {
  await Promise.all(lanes.map((lane) => lane.ready));
  const upgrade = options.sweep || options["sweep-step"] ? await measureUpgrade(lanes[0]) : { up: 0, down: 0 };
  const what = options.sweep
    ? `an upgrade cut after each of ${upgrade.up} bytes up, ${upgrade.down} down`
    : `seeds from ${firstSeed}`;
  console.log(`chaos: ${options.peer}, ${what}`);
  const end = options.seconds === undefined ? Infinity : performance.now() + Number(options.seconds) * 1000;
  const all = schedules(upgrade);
  await Promise.all(lanes.map((lane) => work(lane, all, end)));
} finally {
  await Promise.all(lanes.map((lane) => lane.end()));
}
// Whatever the network left open, the run is over.
process.stdout.write(`chaos: ${JSON.stringify({ ...total, reasons })}\n`, () => process.exit(total.failed > 0 ? 1 : 0));
