// The bench: compares Everwire's server with its peers, side by side in one run.
//   npm run bench                                    every workload, every peer
//   npm run bench -- echo16 --against socket.io,ws   some workloads, some peers
//   --rounds 9    more rounds (default 7)     --profile DIR   CPU profiles and heap snapshots of one extra round
//   --smoke       a few seconds with tiny counts: does everything still run? Writes nothing.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { canPin } from "./child.mjs";
import { measureWorkload } from "./measure.mjs";
import { commit, describeMachine, formatTable, peerVersions, writeResults } from "./report.mjs";
import { PEERS, WORKLOADS } from "./workloads.mjs";

const DEFAULT_ROUNDS = 7;
const MEMORY_ROUNDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: "string" },
    rounds: { type: "string" },
    profile: { type: "string" },
    smoke: { type: "boolean", default: false },
  },
});

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function main() {
  const names = chooseNames(positionals, Object.keys(WORKLOADS), "workload");
  const [subject, ...others] = PEERS;
  const peers = [subject, ...(values.against === "none" ? [] : chooseNames(splitList(values.against), others, "peer"))];
  const rounds = chooseRounds();
  const profileDirectory = values.profile && resolve(process.env.INIT_CWD ?? ".", values.profile);
  if (profileDirectory) mkdirSync(profileDirectory, { recursive: true });

  const run = {
    date: new Date().toISOString(),
    command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
    commit: commit(),
    machine: describeMachine(canPin),
    versions: peerVersions(peers, installedVersion),
    peers,
    rounds,
    workloads: [],
  };
  for (const name of names) {
    const workload = values.smoke ? { ...WORKLOADS[name], ...WORKLOADS[name].smoke } : WORKLOADS[name];
    const { title, unit, measure } = workload;
    const workloadRounds = measure === "memory" ? Math.min(rounds, MEMORY_ROUNDS) : rounds;
    const results = await measureWorkload(workload, peers, workloadRounds + (profileDirectory ? 1 : 0), {
      name,
      profileDirectory,
      onProgress: (text) => progress(`${title}: ${text}`),
    });
    run.workloads.push({ name, title, unit, measure, rounds: workloadRounds, results });
  }
  progress("");
  console.log(formatTable(run));
  if (values.smoke) return;
  const whole = names.length === Object.keys(WORKLOADS).length && peers.length === PEERS.length;
  console.log(`\nAll figures: ${writeResults(run, { whole })}${whole ? ", table: bench/results.md" : ""}`);
}

function chooseRounds() {
  if (values.smoke) return 1;
  if (values.rounds === undefined) return DEFAULT_ROUNDS;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`failed to read --rounds: ${values.rounds} is no number of rounds`);
  return rounds;
}

function chooseNames(wanted, known, what) {
  for (const name of wanted) {
    if (!known.includes(name)) throw new Error(`failed to find the ${what} ${name}: there are ${known.join(", ")}`);
  }
  return wanted.length > 0 ? known.filter((name) => wanted.includes(name)) : known;
}

function splitList(text = "") {
  return text.split(",").filter((name) => name !== "");
}

/** The version in the package.json beside what the bench imports; a package without its build is an error that says so. */
function installedVersion(name) {
  const require = createRequire(import.meta.url);
  let manifest;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch (error) {
    throw new Error(`failed to find ${name}: run \`npm install\` first`, { cause: error });
  }
  const { version, exports } = JSON.parse(readFileSync(manifest, "utf8"));
  const entry = exports?.["."]?.default;
  if (typeof entry === "string" && !existsSync(join(dirname(manifest), entry))) {
    throw new Error(`failed to find the build of ${name}: run \`npm run build\` first`);
  }
  return version;
}

/** One line that is written over and over; nothing where the output is no terminal. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
