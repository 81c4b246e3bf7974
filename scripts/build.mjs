// Builds every package: types and modules by tsc, then the client's bundles (which land in the server package, which serves them).
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { ROOT, ensureNpmPackages } from "./npm-packages.mjs";

function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error(`failed to build: ${[command, ...args].join(" ")} ended with ${status}`);
}

export function build() {
  ensureNpmPackages();
  run("npx", "--no-install", "tsc", "-b");
  run("npm", "run", "--silent", "build:bundles", "--workspace", "@everwire/client");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    build();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
