// The server process: starts the peer named on the command line and answers the orchestrator's questions over IPC about its CPU time
// and memory. Started by run.mjs, pinned to a core of its own.
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { writeHeapSnapshot } from "node:v8";

const [peer] = process.argv.slice(2);
const { start } = await import(`./${peer}.mjs`);

const httpServer = createServer();
start(httpServer);

let inspector;

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
