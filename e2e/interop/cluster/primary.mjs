// The primary of a node:cluster: routes what the workers' adapters say to each other, and tells who is there, a line of JSON a worker.
// It lives as long as its standard input is open, so that it never outlives the test that started it.
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { setupPrimary } from "@socket.io/cluster-adapter";

const WORKERS = 3;

cluster.setupPrimary({ exec: fileURLToPath(new URL("worker.mjs", import.meta.url)), serialization: "advanced" });
setupPrimary();
cluster.on("message", (worker, message) => {
  if (typeof message?.port !== "number") return;
  process.stdout.write(`${JSON.stringify({ pid: worker.process.pid, port: message.port })}\n`);
});
for (let i = 0; i < WORKERS; i++) cluster.fork();

process.stdin.resume().once("end", () => process.exit());
// Whoever is left alone ends itself: workers end when their channel to the primary closes.
process.once("exit", () => {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGKILL");
});
