// Types of both libraries from outside: an application that moves still compiles, and the tests of our types hold for the stock
// typings too, with nothing changed but the names of the packages. What is compiled are the packages as users install them.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COPIES, copyTo, EVERWIRE, type Imports, move, sources, STOCK } from "../moving/support/build.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = `types-${process.pid}`;

const WAYS: readonly { name: string; imports: Imports }[] = [
  { name: "with the stock packages", imports: STOCK },
  { name: "with only the server moved", imports: { ...STOCK, server: EVERWIRE.server } },
  { name: "with only the client moved", imports: { ...STOCK, client: EVERWIRE.client } },
  { name: "with both moved", imports: EVERWIRE },
];
const RULES = [
  { name: "server", from: EVERWIRE.server, to: STOCK.server },
  { name: "client", from: EVERWIRE.client, to: STOCK.client },
] as const;

const RULE_FILES = ["types.test.ts", "types-members.test.ts"] as const;
const rulesOf = (name: string, file: string): string => readFileSync(join(ROOT, "packages", name, "src", file), "utf8");

let compiled: string[] = [];
let faults: string[] = [];

function compile(folder: string, config: object): string[] {
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = spawnSync("npx", ["--no-install", "tsc", "-p", folder, "--pretty", "false", "--listFiles"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split("\n");
}

beforeAll(() => {
  for (const { name, imports } of WAYS) copyTo(join(FOLDER, name.replaceAll(" ", "-")), imports);
  for (const { name, from, to } of RULES) {
    mkdirSync(join(COPIES, FOLDER, `rules-${name}`), { recursive: true });
    for (const file of RULE_FILES) {
      const source = rulesOf(name, file).replace(`from "${from}"`, `from "${to}"`);
      writeFileSync(join(COPIES, FOLDER, `rules-${name}`, file), source);
    }
  }
  const folder = join(COPIES, FOLDER);
  const lines = compile(folder, {
    extends: join(ROOT, "tsconfig.base.json"),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      customConditions: [],
      lib: ["ES2022", "DOM"],
      types: ["node"],
    },
    include: ["*/**/*.ts"],
  });
  faults = lines.filter((line) => /: error TS\d+: /.test(line)).map((line) => relative(folder, join(ROOT, line)));
  compiled = lines.filter((line) => line.startsWith(folder)).map((line) => relative(folder, line));
}, 120_000);

afterAll(() => rmSync(join(COPIES, FOLDER), { recursive: true, force: true }));

/** What the compiler said of one copy; fails where it did not see it. */
function faultsIn(name: string, files: number): string[] {
  const prefix = name.replaceAll(" ", "-") + sep;
  expect(compiled.filter((file) => file.startsWith(prefix))).toHaveLength(files);
  return faults.filter((fault) => fault.startsWith(prefix));
}

describe("the application that moves", () => {
  it.each(WAYS)("compiles strictly $name", ({ name }) => {
    expect(faultsIn(name, sources().size)).toEqual([]);
  });

  it("differs from its copy in the names of the packages alone", () => {
    const changed: string[] = [];
    for (const text of sources().values()) {
      const moved = move(text, EVERWIRE).split("\n");
      text.split("\n").forEach((line, at) => {
        if (line !== moved[at]) changed.push(line);
      });
    }
    expect(changed).toHaveLength(4);
    for (const line of changed) expect(line).toMatch(/^import .* from "socket\.io(-client)?";$/);
  });
});

describe("a project of CommonJS modules", () => {
  const SOURCE = `import { Server } from "@everwire/server";
import { Server as Engine } from "@everwire/server/engine";
import { Adapter } from "@everwire/server/adapter";
import { Encoder } from "@everwire/protocol";
import { io } from "@everwire/client";
import { Socket } from "@everwire/client/engine";
new Server<{ ask: () => void }, { tell: (n: number) => void }>(3000).on("connection", (socket) => socket.emit("tell", 1));
// @ts-expect-error -- it is typed, and not any
io("http://localhost").emit(1);
export const all = [Engine, Adapter, Encoder, Socket];
`;

  it.each([
    { name: "node10", options: { module: "commonjs", moduleResolution: "node10", ignoreDeprecations: "6.0" } },
    { name: "bundler", options: { module: "commonjs", moduleResolution: "bundler" } },
    { name: "nodenext", options: { module: "nodenext" } },
  ])("finds the types as $name looks for them", { timeout: 60_000 }, ({ name, options }) => {
    const folder = join(COPIES, FOLDER, `commonjs-${name}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "commonjs" }));
    writeFileSync(join(folder, "index.ts"), SOURCE);
    const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, target: "es2022", types: ["node"] };
    const lines = compile(folder, { compilerOptions: { ...compilerOptions, ...options }, include: ["*.ts"] });
    expect(lines.filter((line) => line.includes("error TS"))).toEqual([]);
    expect(lines).toContain(join(folder, "index.ts"));
  });
});

describe("the rules of typed events", () => {
  it.each(RULES)("of the $name are those of the stock typings", ({ name, from }) => {
    for (const file of RULE_FILES) expect(rulesOf(name, file).split(`from "${from}"`)).toHaveLength(2);
    expect(rulesOf(name, "types.test.ts").match(/@ts-expect-error/g)?.length).toBeGreaterThan(8);
    expect(faultsIn(`rules-${name}`, RULE_FILES.length)).toEqual([]);
  });

  it("are all that the compiler had to say", () => {
    expect(faults).toEqual([]);
  });
});
