// The nginx block of the deployment guide, run as it stands: a real nginx before two servers, a client on each transport through it.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io } from "@everwire/client";
import { startServer } from "@everwire/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeBlocks, page } from "./pages.js";

const NGINX = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
const folder = mkdtempSync(join(tmpdir(), "everwire-nginx-"));
let nginx: ChildProcess;
let port: number;
let servers: Awaited<ReturnType<typeof startServer>>[];

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

beforeAll(async () => {
  servers = await Promise.all([startServer(), startServer()]);
  for (const { io: server } of servers)
    server.on("connection", (socket) => socket.on("echo", (value, ack) => ack(value)));
  port = await freePort();
  const block = codeBlocks(page("docs/guide/deployment.md")).find(({ language }) => language === "nginx")?.code ?? "";
  const [first, second] = servers.map(({ url }) => new URL(url).port);
  const http = block
    .replace("127.0.0.1:3000", `127.0.0.1:${first}`)
    .replace("127.0.0.1:3001", `127.0.0.1:${second}`)
    .replace("listen 8080", `listen 127.0.0.1:${port}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; pid ${folder}/nginx.pid; error_log stderr warn; worker_processes 1; ${process.getuid?.() === 0 ? "user root;" : ""}
     events { worker_connections 256; } http { access_log off; ${temporary} ${http} }`,
  );
  nginx = spawn(NGINX, ["-c", join(folder, "nginx.conf"), "-p", folder], { stdio: ["ignore", "inherit", "inherit"] });
  await accepting(port);
});

afterAll(async () => {
  const ended = once(nginx, "exit");
  nginx.kill("SIGTERM");
  await ended;
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

describe("the deployment guide's nginx configuration", () => {
  it.each([["polling"], ["websocket"], ["polling", "websocket"]])("carries %s %s", async (...transports) => {
    const socket = io(`http://127.0.0.1:${port}`, { transports, forceNew: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on("connect", resolve);
        socket.on("connect_error", reject);
      });
      const wanted = transports.at(-1);
      if (socket.io.engine.transport.name !== wanted)
        await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
      expect(socket.io.engine.transport.name).toBe(wanted);
      const bytes = Buffer.alloc(300_000, 7);
      expect(Buffer.compare(Buffer.from(await socket.timeout(10_000).emitWithAck("echo", bytes)), bytes)).toBe(0);
    } finally {
      socket.disconnect();
    }
  });
});
