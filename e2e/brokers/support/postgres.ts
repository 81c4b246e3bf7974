// A real PostgreSQL: a fresh cluster in a temporary folder, as user postgres where the tests are root, who may not run one.
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Broker } from "./broker.js";
import { Child, freePort, untilListening } from "./child.js";

const run = promisify(execFile);
// Debian keeps the programs of each version apart, and out of PATH.
const DEBIAN = "/usr/lib/postgresql";

// The adapter's documentation asks its users for it.
const TABLE = `CREATE TABLE socket_io_attachments (
  id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea
)`;

/** The folder with `initdb` and `postgres`, with a slash at its end; empty where they are on PATH. */
function programs(): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.find((version) => existsSync(join(DEBIAN, version, "bin", "initdb")));
  return found === undefined ? "" : `${join(DEBIAN, found, "bin")}/`;
}

async function account(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, "postgres"])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

export async function startPostgres(): Promise<Broker> {
  const bin = programs();
  const owner = await account();
  const folder = await mkdtemp(join(tmpdir(), "everwire-postgres-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const data = join(folder, "data");
  const options = { ...owner, cwd: folder, env: { PATH: process.env["PATH"] ?? "", HOME: folder } };
  let child: Child | undefined;
  try {
    await chmod(folder, 0o700);
    if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
    const initArgs = ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"];
    await run(`${bin}initdb`, initArgs, options);
    const port = await freePort();
    const listen = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder];
    const args = [...listen, "-F", "-c", "max_connections=50", "-c", "shared_buffers=32MB"];
    const start = async (): Promise<void> => {
      // SIGQUIT: at once, and its own children with it.
      child = new Child({ command: `${bin}postgres`, args, folder, options, lastSignal: "SIGQUIT" });
      await child.started();
      await untilListening(port, child);
      await untilAnswering(bin, port);
    };
    await start();
    await run(`${bin}psql`, ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-c", TABLE], options);
    return {
      address: { ports: [port], isCluster: false },
      crash: async () => child?.end("SIGQUIT"),
      restart: start,
      stop: async () => {
        await child?.end("SIGQUIT");
        await remove();
      },
    };
  } catch (error) {
    await child?.end("SIGQUIT").catch(() => undefined);
    await remove();
    throw error;
  }
}

/** It listens before it takes anybody. */
async function untilAnswering(bin: string, port: number): Promise<void> {
  const args = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres"];
  for (let i = 0; ; i++) {
    try {
      await run(`${bin}pg_isready`, args);
      return;
    } catch (error) {
      if (i === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}
