// A user's app through each bundler, minified for a page as their manuals say, from the packages as they are built: by their real exports.
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { build } from "esbuild";
import { rollup } from "rollup";
import webpack, { type StatsModule } from "webpack";

export type Bundler = "rollup" | "esbuild" | "webpack";
export type App = "everything" | "websocket" | "classes" | "two-transports";

/** An app as one script for a page. It sets the global `connect(url, options)`, which gives a socket. */
export interface BundledApp {
  readonly code: string;
  /** Paths of the modules that have a part in it. */
  readonly modules: readonly string[];
}

/** Their declarations are those of CommonJS modules, which they are not. */
const [resolvePackages, fromCommonJs, minify] = [nodeResolve, commonjs, terser] as unknown as [
  typeof nodeResolve.default,
  typeof commonjs.default,
  typeof terser.default,
];

async function byRollup(input: string): Promise<BundledApp> {
  const bundle = await rollup({
    input,
    plugins: [resolvePackages({ browser: true }), fromCommonJs()],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({ format: "iife", plugins: [minify()] });
  await bundle.close();
  const [{ code, modules }] = output;
  return { code, modules: Object.keys(modules).filter((path) => modules[path]!.renderedLength > 0) };
}

async function byEsbuild(entry: string): Promise<BundledApp> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: "browser",
    format: "iife",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return {
    code: outputFiles[0]!.text,
    modules: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path),
  };
}

async function byWebpack(entry: string): Promise<BundledApp> {
  const path = await mkdtemp(join(tmpdir(), "everwire-webpack-"));
  try {
    const modules = await new Promise<string[]>((resolve, reject) => {
      webpack({ mode: "production", target: "web", entry, output: { path, filename: "app.js" } }, (error, stats) => {
        if (error !== null || stats === undefined) reject(error ?? new Error("webpack tells nothing"));
        else if (stats.hasErrors()) reject(new Error(stats.toString("errors-only")));
        else resolve(leavesOf(stats.toJson({ all: false, modules: true, nestedModules: true }).modules ?? []));
      });
    });
    return { code: readFileSync(join(path, "app.js"), "utf8"), modules };
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** What webpack has put into one scope stands as modules of a module. */
function leavesOf(modules: readonly StatsModule[]): string[] {
  return modules.flatMap(({ name, modules: inner }) => (inner === undefined ? [name ?? ""] : leavesOf(inner)));
}

const BY = { rollup: byRollup, esbuild: byEsbuild, webpack: byWebpack } as const;

export const BUNDLERS = Object.keys(BY) as Bundler[];

export const bundleApp = (bundler: Bundler, app: App): Promise<BundledApp> =>
  BY[bundler](join(import.meta.dirname, "..", "apps", `${app}.js`));
