// The codec alone, in a process of its own and without a network: CPU time to encode and to decode a packet.
import { startChild } from "../measure.mjs";

export async function measure({ workload, peers, rounds, context, samples }) {
  const codecs = new Map();
  try {
    for (const peer of peers) codecs.set(peer, await startChild("./codec/child.mjs", [peer]));
    for (let round = 0; round <= rounds; round++) {
      for (const [peer, codec] of codecs) {
        context.onProgress(`${peer}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
        const sample = await codec.ask("run", { units: workload.units });
        if (round > 0) samples[peer].push(sample);
      }
    }
  } finally {
    for (const codec of codecs.values()) await codec.stop();
  }
}
