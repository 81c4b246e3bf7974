// Opens a page in edbrowse, a browser for a teletype: a line editor for pages, with JavaScript by Duktape. Its timers and requests run
// while it waits for a command, and it ends when its input does.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONFIG = "agent = edbrowse\nwebtimer = 60\n";
const END_TIMEOUT_MS = 5_000;

export async function openInEdbrowse(url) {
  const home = mkdtempSync(join(tmpdir(), "everwire-edbrowse-"));
  writeFileSync(join(home, ".ebrc"), CONFIG);
  const child = spawn("edbrowse", [], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, HOME: home },
  });
  const exited = once(child, "exit");
  child.stdin.on("error", () => {}); // it ended before it read
  // vs-: certificates are not verified.
  child.stdin.write(`vs-\nb ${url}\n`);
  return {
    async close() {
      child.stdin.end("qt\n");
      const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
