// What Everwire has to reach: the ratio of medians, Everwire's to the peer's, in one run. Where lower is better, at most this much; where higher
// is better, at least.

export const TARGETS = {
  "echo1.value": { "socket.io": 0.68, ws: 1.0 },
  "echo16.value": { "socket.io": 0.27, ws: 0.45 },
  "ack16.value": { "socket.io": 0.27 },
  "broadcast.value": { "socket.io": 0.65, ws: 0.92 },
  "burst8.value": { "socket.io": 0.11, ws: 0.14 },
  "chat.value": { "socket.io": 0.08, ws: 0.1 },
  "rooms100.value": { "socket.io": 0.62, ws: 0.9 },
  "memory.value": { "socket.io": 0.45, ws: 1.1 },
  "connect.value": { "socket.io": 0.45, ws: 1.15 },
  "connectPolling.value": { "socket.io": 0.5 },
  "storm.value": { "socket.io": 0.45, ws: 1.15 },
  "polling1.value": { "socket.io": 0.72 },
  "polling16.value": { "socket.io": 0.48 },
  "binary1m.perMicrosecond": { "socket.io": 3, ws: 3.5 },
  "latency2000.p50": { "socket.io": 0.85, ws: 1.0 },
  "latency2000.p99": { "socket.io": 0.85, ws: 1.0 },
};

/** Those who have to reach it: with and without sessions that are resumed. */
export const SUBJECTS = ["everwire", "everwire-resume"];

/** Cost may grow by this much between the second and the last number of connections, and is still called linear. */
export const MAX_GROWTH = 1.25;
const GROWTH_ROWS = ["scale.connectGrowth", "scale.deliverGrowth"];

/**
 * Holds the rows of a run against the targets.
 * @param {{ name: string, key: string, title: string, better?: "higher", results: Record<string, { median: number }> }[]} rows
 * @returns {{ title: string, subject: string, against: string, better: "higher" | "lower", target: number, ratio: number, reached: boolean }[]}
 */
export function checkTargets(rows) {
  const verdicts = [];
  for (const { name, key, title, better = "lower", results } of rows) {
    const add = (subject, against, target, ratio) => {
      // Against nothing there is no ratio; tiny runs have such medians.
      if (!Number.isFinite(ratio)) return;
      const reached = better === "higher" ? ratio >= target : ratio <= target;
      verdicts.push({ title, subject, against, better, target, ratio, reached });
    };
    for (const subject of SUBJECTS.filter((peer) => results[peer] !== undefined)) {
      for (const [against, target] of Object.entries(TARGETS[`${name}.${key}`] ?? {})) {
        if (results[against] === undefined) continue;
        add(subject, against, target, results[subject].median / results[against].median);
      }
      if (GROWTH_ROWS.includes(`${name}.${key}`)) add(subject, "linear", MAX_GROWTH, results[subject].median);
    }
  }
  return verdicts;
}
