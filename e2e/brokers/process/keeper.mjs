// Runs one broker and outlives nobody: when the test that started it is gone, however it went, the broker is ended too, and its
// folder removed.
// Started by support/child.ts; its only argument says what to run. It answers with the broker's pid and, once, with its end.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";

const { command, args, options, folder, lastSignal } = JSON.parse(process.argv[2]);
const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });

// A broker that can't start says why on one of the two.
let output = "";
const listen = (chunk) => {
  output = (output + chunk).slice(-4_000);
};
child.stdout.setEncoding("utf8").on("data", listen);
child.stderr.setEncoding("utf8").on("data", listen);

child.once("spawn", () => process.send?.({ pid: child.pid }));
child.once("error", (error) => end({ error: error.message }));
child.once("close", (code, signal) => end({ code, signal, output }));

function end(message) {
  if (!process.connected) {
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  }
  process.send(message, () => process.exit());
}

process.once("disconnect", () => child.kill(lastSignal));
if (!process.connected) child.kill(lastSignal);
// Signals of a terminal go to the whole group; the broker's end is the test's business.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
