// Installs the npm packages that the lock file names, if the checkout has none or older ones. Node's own modules only:
// this runs first on a fresh clone.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** @returns {boolean} whether anything had to be installed */
export function ensureNpmPackages() {
  const installed = new URL("../node_modules/.package-lock.json", import.meta.url);
  const wanted = new URL("../package-lock.json", import.meta.url);
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return false;
  if (process.env.EVERWIRE_NO_INSTALL === "1") {
    throw new Error(
      "failed to install npm packages: they are missing or old, and EVERWIRE_NO_INSTALL=1 forbids it: run `npm install`",
    );
  }
  console.log("installing npm packages (npm install)");
  // Not `npm ci`: it wants the optional binaries of every platform in the lock file, and a mirror of the registry may lack them.
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error(`failed to install npm packages: npm install ended with ${status}`);
  return true;
}
