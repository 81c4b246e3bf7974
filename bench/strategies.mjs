// How long a client waits for its first message, for each way of choosing a transport, over a line with latency.
//   npm run strategies --workspace bench    every strategy, where WebSocket passes and where it does not
//   -- --rounds 9    more rounds (default 7)     -- --latency 50    milliseconds each way (default 100)
// The server is a process of its own; between it and the client stands the fault proxy. Needs a build.
import { parseArgs } from "node:util";
import { io } from "@everwire/client";
import { startFaultProxy } from "@everwire/testkit/faults";
import { Child } from "./child.mjs";
import { summarize } from "./stats.mjs";
import { EVENTS, TEXT } from "./messages.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, latency: { type: "string", default: "100" } },
});
const rounds = Number(values.rounds);
const latencyMs = Number(values.latency);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`failed to read --rounds: ${values.rounds} is no number`);
if (!(latencyMs > 0)) throw new Error(`failed to read --latency: ${values.latency} is no number of milliseconds`);

const RACE = { strategy: "race" };

/** What an application passes to `io()`. `before`: what was learnt at an earlier visit, in the same network unless it says otherwise. */
const STRATEGIES = {
  "polling, then upgrade (default)": {},
  "WebSocket only": { transports: ["websocket"] },
  "WebSocket first, tryAllTransports": { transports: ["websocket", "polling"], tryAllTransports: true },
  race: { ...RACE, raceMemoryMs: 0 },
  "race, winner remembered": { ...RACE, before: "same" },
  "race, WebSocket remembered from elsewhere": { ...RACE, before: "open" },
};

/** What the network does to a WebSocket. */
const NETWORKS = {
  "WebSocket passes": {},
  "WebSocket is reset": { block: "websocket" },
  "WebSocket hangs": { block: "websocket", blocksSilently: true },
};

/** Without an answer by then, there is none. */
const GIVE_UP_MS = 3_000;

try {
  const server = await Child.start("./servers/child.mjs", ["everwire", "talk"], 0);
  try {
    await main(server.ready);
  } finally {
    await server.stop();
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function main(port) {
  const cells = Object.keys(NETWORKS).flatMap((network) =>
    Object.keys(STRATEGIES)
      // Where a WebSocket passes, what is remembered is what is remembered from elsewhere.
      .filter((strategy) => network !== "WebSocket passes" || STRATEGIES[strategy].before !== "open")
      .map((strategy) => ({ network, strategy, samples: [] })),
  );
  for (let round = 0; round <= rounds; round += 1) {
    for (const cell of cells) {
      const sample = await measure(port, NETWORKS[cell.network], STRATEGIES[cell.strategy]);
      // The first round warms up.
      if (round > 0) cell.samples.push(sample);
    }
  }
  console.log(`${latencyMs} ms each way, median of ${rounds} interleaved rounds (min–max)\n`);
  const head = ["network", "strategy", "opened over", "connect, ms", "first message, ms", "in round trips"];
  console.log([head, head.map(() => "---"), ...cells.map(rowOf)].map((row) => `| ${row.join(" | ")} |`).join("\n"));
}

function rowOf({ network, strategy, samples }) {
  const over = [...new Set(samples.map(({ transport }) => transport))].sort().join(" or ");
  if (over === "none") return [network, strategy, "nothing", "never", "never", ""];
  const [connect, message] = ["connectMs", "messageMs"].map((key) => summarize(samples.map((sample) => sample[key])));
  const text = ({ median, min, max }) => `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
  return [network, strategy, over, text(connect), text(message), (message.median / (2 * latencyMs)).toFixed(1)];
}

/** One visit by a proxy of its own, whose port is an address that no visit has known. */
async function measure(port, network, { before, ...options }) {
  const proxy = await startFaultProxy(port, before === "open" ? {} : network);
  try {
    if (before === "open") {
      proxy.set({ block: "polling" });
      await visit(proxy.url, options);
      proxy.set({ block: "", ...network });
    } else if (before === "same") await visit(proxy.url, options);
    proxy.set({ latencyMs });
    return await visit(proxy.url, options);
  } finally {
    await proxy.close();
  }
}

/** Opens, is echoed, leaves. */
async function visit(url, options) {
  const startMs = performance.now();
  const socket = io(url, { ...options, forceNew: true, reconnection: false, timeout: GIVE_UP_MS });
  const { engine } = socket.io;
  let transport = "none";
  engine.once("open", () => (transport = engine.transport.name));
  try {
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    const connectMs = performance.now() - startMs;
    await new Promise((resolve) => {
      socket.once(EVENTS.echo, resolve);
      socket.emit(EVENTS.echo, TEXT);
    });
    return { transport, connectMs, messageMs: performance.now() - startMs };
  } catch {
    return { transport };
  } finally {
    socket.disconnect();
  }
}
