// A channel to a server process, whichever way it was started: messages both ways and its end. fleet.ts asks for them by number.
import { type ChildProcess, fork, type ForkOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { within } from "@everwire/testkit";

export interface WorkerPort {
  send(message: object): void;
  onMessage: (message: unknown) => void;
  onExit: () => void;
}

/** Starts server processes with the environment that each is given. */
export interface Launcher {
  launch(number: number, env: Record<string, string>): WorkerPort;
  stop(): Promise<void>;
}

const script = (name: string): string => fileURLToPath(new URL(`../process/${name}`, import.meta.url));
const FORK_OPTIONS: ForkOptions = { serialization: "advanced", execArgv: [] };

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await within(ended, "the end of a process");
}

/** Every server is a child of the test. */
export function createChildLauncher(): Launcher {
  const children = new Set<ChildProcess>();
  return {
    launch(_number, env) {
      const child = fork(script("worker.mjs"), { ...FORK_OPTIONS, env: { ...process.env, ...env } });
      children.add(child);
      const port: WorkerPort = {
        send: (message) => {
          if (child.connected) child.send(message);
        },
        onMessage: () => undefined,
        onExit: () => undefined,
      };
      child.on("message", (message) => port.onMessage(message));
      child.once("exit", () => {
        children.delete(child);
        port.onExit();
      });
      return port;
    },
    async stop() {
      await Promise.all([...children].map(kill));
    },
  };
}

interface PrimaryMessage {
  number: number;
  message?: unknown;
  exit?: true;
}

/** Every server is a worker of one node:cluster. */
export function createClusterLauncher(): Launcher {
  const primary = fork(script("primary.mjs"), FORK_OPTIONS);
  const ports = new Map<number, WorkerPort>();
  primary.on("message", ({ number, message, exit }: PrimaryMessage) => {
    if (exit === true) ports.get(number)?.onExit();
    else ports.get(number)?.onMessage(message);
  });
  primary.once("exit", () => {
    for (const port of ports.values()) port.onExit();
  });
  const send = (message: object): void => {
    if (primary.connected) primary.send(message);
  };
  return {
    launch(number, env) {
      const port: WorkerPort = {
        send: (message) => send({ number, message }),
        onMessage: () => undefined,
        onExit: () => undefined,
      };
      ports.set(number, port);
      send({ number, start: env });
      return port;
    },
    async stop() {
      // Its workers end with their channel; whoever does not is killed by it, as it leaves.
      if (primary.exitCode !== null || primary.signalCode !== null) return;
      const ended = new Promise<void>((resolve) => primary.once("exit", () => resolve()));
      primary.disconnect();
      await within(ended, "the end of the primary");
    },
  };
}
