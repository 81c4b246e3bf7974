// The legacy bundle in ES5 engines without a page, Duktape and Rhino: they parse it, load it and make a socket. Needs a build. The last
// line has the sums: one file of the bundle in one shell, one case.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { missingPrograms } from "./old/programs.mjs";

const CLIENT_FILES = fileURLToPath(new URL("../../packages/server/client-dist/", import.meta.url));
const CHECK = fileURLToPath(new URL("page/shell.js", import.meta.url));
const LIMIT_MS = 60_000;
const BUNDLES = ["everwire.legacy.js", "everwire.legacy.min.js"];
/** How each loads two files, one after the other, into one scope. */
const SHELLS = [
  { program: "duk", apt: "duktape", args: (bundle) => [bundle, CHECK] },
  { program: "rhino", apt: "rhino", args: (bundle) => ["-opt", "-1", "-f", bundle, "-f", CHECK] },
];

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { program, apt, args } of SHELLS) {
  const missing = missingPrograms([program], apt);
  for (const bundle of BUNDLES) {
    const { status, stdout, stderr } =
      missing === undefined
        ? spawnSync(program, args(CLIENT_FILES + bundle), { encoding: "utf8", timeout: LIMIT_MS })
        : { status: 1, stdout: "", stderr: `it is missing: ${missing}` };
    if (status === 0 && stdout.includes("the bundle is whole")) {
      total.passed += 1;
      console.log(`${bundle} in ${program}`);
    } else {
      total.failed += 1;
      console.error(`failed: ${bundle} in ${program}: ${stdout}${stderr}`);
    }
  }
}
console.log(`shells: ${JSON.stringify(total)}`);
process.exit(total.failed > 0 ? 1 : 0);
