// The chaos suite over a network of the kernel's: namespaces whose packets vanish, cables that are pulled, addresses that change. The
// oracle is the same. Needs a build, Linux and root; where that can't be had it says why, and counts as skipped.
//   node e2e/chaos/netns.mjs [--schedules 12] [--seed N] [--lanes 3] [--peer everwire|socket.io] [--verbose]
import { parseArgs } from "node:util";
import { Lane } from "./lane.mjs";
import { NetnsNetwork, whyNotHere } from "./netns-network.mjs";
import { Random } from "./random.mjs";
import { makeSchedule } from "./schedule.mjs";

const { values: options } = parseArgs({
  options: {
    schedules: { type: "string", default: "12" },
    seed: { type: "string" },
    lanes: { type: "string", default: "3" },
    peer: { type: "string", default: "everwire" },
    verbose: { type: "boolean", default: false },
  },
});
const firstSeed = options.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(options.seed);

const FAULTS = {
  blackhole: (random) => ({
    ms: random.pick([300, 1_500, 4_000, 9_000]),
    direction: random.pick(["up", "down", "both"]),
  }),
  "router down": (random) => ({ ms: random.pick([300, 1_500, 4_000, 9_000]) }),
  "cable pulled": (random) => ({ ms: random.pick([200, 1_000, 3_000]) }),
  "address changed": (random) => ({ ms: random.pick([50, 500, 2_000]) }),
};

/** Who talks is as in the suite; the faults are other ones, one after the other, for they are everybody's. */
function makeNetnsSchedule(seed) {
  const kinds = Object.keys(FAULTS);
  const random = new Random(seed);
  const schedule = makeSchedule(seed);
  const faults = [];
  let atMs = 0;
  for (let count = random.int(1, 2); count > 0; count -= 1) {
    // Each kind gets its turn, however few schedules there are.
    const kind = faults.length === 0 ? kinds[seed % kinds.length] : random.pick(kinds);
    const fault = { kind, atMs: atMs + random.int(50, 1_000), ...FAULTS[kind](random) };
    faults.push(fault);
    atMs = fault.atMs + fault.ms;
  }
  // Heartbeats that give up within a fault, or never do.
  const server = {
    ...schedule.server,
    pingInterval: random.pick([25_000, 1_000]),
    pingTimeout: 2_000,
    host: "0.0.0.0",
  };
  return { ...schedule, faults, server };
}

const reason = await whyNotHere();
if (reason !== undefined) {
  console.log(`chaos netns: skipped: ${reason}`);
  console.log(`chaos: ${JSON.stringify({ schedules: 0, failed: 0, skipped: Number(options.schedules) })}`);
  process.exit();
}

const total = { schedules: 0, failed: 0, messages: 0, lost: 0, missed: 0, doubled: 0, suspends: 0, disconnects: 0 };
const reasons = {};
let next = 0;

async function work(lane, network) {
  while (next < Number(options.schedules)) {
    const schedule = makeNetnsSchedule((firstSeed + next++) >>> 0);
    const result = await lane.run(schedule, network);
    total.schedules += 1;
    for (const key of ["messages", "lost", "missed", "doubled", "suspends"]) total[key] += result[key];
    total.disconnects += result.disconnects.length;
    for (const left of result.disconnects) reasons[left] = (reasons[left] ?? 0) + 1;
    const isFailed = result.violations.length > 0;
    if (isFailed) total.failed += 1;
    if (!isFailed && !options.verbose) continue;
    console.log(
      `seed ${schedule.seed}: ${result.messages} messages, ${result.suspends} breaks, slowest answer ${result.slowestAckMs} ms; ` +
        `left: ${result.disconnects.join(", ") || "nobody"}; ${JSON.stringify(schedule.faults)}`,
    );
    for (const violation of result.violations.slice(0, 12)) console.error(`  ${violation}`);
  }
}

console.log(`chaos netns: ${options.peer}, seeds from ${firstSeed}`);
const networks = Array.from({ length: Number(options.lanes) }, (_, index) => new NetnsNetwork(index));
const lanes = [];
try {
  await Promise.all(networks.map((network) => network.setUp()));
  for (const network of networks) lanes.push(new Lane(options.peer, network.prefixes));
  await Promise.all(lanes.map((lane) => lane.ready));
  await Promise.all(lanes.map((lane, index) => work(lane, networks[index])));
} finally {
  await Promise.all(lanes.map((lane) => lane.end()));
  await Promise.all(networks.map((network) => network.tearDown()));
}
console.log(`chaos: ${JSON.stringify({ ...total, reasons })}`);
process.exitCode = total.failed > 0 ? 1 : 0;
