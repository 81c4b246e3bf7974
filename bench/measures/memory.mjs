// Memory a connection. A fresh server for each sample: memory that an earlier round left behind is nobody's connection.
import { openLoad, startServer, stopServer } from "../measure.mjs";

export async function measure({ workload, peers, rounds, context, load, samples }) {
  for (let round = 1; round <= rounds; round++) {
    for (const peer of peers) {
      context.onProgress(`${peer}: round ${round} of ${rounds}`);
      const server = await startServer(peer, workload);
      try {
        await openLoad(load, peer, server, workload);
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
        await stopServer(server, workload);
      }
    }
  }
}
