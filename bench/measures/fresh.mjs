// CPU time a unit where all peers together would be too many connections for one load process: a fresh server for each sample, one peer after
// another in each round. With `delay`, also how late the event loop of the server is meanwhile.
import { openLoad, runRound, startProfile, startServer, stopProfile, stopServer } from "../measure.mjs";

export async function measure({ workload, peers, rounds, context, load, samples }) {
  for (let round = 1; round <= rounds; round++) {
    for (const peer of peers) {
      context.onProgress(`${peer}: round ${round} of ${rounds}`);
      const server = await startServer(peer, workload);
      try {
        await openLoad(load, peer, server, workload);
        // Warms the code up and is thrown away.
        await runRound(load, peer, server, { ...workload, units: Math.ceil(workload.units / 4) });
        const profile = round === rounds && context.profileDirectory !== undefined;
        if (profile) await startProfile(server);
        if (workload.delay) await server.ask("startDelay");
        const sample = await runRound(load, peer, server, workload);
        if (workload.delay) Object.assign(sample, await server.ask("stopDelay"));
        if (profile) await stopProfile(server, `${context.profileDirectory}/${context.name}-${peer}.cpuprofile`);
        else samples[peer].push(sample);
        await load.ask("close", { handle: peer });
      } finally {
        await stopServer(server, workload);
      }
    }
  }
}
