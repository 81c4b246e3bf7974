// An nginx that runs the block of the deployment guide before some servers, on a free port. Used by the tests of that guide.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeBlocks, page } from "./pages.js";

const PROGRAM = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

export class Nginx {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#process = this.#spawn();
  }

  /** The two ports are those of the guide's servers. */
  static async start(first: number, second: number): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), "everwire-nginx-"));
    const port = await freePort();
    const block = codeBlocks(page("docs/guide/deployment.md")).find(({ language }) => language === "nginx")?.code ?? "";
    const http = block
      .replace("127.0.0.1:3000", `127.0.0.1:${first}`)
      .replace("127.0.0.1:3001", `127.0.0.1:${second}`)
      .replace("listen 8080", `listen 127.0.0.1:${port}`);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(" ");
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log warn; worker_processes 1; ${process.getuid?.() === 0 ? "user root;" : ""}
       events { worker_connections 256; } http { access_log off; ${temporary} ${http} }`,
    );
    const nginx = new Nginx(port, folder);
    await accepting(port);
    return nginx;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The processes that carry connections. */
  get workers(): number[] {
    const { pid } = this.#process;
    if (pid === undefined) return [];
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  }

  /** Takes its configuration anew: new workers, and the old ones go when their connections have gone. */
  reload(): void {
    this.#process.kill("SIGHUP");
  }

  /** As a crash: every connection breaks; the master starts a new worker. */
  killWorkers(): void {
    for (const worker of this.workers) process.kill(worker, "SIGKILL");
  }

  /** Goes away with all its connections, and comes back. */
  async restart(): Promise<void> {
    await this.#end();
    this.#process = this.#spawn();
    await accepting(this.port);
  }

  async close(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    return spawn(PROGRAM, ["-c", join(this.#folder, "nginx.conf"), "-p", this.#folder], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  }

  async #end(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return free;
}

/** Resolves when something accepts connections there; nginx tells its readiness by nothing else. */
async function accepting(target: number): Promise<void> {
  for (;;) {
    const socket = connect(target, "127.0.0.1");
    const open = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
