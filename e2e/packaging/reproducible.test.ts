// The same sources give the same bundles, byte for byte: a second build, of a copy in another folder and from nothing, is compared with
// the build that is there. The hashes of docs/integrity.md stand and fall with it.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const BUNDLES = "packages/client/dist/bundle";
/** What a bundle is made of. */
const PACKAGES = ["protocol", "parser-msgpack", "client"];
/** Packages whose text could come into a bundle, and with it their path into its source map: they lie in the copy themselves. */
const COPIED = ["engine.io-parser", "eventemitter3"];

let copy: string;

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0)
    throw new Error(`failed to build the copy: ${command} ended with ${String(status)}\n${stdout}${stderr}`);
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "everwire-a-folder-with-quite-another-name-"));
  cpSync(join(ROOT, "tsconfig.base.json"), join(copy, "tsconfig.base.json"));
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
  for (const name of PACKAGES)
    cpSync(join(ROOT, "packages", name), join(copy, "packages", name), {
      recursive: true,
      filter: (path) => !/[\\/](?:dist|node_modules)$|\.test\.[\w.]+$/.test(path),
    });
  mkdirSync(join(copy, "node_modules", "@everwire"), { recursive: true });
  for (const name of PACKAGES) symlinkSync(join(copy, "packages", name), join(copy, "node_modules", "@everwire", name));
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name === "@everwire") continue;
    const [from, to] = [join(ROOT, "node_modules", name), join(copy, "node_modules", name)];
    if (COPIED.includes(name)) cpSync(from, to, { recursive: true });
    else symlinkSync(from, to);
  }
  const bin = (name: string): string => join(copy, "node_modules", ".bin", name);
  run(bin("tsc"), ["-b", "packages/client", "packages/parser-msgpack"], copy);
  run(bin("rollup"), ["-c", "--silent"], join(copy, "packages/client"));
}, 120_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

const filesIn = (folder: string): string[] =>
  readdirSync(join(folder, BUNDLES)).filter((name) => /^everwire\..*js(\.map)?$/.test(name));

test("another folder gives the same files", () => {
  expect(filesIn(copy)).toEqual(filesIn(ROOT));
  expect(filesIn(copy).length).toBeGreaterThanOrEqual(20);
});

test.each(filesIn(ROOT))("%s is the same", (file) => {
  const [here, there] = [ROOT, copy].map((folder) => readFileSync(join(folder, BUNDLES, file), "utf8"));
  expect(there === here).toBe(true);
});
