// The bench: compares Everwire's server with its peers, side by side in one run.
//   npm run bench                                    every workload, every peer
//   npm run bench -- echo16 --against socket.io,ws   some workloads, some peers
//   --rounds 9    more rounds (default 7)     --profile DIR   CPU profiles and heap snapshots of one extra round
//   --smoke       a few seconds with tiny counts: does everything still run? Writes nothing.
//   --out FILE    writes the results there as well
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { canPin } from "./child.mjs";
import { measureWorkload, stopKeptServers } from "./measure.mjs";
import { requireFileLimit } from "./file-limit.mjs";
import { commit, describeMachine, peerVersions, writeResults } from "./report.mjs";
import { participants, PEERS } from "./peers.mjs";
import { checkTargets } from "./targets.mjs";
import { formatRatios, formatTable, formatTargets } from "./tables.mjs";
import { rowsOf, WORKLOADS } from "./workloads.mjs";

const DEFAULT_ROUNDS = 7;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: "string" },
    rounds: { type: "string" },
    profile: { type: "string" },
    smoke: { type: "boolean", default: false },
    out: { type: "string" },
  },
});

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stopKeptServers();
}

async function main() {
  const names = chooseNames(positionals, Object.keys(WORKLOADS), "workload");
  const [subject, ...others] = Object.keys(PEERS);
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
    warnings: [],
    workloads: [],
    rows: [],
  };
  for (const name of names) {
    const workload = values.smoke
      ? { ...WORKLOADS[name], ...WORKLOADS[name].smoke, keepsServers: true }
      : WORKLOADS[name];
    const { title } = workload;
    const taking = participants(name, workload, peers);
    if (workload.wants !== undefined && !isInstalled(workload.wants)) {
      warn(`${title}: left out, for ${workload.wants} is not installed`);
      continue;
    }
    requireFileLimit(title, Math.max(workload.connections ?? 0, ...(workload.sizes ?? [])));
    const workloadRounds = Math.min(rounds, workload.rounds ?? rounds);
    const results = await measureWorkload(workload, taking, workloadRounds + (profileDirectory ? 1 : 0), {
      name,
      profileDirectory,
      onProgress: (text) => progress(`[${names.indexOf(name) + 1}/${names.length}] ${title}: ${text}`),
      onWarning: (text) => {
        warn(`${title}: ${text}`);
        run.warnings.push(`${title}: ${text}`);
      },
    });
    run.workloads.push({ name, title, measure: workload.measure, rounds: workloadRounds, results });
    for (const row of rowsOf(workload)) {
      const figures = Object.entries(results).map(([peer, result]) => [peer, result[row.key]]);
      run.rows.push({ name, ...row, results: Object.fromEntries(figures) });
    }
  }
  run.targets = checkTargets(run.rows);
  progress("");
  console.log(formatTable(run));
  if (!values.smoke) console.log(`\n${formatRatios(run)}`);
  if (values.out) writeFileSync(resolve(process.env.INIT_CWD ?? ".", values.out), JSON.stringify(run));
  if (values.smoke) return;
  console.log(`\n${formatTargets(run)}`);
  const whole = names.length === Object.keys(WORKLOADS).length && peers.length === Object.keys(PEERS).length;
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

/** The version of the package whose code the bench imports; one that is not there, or not built, is an error that says so. */
function installedVersion(name) {
  const directory = packageDirectory(name);
  if (directory === undefined) throw new Error(`failed to find ${name}: run \`npm install\` first`);
  const { version, exports } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const entry = exports?.["."]?.default;
  if (typeof entry === "string" && !existsSync(join(directory, entry))) {
    throw new Error(`failed to find the build of ${name}: run \`npm run build\` first`);
  }
  return version;
}

function isInstalled(name) {
  return packageDirectory(name) !== undefined;
}

/** Where a package is: the directory above its entry that has its name. Its package.json may be no export of it. */
function packageDirectory(name) {
  let directory;
  try {
    directory = dirname(fileURLToPath(import.meta.resolve(name)));
  } catch {
    return undefined;
  }
  for (; directory !== dirname(directory); directory = dirname(directory)) {
    const manifest = join(directory, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === name) return directory;
  }
  return undefined;
}

function warn(text) {
  progress("");
  console.warn(`warning: ${text}`);
}

/** One line that is written over and over; nothing where the output is no terminal. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
