// `npm start`: installs what is missing, builds, and runs the chat on http://localhost:3000 (PORT overrides).
import { spawn } from "node:child_process";
import { ROOT } from "./npm-packages.mjs";
import { build } from "./build.mjs";

try {
  build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const chat = spawn(process.execPath, ["examples/chat/server.js"], { cwd: ROOT, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => chat.kill(signal));
chat.on("exit", (code, signal) => process.exit(signal ? 0 : (code ?? 1)));
