// One workload over all peers, interleaved: every round visits each peer in turn, so that a slow moment of the machine hits all of them alike.
import { writeFileSync } from "node:fs";
import { Child } from "./child.mjs";
import { summarize } from "./stats.mjs";

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/**
 * @param {object} workload one entry of WORKLOADS
 * @param {string[]} peers
 * @param {number} rounds
 * @param {{ onProgress: (text: string) => void, profileDirectory?: string, name: string }} context
 * @returns {Promise<Record<string, object>>} for each peer its samples and their summary
 */
export async function measureWorkload(workload, peers, rounds, context) {
  const load = await Child.start("./load/child.mjs", [], LOAD_CORE);
  const samples = Object.fromEntries(peers.map((peer) => [peer, []]));
  try {
    if (workload.measure === "memory") await measureMemory(workload, peers, rounds, context, load, samples);
    else await measureCpu(workload, peers, rounds, context, load, samples);
  } finally {
    await load.stop();
  }
  return Object.fromEntries(peers.map((peer) => [peer, summarizeSamples(samples[peer])]));
}

/** All servers stay up and connected; a round is a fixed number of units on each. */
async function measureCpu(workload, peers, rounds, context, load, samples) {
  const servers = new Map();
  try {
    for (const peer of peers) {
      context.onProgress(`${peer}: connecting`);
      const server = await Child.start("./servers/child.mjs", [peer], SERVER_CORE);
      servers.set(peer, server);
      const { connections } = workload;
      await load.ask("open", { handle: peer, load: workload.load, peer, port: server.ready, connections });
    }
    // The first round warms the code up and is thrown away.
    for (let round = 0; round <= rounds; round++) {
      for (const [peer, server] of servers) {
        context.onProgress(`${peer}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
        const profile = round === rounds && context.profileDirectory !== undefined;
        if (profile) await startProfile(server);
        const before = await server.ask("usage");
        const { units, wallMs, busy } = await load.ask("run", {
          handle: peer,
          units: workload.units,
          options: workload.options,
        });
        const after = await server.ask("usage");
        if (profile) await stopProfile(server, `${context.profileDirectory}/${context.name}-${peer}.cpuprofile`);
        // What a round leaves to be cleaned up is no cost of the next one.
        if (await load.ask("settle", { handle: peer })) await server.ask("drained");
        if (round === 0 || profile) continue;
        const user = (after.user - before.user) / units;
        const system = (after.system - before.system) / units;
        samples[peer].push({ value: user + system, user, system, wallUs: (wallMs * 1_000) / units, loadBusy: busy });
      }
    }
    for (const peer of servers.keys()) await load.ask("close", { handle: peer });
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

/** A fresh server for each sample: memory that an earlier round left behind is nobody's connection. */
async function measureMemory(workload, peers, rounds, context, load, samples) {
  for (let round = 1; round <= rounds; round++) {
    for (const peer of peers) {
      context.onProgress(`${peer}: round ${round} of ${rounds}`);
      const server = await Child.start("./servers/child.mjs", [peer], SERVER_CORE);
      try {
        const { connections } = workload;
        await load.ask("open", { handle: peer, load: workload.load, peer, port: server.ready, connections });
        const before = await server.ask("memory");
        const { units, wallMs } = await load.ask("run", {
          handle: peer,
          units: workload.units,
          options: workload.options,
        });
        const after = await server.ask("memory");
        if (round === rounds && context.profileDirectory !== undefined) {
          await server.ask("heapSnapshot", {
            file: `${context.profileDirectory}/${context.name}-${peer}.heapsnapshot`,
          });
        }
        samples[peer].push({
          value: (after.rss - before.rss) / units,
          heap: (after.heapUsed - before.heapUsed) / units,
          external: (after.external - before.external) / units,
          wallUs: (wallMs * 1_000) / units,
        });
        await load.ask("close", { handle: peer });
      } finally {
        await server.stop();
      }
    }
  }
}

async function startProfile(server) {
  await server.ask("inspect", { method: "Profiler.enable" });
  await server.ask("inspect", { method: "Profiler.setSamplingInterval", params: { interval: 200 } });
  await server.ask("inspect", { method: "Profiler.start" });
}

async function stopProfile(server, file) {
  const { profile } = await server.ask("inspect", { method: "Profiler.stop" });
  writeFileSync(file, JSON.stringify(profile));
}

function summarizeSamples(samples) {
  const keys = Object.keys(samples[0] ?? {});
  const summary = Object.fromEntries(keys.map((key) => [key, summarize(samples.map((sample) => sample[key]))]));
  return { ...summary, samples };
}
