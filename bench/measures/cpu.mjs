// CPU time a unit, interleaved: all servers stay up and connected, and every round visits each peer in turn, so that a slow moment of the
// machine hits all of them alike. A round is a fixed number of units.
import { openLoad, runRound, settle, startProfile, startServer, stopProfile, stopServer } from "../measure.mjs";

export async function measure({ workload, peers, rounds, context, load, samples }) {
  const servers = new Map();
  try {
    const starts = peers.map(async (peer) => [peer, await startServer(peer, workload)]);
    for (const start of await Promise.allSettled(starts)) if (start.status === "fulfilled") servers.set(...start.value);
    await Promise.all(starts);
    for (const [peer, server] of servers) {
      context.onProgress(`${peer}: connecting`);
      await openLoad(load, peer, server, workload);
    }
    // The first round warms the code up and is thrown away.
    for (let round = 0; round <= rounds; round++) {
      for (const [peer, server] of servers) {
        context.onProgress(`${peer}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
        const profile = round === rounds && context.profileDirectory !== undefined;
        if (profile) await startProfile(server);
        const sample = await runRound(load, peer, server, workload);
        if (profile) await stopProfile(server, `${context.profileDirectory}/${context.name}-${peer}.cpuprofile`);
        await settle(load, peer, server, workload);
        if (round > 0 && !profile) samples[peer].push(sample);
      }
    }
    for (const peer of servers.keys()) await load.ask("close", { handle: peer });
  } finally {
    for (const server of servers.values()) await stopServer(server, workload);
  }
}
