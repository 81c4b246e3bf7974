// A real Redis, alone or as a cluster of three nodes without replicas, each in a folder of its own under the system's temporary one.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Broker } from "./broker.js";
import { Child, freePort, untilListening } from "./child.js";

const run = promisify(execFile);
const NODES = 3;
const SLOTS = 16_384;
// A node listens on its port plus 10,000 too.
const CLUSTER_PORT_LIMIT = 55_536;
const JOIN_TIMEOUT_MS = 30_000;

class RedisNode {
  readonly port: number;
  readonly #folder: string;
  readonly #args: string[];
  #child: Child | undefined;

  constructor(port: number, folder: string, args: string[]) {
    this.port = port;
    this.#folder = folder;
    this.#args = args;
  }

  async start(): Promise<void> {
    const own = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder];
    const args = [...own, "--save", "", "--appendonly", "no", ...this.#args];
    this.#child = new Child({ command: "redis-server", args, folder: this.#folder });
    await this.#child.started();
    await untilListening(this.port, this.#child);
  }

  async kill(): Promise<void> {
    await this.#child?.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function startNode(portLimit: number | undefined, args: string[]): Promise<RedisNode> {
  const folder = await mkdtemp(join(tmpdir(), "everwire-redis-"));
  const node = new RedisNode(await freePort(portLimit), folder, args);
  try {
    await node.start();
    return node;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** One server. */
export async function startRedis(): Promise<Broker> {
  const node = await startNode(undefined, []);
  return {
    address: { ports: [node.port], isCluster: false },
    crash: () => node.kill(),
    restart: () => node.start(),
    stop: () => node.stop(),
  };
}

/** Three servers that share the slots. A crash takes all of them; they come back with what they know of each other. */
export async function startRedisCluster(): Promise<Broker> {
  const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000"];
  const nodes: RedisNode[] = [];
  const each = async (act: (node: RedisNode) => Promise<void>): Promise<void> => {
    await Promise.all(nodes.map(act));
  };
  const stop = (): Promise<void> => each((node) => node.stop());
  try {
    // One after another, so that no two are given the same port.
    while (nodes.length < NODES) nodes.push(await startNode(CLUSTER_PORT_LIMIT, args));
    const ports = nodes.map(({ port }) => port);
    await joinCluster(ports);
    return {
      address: { ports, isCluster: true },
      crash: () => each((node) => node.kill()),
      restart: async () => {
        await each((node) => node.start());
        await untilJoined(ports);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** By hand, for `redis-cli --cluster create` takes seconds of waiting. */
async function joinCluster(ports: number[]): Promise<void> {
  const [first = 0] = ports;
  const share = Math.ceil(SLOTS / ports.length);
  for (const [index, port] of ports.entries()) {
    const last = Math.min((index + 1) * share, SLOTS) - 1;
    await command(port, "cluster", "addslotsrange", String(index * share), String(last));
    await command(port, "cluster", "set-config-epoch", String(index + 1));
    if (port !== first) await command(port, "cluster", "meet", "127.0.0.1", String(first));
  }
  await untilJoined(ports);
}

async function untilJoined(ports: number[]): Promise<void> {
  const deadline = performance.now() + JOIN_TIMEOUT_MS;
  for (const port of ports) {
    for (;;) {
      const info = await command(port, "cluster", "info");
      if (info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${ports.length}`)) break;
      if (performance.now() > deadline) throw new Error(`failed to start a cluster: node ${port} says ${info}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function command(port: number, ...words: string[]): Promise<string> {
  const { stdout } = await run("redis-cli", ["-p", String(port), ...words]);
  return stdout;
}
