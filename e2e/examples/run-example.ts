// Runs an example as a user would: its own process, on a free port. Used by the tests beside this file, which need a build.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Example {
  readonly child: ChildProcess;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** What it has printed. */
  output(): string;
  /** Ends it, if it has not ended by itself. */
  kill(): Promise<void>;
}

export interface RunOptions {
  /** The file to run; default `server.js`. */
  file?: string;
  env?: Record<string, string>;
}

export const folderOf = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

/** Starts the example; resolves when it says that it listens. */
export async function startExample(name: string, { file = "server.js", env = {} }: RunOptions = {}): Promise<Example> {
  const child = spawn(process.execPath, [file], {
    cwd: folderOf(name),
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "development", ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const port = /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)\n/.exec(output)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
    child.once("exit", (code) => reject(new Error(`${join("examples", name, file)} ended with ${code}: ${output}`)));
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  return { child, url, output: () => output, kill };
}
