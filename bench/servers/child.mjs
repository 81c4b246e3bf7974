// The server process: starts the server module and the application named on the command line and answers the orchestrator's questions over IPC about its CPU time
// and memory. Started by run.mjs, pinned to a core of its own.
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { writeHeapSnapshot } from "node:v8";

const [module, app] = process.argv.slice(2);
const { start } = await import(`./${module}.mjs`);

const httpServer = createServer();
start(httpServer, app);

let inspector;
const delays = monitorEventLoopDelay({ resolution: 1 });

const answers = {
  usage: () => process.cpuUsage(),
  /** Memory once everything that can be freed is freed. */
  async memory() {
    for (let pass = 0; pass < 4; pass++) {
      globalThis.gc();
      await delay(20);
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heapUsed, external };
  },
  /** Answers once the server has let go of every connection. */
  async drained() {
    const count = promisify(httpServer.getConnections.bind(httpServer));
    while ((await count()) > 0) await delay(5);
  },
  startDelay() {
    delays.reset();
    delays.enable();
  },
  /** How late the event loop came to a timer of one millisecond, that millisecond included, in milliseconds. */
  stopDelay() {
    delays.disable();
    return { delayP99: delays.percentile(99) / 1e6, delayMax: delays.max / 1e6 };
  },
  /** A command of the inspector protocol, such as "Profiler.start". */
  inspect({ method, params }) {
    if (inspector === undefined) {
      inspector = new Session();
      inspector.connect();
    }
    return inspector.post(method, params);
  },
  heapSnapshot({ file }) {
    globalThis.gc();
    writeHeapSnapshot(file);
  },
};

process.on("message", async ({ id, ask, ...options }) => {
  try {
    process.send({ id, answer: await answers[ask](options) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));

httpServer.listen(0, "127.0.0.1", 20_000, () => {
  process.send({ ready: httpServer.address().port });
});
