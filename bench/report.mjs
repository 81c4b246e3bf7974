// Results as people read them: the table of a run, in the terminal and in results.md, and the whole of it as JSON.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";

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

/** The installed version of each peer. */
export function peerVersions(peers, resolve) {
  const packages = { everwire: "@everwire/server", ws: "ws", "ws-json": "ws", "socket.io": "socket.io" };
  return Object.fromEntries(peers.map((peer) => [peer, resolve(packages[peer])]));
}

const format = (value, measure) =>
  measure === "memory" ? Math.round(value).toLocaleString("en-US") : value.toFixed(value < 20 ? 2 : 1);

/** Rows of Markdown: median (min–max) of each peer, and the first peer's ratio to each of the others. */
export function formatTable(run) {
  const { peers } = run;
  const [subject, ...others] = peers;
  const head = ["workload", "unit", ...peers, ...others.map((other) => `${subject} / ${other}`)];
  const rows = run.workloads.map(({ title, unit, measure, results }) => {
    const unitText = measure === "memory" ? `bytes/${unit} (RSS)` : `us/${unit}`;
    const cells = peers.map((peer) => {
      const { median, min, max } = results[peer].value;
      return `${format(median, measure)} (${format(min, measure)}–${format(max, measure)})`;
    });
    const ratios = others.map((other) => (results[subject].value.median / results[other].value.median).toFixed(2));
    return [title, unitText, ...cells, ...ratios];
  });
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The second table: where the time or memory goes, and how busy the load was. */
function formatDetails(run) {
  const lines = ["| workload | peer | user | system | wall | load busy |", "| --- | --- | --- | --- | --- | --- |"];
  for (const { title, measure, results } of run.workloads) {
    if (measure === "memory") continue;
    for (const peer of run.peers) {
      const { user, system, wallUs, loadBusy } = results[peer];
      const busy = `${Math.round(loadBusy.median * 100)} %`;
      lines.push(
        `| ${title} | ${peer} | ${user.median.toFixed(2)} | ${system.median.toFixed(2)} | ${wallUs.median.toFixed(2)} | ${busy} |`,
      );
    }
  }
  const heap = run.workloads.find(({ measure }) => measure === "memory");
  if (heap === undefined) return lines.join("\n");
  const peers = run.peers.map((peer) => {
    const { heap: onHeap, external } = heap.results[peer];
    return `${peer} ${Math.round(onHeap.median)} + ${Math.round(external.median)}`;
  });
  return `${lines.join("\n")}\n\nOf the idle memory, V8 heap + external bytes a connection: ${peers.join(", ")}.`;
}

export function formatReport(run) {
  const { machine } = run;
  const versions = Object.entries(run.versions).map(([peer, version]) => `${peer} ${version}`);
  return `# Results of the bench

Written by \`npm run bench\`; do not edit.

- Date: ${run.date}
- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; load average before the run ${machine.load}
- Command: \`${run.command}\`
- Peers: ${versions.join(", ")}
- ${machine.pinned ? "Server and load pinned to one core each." : "Server and load not pinned: taskset is not there."}

Server CPU time for each unit (or memory for each connection): median of ${run.rounds} interleaved rounds (min–max). Compare within a row only;
less than 8 % is a tie. Lower is better.

${formatTable(run)}

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
