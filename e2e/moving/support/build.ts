// The auction of this folder, copied and made ready to run with one library or another: in the copy nothing is changed but the
// names of the two packages that are imported. Called by the browser spec, which runs it, and by the test of types.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup, type Plugin } from "rollup";
import ts from "typescript";

export const SOURCES = fileURLToPath(new URL("..", import.meta.url));
/** Inside the workspace, so that packages are found by name from there. */
export const COPIES = fileURLToPath(new URL("../../.cache/moving", import.meta.url));

export interface Imports {
  readonly server: string;
  readonly client: string;
}

export const STOCK: Imports = { server: "socket.io", client: "socket.io-client" };
export const EVERWIRE: Imports = { server: "@everwire/server", client: "@everwire/client" };

/** `text` with the imports of the one library replaced by those of another. */
export const move = (text: string, { server, client }: Imports): string =>
  text
    .replaceAll(`from "${STOCK.server}"`, `from "${server}"`)
    .replaceAll(`from "${STOCK.client}"`, `from "${client}"`);

/** The TypeScript files of the application, by their path in it. */
export function sources(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["server", "shared", "page"])
    for (const file of readdirSync(join(SOURCES, folder)))
      if (file.endsWith(".ts")) found.set(`${folder}/${file}`, readFileSync(join(SOURCES, folder, file), "utf8"));
  return found;
}

/** Writes a copy with these imports to a new folder; gives its path. */
export function copyTo(name: string, imports: Imports): string {
  const folder = join(COPIES, name);
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of sources()) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), move(text, imports));
  }
  return folder;
}

/** Compiles a copy: modules for Node, and one script for the page. */
export async function build(folder: string): Promise<void> {
  for (const path of sources().keys()) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, path), "utf8"), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(join(folder, path.replace(/\.ts$/, ".js")), outputText);
  }
  for (const file of ["index.html", "style.css"])
    cpSync(join(SOURCES, "page", file), join(folder, "public", file), { recursive: true });
  const bundle = await rollup({
    input: join(folder, "page", "main.js"),
    plugins: [nodeResolve({ browser: true }), (commonjs as unknown as () => Plugin)()],
    onwarn: () => undefined,
  });
  await bundle.write({ file: join(folder, "public", "app.js"), format: "es" });
  await bundle.close();
}
