// Each connection is an open file, in the server's process as well as in that of the load.
import { execFileSync } from "node:child_process";

/** What a process has open besides connections: its code, its pipes, the cores of its threads. */
const RESERVE = 200;

/** Throws where the limit of the system on open files is too low for so many connections; says what to do. */
export function requireFileLimit(title, connections) {
  if (process.platform === "win32") return;
  const text = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  if (text === "unlimited" || Number(text) >= connections + RESERVE) return;
  const needed = connections + RESERVE;
  throw new Error(
    `failed to run "${title}": it needs ${needed} open files and the limit is ${text}; run \`ulimit -n ${needed}\` first`,
  );
}
