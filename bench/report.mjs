// Results as people read them: the tables of a run in results.md, and the whole of it as JSON.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { PEERS } from "./peers.mjs";
import { formatDetails, formatRatios, formatTable, formatTargets } from "./tables.mjs";

/** What a figure depends on besides the code. */
export function describeMachine(pinned) {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    pinned,
    /** Other work on the machine when the run began, in busy cores. */
    load: Number(loadavg()[0].toFixed(1)),
  };
}

/** The installed version of each peer, and of its helper. */
export function peerVersions(peers, resolve) {
  return Object.fromEntries(
    peers.map((peer) => {
      const { package: name, helper } = PEERS[peer];
      return [peer, helper === undefined ? resolve(name) : `${resolve(name)} with ${helper} ${resolve(helper)}`];
    }),
  );
}

export function formatReport(run) {
  const { machine } = run;
  const versions = Object.entries(run.versions).map(([peer, version]) => `${peer} ${version}`);
  const warnings = run.warnings.map((warning) => `- Warning: ${warning}\n`).join("");
  return `# Results of the bench

Written by \`npm run bench\`; do not edit.

- Date: ${run.date}
- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; load average before the run ${machine.load}
- Command: \`${run.command}\`
- Peers: ${versions.join(", ")}
- ${machine.pinned ? "Server and load pinned to one core each." : "Server and load not pinned: taskset is not there."}
${warnings}
What the server paid for each unit (or what the row says): median of at most ${run.rounds} interleaved rounds (min–max). Compare within a row
only; less than 8 % is a tie. Lower is better where a row does not say otherwise. No peer has a native helper but the one named so.

${formatTable(run)}

## Ratios

${formatRatios(run)}

## Targets

${formatTargets(run)}

## Details

Medians in microseconds a unit; \`load busy\` is the share of its core that the load generator used (at 100 % it would be the limit of the
wall time, never of the CPU time).

${formatDetails(run)}
`;
}

/** Writes results/<date>.json, and results.md when the run was a whole one. */
export function writeResults(run, { whole }) {
  const directory = new URL("./results/", import.meta.url);
  mkdirSync(directory, { recursive: true });
  const name = `${run.date.replaceAll(":", "-").slice(0, 19)}.json`;
  writeFileSync(new URL(name, directory), `${JSON.stringify(run, undefined, 2)}\n`);
  if (whole) writeFileSync(new URL("./results.md", import.meta.url), formatReport(run));
  return `bench/results/${name}`;
}

/** The commit that was measured, where the bench runs in a checkout. */
export function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
