// One row over all its peers. How it is measured is a module of measures/; here is what they share.
import { writeFileSync } from "node:fs";
import { Child } from "./child.mjs";
import { PEERS } from "./peers.mjs";
import { summarize } from "./stats.mjs";

const SERVER_CORE = 0;
const LOAD_CORE = 1;
/** Above that, the load generator may have been the limit of what it measured in time. */
const MAX_LOAD_BUSY = 0.95;

/**
 * @param {object} workload one entry of WORKLOADS
 * @param {string[]} peers
 * @param {number} rounds
 * @param {{ onProgress: (text: string) => void, onWarning: (text: string) => void, profileDirectory?: string, name: string }} context
 * @returns {Promise<Record<string, object>>} for each peer its samples and their summary
 */
export async function measureWorkload(workload, peers, rounds, context) {
  const { measure } = await import(`./measures/${workload.measure}.mjs`);
  const samples = Object.fromEntries(peers.map((peer) => [peer, []]));
  const load = await Child.start("./load/child.mjs", [], LOAD_CORE);
  try {
    await measure({ workload, peers, rounds, context, load, samples });
  } finally {
    await load.stop();
  }
  const results = Object.fromEntries(peers.map((peer) => [peer, summarizeSamples(samples[peer])]));
  for (const [peer, { loadBusy }] of Object.entries(results)) {
    if (workload.spins || loadBusy === undefined || loadBusy.median < MAX_LOAD_BUSY) continue;
    context.onWarning(`${peer}: the load was busy ${Math.round(loadBusy.median * 100)} % of the time`);
  }
  return results;
}

/** Servers that outlive their row, in runs that measure nothing and only want to be over soon. */
const kept = new Map();

/** The server process of a peer with the application that the row needs: a new one, or one that is kept. @returns {Promise<Child>} */
export async function startServer(peer, { app = "talk", keepsServers }) {
  const { module = peer, env } = PEERS[peer];
  const start = () => Child.start("./servers/child.mjs", [module, app], SERVER_CORE, env);
  if (!keepsServers) return start();
  const key = `${peer} ${app}`;
  if (!kept.has(key)) kept.set(key, await start());
  return kept.get(key);
}

export async function stopServer(server, { keepsServers }) {
  if (!keepsServers) await server.stop();
}

export async function stopKeptServers() {
  await Promise.all([...kept.values()].map((server) => server.stop()));
}

/** Starts any other module that answers `usage`, on the core of servers. */
export const startChild = (module, args) => Child.start(module, args, SERVER_CORE);

export function openLoad(load, peer, server, { load: module, connections, options }) {
  return load.ask("open", { handle: peer, load: module, peer, port: server.ready, connections, options });
}

/** One round: what the server's process paid for it, in microseconds of CPU time a unit. */
export async function runRound(load, peer, server, { units, options }) {
  const before = await server.ask("usage");
  const result = await load.ask("run", { handle: peer, units, options });
  const after = await server.ask("usage");
  const user = (after.user - before.user) / result.units;
  const system = (after.system - before.system) / result.units;
  return {
    value: user + system,
    perMicrosecond: 1 / (user + system),
    user,
    system,
    wallUs: (result.wallMs * 1_000) / result.units,
    loadBusy: result.busy,
    ...result.figures,
  };
}

/** What a round leaves to be cleaned up is no cost of the next one. */
export async function settle(load, peer, server, { keeps = false }) {
  if ((await load.ask("settle", { handle: peer })) && !keeps) await server.ask("drained");
}

export async function startProfile(server) {
  await server.ask("inspect", { method: "Profiler.enable" });
  await server.ask("inspect", { method: "Profiler.setSamplingInterval", params: { interval: 200 } });
  await server.ask("inspect", { method: "Profiler.start" });
}

export async function stopProfile(server, file) {
  const { profile } = await server.ask("inspect", { method: "Profiler.stop" });
  writeFileSync(file, JSON.stringify(profile));
}

function summarizeSamples(samples) {
  const keys = Object.keys(samples[0] ?? {});
  const summary = Object.fromEntries(keys.map((key) => [key, summarize(samples.map((sample) => sample[key]))]));
  return { ...summary, samples };
}
