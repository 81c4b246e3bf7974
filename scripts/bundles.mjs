// The client's bundles as the other scripts know them: for whom each is, what it may weigh, what it should; and the files of the build.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./npm-packages.mjs";

const FOLDER = join(ROOT, "packages/client/dist/bundle");

/**
 * Minified files, in bytes after gzip -9. `budget` is the size of today rounded up to the next hundred, which `npm test` holds; `wanted`
 * is where the file should get to. Lower the one whenever the file shrinks.
 */
export const BUNDLES = [
  { file: "everwire.esm.min.js", use: "module, ES2020: everything", budget: 15_000, wanted: 7_000 },
  { file: "everwire.ws.esm.min.js", use: "module, ES2020: WebSocket only", budget: 12_000, wanted: 5_000 },
  { file: "everwire.min.js", use: "script tag, ES2017, global `io`: everything", budget: 15_700, wanted: 7_500 },
  { file: "everwire.legacy.min.js", use: "script tag, ES5, global `io`: everything", budget: 17_500, wanted: 9_500 },
  {
    file: "everwire.msgpack.min.js",
    use: "script tag, ES2017, global `io`: MessagePack for JSON",
    budget: 17_400,
    wanted: 9_000,
  },
  { file: "everwire.shared.min.js", use: "SharedWorker, ES2017: the connection of all tabs", budget: 14_800 },
  { file: "everwire.engine.min.js", use: "script tag, ES2017, global `eio`: the engine alone", budget: 11_400 },
];

/** The scripts of the build, in the order of the table, each minified one before its readable twin. */
export function builtFiles() {
  const built = new Set(readdirSync(FOLDER).filter((name) => /^everwire\..*js$/.test(name)));
  const files = BUNDLES.flatMap(({ file }) => [file, file.replace(".min.", ".")]);
  const unknown = [...built].filter((name) => !files.includes(name));
  if (unknown.length > 0) throw new Error(`failed to list the bundles: nobody knows what ${unknown.join(", ")} is for`);
  return files;
}

/** The text of a file of the build, or of its source map. */
export function readBuilt(file) {
  try {
    return readFileSync(join(FOLDER, file), "utf8");
  } catch (cause) {
    throw new Error(`failed to read ${file}: it is not built, run \`npm run build\` first`, { cause });
  }
}
