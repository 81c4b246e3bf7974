// A program of ours around an old engine: it answers each line with a line, and ends with its standard input.
// EVERWIRE_ENGINE_LOG=1 shows what it says on standard error: the console of the page.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ANSWER_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 5_000;

/**
 * Ends what a program left behind: services that it asked the desktop's bus for, which live on without it. They are known by the
 * home folder in their environment, which nobody else has. Linux only, as the engines that need it.
 */
function endLeftOvers(home) {
  if (!existsSync("/proc/self/environ")) return;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const variables = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
      if (variables.includes(`HOME=${home}`)) process.kill(Number(name), "SIGKILL");
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
}

/**
 * Starts `command` in a home folder of its own, which `close()` takes away, and waits until it says "ready". `prepare(home)` fills
 * the folder and gives the arguments. Throws with what the program said on standard error where it ends before an answer.
 */
export async function startHelper(command, prepare, env = {}) {
  const home = mkdtempSync(join(tmpdir(), "everwire-engine-"));
  const args = prepare(home);
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_CACHE_HOME: home, ...env },
  });
  const exited = once(child, "exit");
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-4_000)));
  if (process.env.EVERWIRE_ENGINE_LOG === "1") child.stderr.pipe(process.stderr);
  child.stdin.on("error", () => {}); // it ended before it read; `exited` tells
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function answer() {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ANSWER_TIMEOUT_MS, { late: true })));
    // What it started may hold its output open when it is gone.
    const line = await Promise.race([lines.next(), late, exited.then(() => ({ done: true }))]);
    clearTimeout(timer);
    if (line.late || line.done) {
      const why = line.late ? "no answer in time" : `it ended with ${(await exited).join(" ")}`;
      throw new Error(`failed to drive ${command} ${args[0]}: ${why}\n${errors}`);
    }
    return line.value;
  }

  async function close() {
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
    endLeftOvers(home);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await answer();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return answer();
    },
    close,
  };
}
