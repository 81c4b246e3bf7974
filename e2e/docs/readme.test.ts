// The README's server and client are run as they stand: two programs, the built packages, a real connection between them.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT, codeBlocks, page } from "./pages.js";

const FOLDER = join(ROOT, "e2e", ".cache", "readme");
const children: ChildProcess[] = [];

const block = (name: string): string => codeBlocks(page("README.md")).find(({ info }) => info === name)?.code ?? "";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function run(
  name: string,
  code: string,
  port: number,
): { child: ChildProcess; line: (pattern: RegExp) => Promise<string> } {
  const file = join(FOLDER, `${name}.mjs`);
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  const waiting: { pattern: RegExp; found: (text: string) => void; failed: (error: Error) => void }[] = [];
  const settle = (ended: boolean): void => {
    for (const wait of waiting.splice(0)) {
      const match = wait.pattern.exec(output);
      if (match) wait.found(match[0]);
      else if (ended) wait.failed(new Error(`${name} ended without ${wait.pattern}: ${output}`));
      else waiting.push(wait);
    }
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      settle(false);
    });
  }
  child.on("close", () => settle(true));
  return {
    child,
    line: (pattern) =>
      new Promise((found, failed) => {
        waiting.push({ pattern, found, failed });
        settle(false);
      }),
  };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  rmSync(FOLDER, { recursive: true, force: true });
});

describe("the README's code", () => {
  it("keeps its promise of fifteen lines each", () => {
    for (const name of ["server", "client"]) {
      const lines = block(name)
        .trimEnd()
        .split("\n")
        .filter((line) => line.trim() !== "");
      expect(lines.length, name).toBeGreaterThan(5);
      expect(lines.length, name).toBeLessThanOrEqual(15);
    }
  });

  it("connects, answers, delivers to others and tells the reason of a disconnect", async () => {
    mkdirSync(FOLDER, { recursive: true });
    const port = await freePort();
    const client = block("client").replaceAll("http://localhost:3000", `http://localhost:${port}`);
    const server = run("server", block("server"), port);
    const first = run("first", client, port);
    const id = (await first.line(/connected as \S+ by (polling|websocket)/)).split(" ")[2];
    await first.line(/the server says: delivered/);
    run("second", client, port);
    await first.line(/: hello, world/);
    first.child.kill("SIGINT");
    await server.line(new RegExp(`${id} left: client namespace disconnect`));
  });
});
