// What a user would install, checked as packed: publint, are-the-types-wrong, `import` and `require` of every entry, nothing of the
// workshop inside, and the bundle's size budget. Needs a build.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { BUNDLES, builtFiles, readBuilt } from "./bundles.mjs";
import { ROOT } from "./npm-packages.mjs";

const PACKAGES = ["protocol", "parser-msgpack", "server", "client"];

const problems = [];
const run = (command, args, cwd = ROOT) => spawnSync(command, args, { cwd, encoding: "utf8" });

for (const name of PACKAGES) {
  const { messages, pkg } = await publint({ pkgDir: join(ROOT, "packages", name), strict: true, level: "warning" });
  for (const message of messages) problems.push(`publint @everwire/${name}: ${formatMessage(message, pkg)}`);
}

const workshop = mkdtempSync(join(tmpdir(), "everwire-packages-"));
try {
  const tarballs = [];
  for (const name of PACKAGES) {
    const packed = run("npm", ["pack", "--json", "--pack-destination", workshop, "--workspace", `@everwire/${name}`]);
    if (packed.status !== 0) throw new Error(`failed to pack @everwire/${name}: ${packed.stderr}`);
    const answer = JSON.parse(packed.stdout);
    const [{ filename, files }] = Array.isArray(answer) ? answer : Object.values(answer);
    const tarball = join(workshop, filename);
    tarballs.push(tarball);
    for (const { path } of files)
      if (/\.test\.|tsbuildinfo|vitest|tsconfig/.test(path)) problems.push(`@everwire/${name} would publish ${path}`);
    for (const wanted of ["LICENSE", "README.md", "package.json"])
      if (!files.some(({ path }) => path === wanted)) problems.push(`@everwire/${name} would publish no ${wanted}`);
    const attw = run("npx", [
      "--no-install",
      "attw",
      tarball,
      "--profile",
      "esm-only",
      "--format",
      "ascii",
      "--no-emoji",
    ]);
    if (attw.status !== 0) problems.push(`are-the-types-wrong @everwire/${name}:\n${attw.stdout}${attw.stderr}`);
  }

  // An application's folder: the three tarballs beside what they depend on, nothing from this checkout's workspaces.
  writeFileSync(join(workshop, "package.json"), JSON.stringify({ name: "app", private: true }));
  const installed = run(
    "npm",
    ["install", "--no-save", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs],
    workshop,
  );
  if (installed.status !== 0) throw new Error(`failed to install the packed packages: ${installed.stderr}`);
  const entries = PACKAGES.flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"));
    return Object.keys(exports)
      .filter((entry) => !entry.includes("*") && !entry.includes("/bundle/") && !entry.endsWith(".json"))
      .map((entry) => `@everwire/${name}${entry.slice(1)}`);
  });
  // A user's strict project: every declaration is checked, those of the packages included.
  writeFileSync(
    join(workshop, "all.ts"),
    entries.map((entry, index) => `export * as e${index} from "${entry}";`).join("\n"),
  );
  const strict = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    module: "nodenext",
    target: "es2022",
    types: ["node"],
  };
  writeFileSync(join(workshop, "tsconfig.json"), JSON.stringify({ compilerOptions: strict, files: ["all.ts"] }));
  const typed = run(join(ROOT, "node_modules/.bin/tsc"), ["-p", workshop]);
  if (typed.status !== 0) problems.push(`the declarations don't compile in a strict project:\n${typed.stdout}`);

  for (const entry of entries) {
    const same = `import { createRequire } from "node:module";
      const imported = await import(${JSON.stringify(entry)});
      const required = createRequire(import.meta.url)(${JSON.stringify(entry)});
      const missing = Object.keys(imported).filter((key) => !(key in required));
      if (Object.keys(imported).length === 0 || missing.length > 0) throw new Error("require() lacks " + missing);
      const different = Object.keys(imported).filter((key) => imported[key] !== required[key]);
      if (different.length > 0) throw new Error("require() gives others than import: " + different);`;
    const result = run(process.execPath, ["--input-type=module", "--eval", same], workshop);
    if (result.status !== 0) problems.push(`${entry} can't be imported and required:\n${result.stderr}`);
  }
} catch (error) {
  problems.push(error.message);
} finally {
  rmSync(workshop, { recursive: true, force: true });
}

const built = builtFiles();
for (const { file, budget = Infinity, wanted } of BUNDLES.filter(({ file }) => built.includes(file))) {
  const bytes = gzipSync(readBuilt(file), { level: 9 }).length;
  console.log(`${file}: ${bytes} bytes gzipped, at most ${budget}${wanted === undefined ? "" : `, wanted ${wanted}`}`);
  if (bytes > budget) problems.push(`${file} is over its budget: ${bytes} > ${budget} bytes gzipped`);
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "packages are fine" : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
