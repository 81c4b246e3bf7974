// The load process: opens, runs and closes loads at the orchestrator's request (IPC). One process serves all peers, so that each of them
// meets the same warm code. Started by run.mjs, pinned to a core of its own.
import { performance } from "node:perf_hooks";
import { DIALECTS } from "./dialects.mjs";

/** Above any round. A server that leaves something out would else be waited for without end. */
const GIVE_UP_MS = 180_000;

const loads = new Map();

const answers = {
  async open({ handle, load, peer, port, connections, options }) {
    const module = await import(`./${load}.mjs`);
    const dialect = DIALECTS[peer];
    loads.set(handle, {
      module,
      dialect,
      port,
      state: await inTime(module.open({ port, dialect, connections, options })),
    });
  },
  /** Runs one round and tells how long it took and how busy this process was. */
  async run({ handle, units, options }) {
    const { module, dialect, port, state } = loads.get(handle);
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await inTime(module.run(state, { ...options, dialect, port, units }));
    const wallMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { ...result, wallMs, busy: (user + system) / 1_000 / wallMs };
  },
  /** Cleans up after a round; tells whether there was something to do. */
  async settle({ handle }) {
    const { module, dialect, port, state } = loads.get(handle);
    await module.settle?.(state, { dialect, port });
    return module.settle !== undefined;
  },
  async close({ handle }) {
    const { module, state } = loads.get(handle);
    loads.delete(handle);
    await module.close(state);
  },
};

function inTime(work) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    const error = new Error(`failed to run the load: what it waits for did not come in ${GIVE_UP_MS / 1_000} s`);
    timer = setTimeout(reject, GIVE_UP_MS, error);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

process.on("message", async ({ id, ask, ...options }) => {
  try {
    process.send({ id, answer: await answers[ask](options) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
