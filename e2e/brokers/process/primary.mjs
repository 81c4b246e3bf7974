// The primary of a node:cluster: routes what the workers' adapters say to each other, and passes on what the test and its workers
// say. The test names a worker by the number that it gave it. It ends when its channel does, and its workers with it.
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { setupPrimary } from "@socket.io/cluster-adapter";

cluster.setupPrimary({ exec: fileURLToPath(new URL("worker.mjs", import.meta.url)), serialization: "advanced" });
setupPrimary();

const workers = new Map();

cluster.on("message", (worker, message) => {
  if (message?.brokers === undefined) return;
  process.send({ number: worker.number, message });
});
cluster.on("exit", (worker) => {
  workers.delete(worker.number);
  process.send({ number: worker.number, exit: true });
});

process.on("message", ({ number, start, message }) => {
  if (start === undefined) {
    workers.get(number)?.send(message);
    return;
  }
  const worker = cluster.fork(start);
  worker.number = number;
  workers.set(number, worker);
});
process.once("disconnect", () => process.exit());
process.once("exit", () => {
  for (const worker of workers.values()) worker.process.kill("SIGKILL");
});
if (!process.connected) process.exit(); // it may have gone while this file was loaded
