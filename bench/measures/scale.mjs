// Cost against the number of connections: for each number a fresh, warm server, what it pays for each connection until all are there, and then
// for each delivery of a broadcast to all of them. Flat is linear.
import { openLoad, runRound, settle, startServer, stopServer } from "../measure.mjs";
import { scaleBase } from "../workloads.mjs";

/** A few connections and broadcasts that warm the code up. */
const WARM_UP = { connections: 0, units: 300, options: { concurrency: 50 } };

export async function measure({ workload, peers, rounds, context, load, samples }) {
  for (let round = 1; round <= rounds; round++) {
    for (const peer of peers) {
      const sample = {};
      for (const size of workload.sizes) {
        context.onProgress(`${peer}: ${size} connections, round ${round} of ${rounds}`);
        const server = await startServer(peer, workload);
        try {
          await measureSize(workload, peer, server, load, size, sample);
        } finally {
          await stopServer(server, workload);
        }
      }
      const { sizes } = workload;
      for (const figure of ["connect", "deliver"]) {
        sample[`${figure}Growth`] = sample[`${figure}${sizes.at(-1)}`] / sample[`${figure}${scaleBase(sizes)}`];
      }
      samples[peer].push(sample);
    }
  }
}

async function measureSize(workload, peer, server, load, size, sample) {
  const connecting = { ...WARM_UP, load: "connect" };
  await openLoad(load, peer, server, connecting);
  for (let pass = 0; pass < workload.warmUps; pass++) {
    await runRound(load, peer, server, connecting);
    await settle(load, peer, server, connecting);
  }
  await load.ask("close", { handle: peer });

  const before = await server.ask("usage");
  const broadcasting = { load: "broadcast", connections: size, units: workload.units, options: { burst: 1 } };
  await openLoad(load, peer, server, broadcasting);
  const after = await server.ask("usage");
  sample[`connect${size}`] = (after.user - before.user + after.system - before.system) / size;
  await runRound(load, peer, server, { ...broadcasting, units: Math.ceil(workload.units / 2) });
  sample[`deliver${size}`] = (await runRound(load, peer, server, broadcasting)).value;
  await load.ask("close", { handle: peer });
}
