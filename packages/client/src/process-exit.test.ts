// A client must not keep a process alive that has nothing else to do: seen from outside, with the built package in a child process.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Server } from "socket.io";

const ENTRY = join(import.meta.dirname, "..", "dist", "index.js");

const children: ChildProcess[] = [];
let server: Server;
let url: string;

beforeAll(() => {
  if (!existsSync(ENTRY))
    throw new Error(`failed to test the package: ${ENTRY} is not built, run \`npm run build\` first`);
  server = new Server(0, { serveClient: false });
  url = `http://127.0.0.1:${String((server.httpServer.address() as { port: number }).port)}`;
});

afterEach(() => children.splice(0).forEach((child) => child.kill()));
afterAll(() => server.close());

/** Runs a program with `io` and `url` in scope until it exits by itself, and gives what it printed. */
async function run(body: string): Promise<string> {
  const program = `import { io } from ${JSON.stringify(pathToFileURL(ENTRY).href)}; const url = ${JSON.stringify(url)}; ${body}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect(code).toBe(0);
  return printed.trim();
}

describe("a process exits by itself", () => {
  test.each(["polling", "websocket"])("with autoUnref, connected by %s", async (transport) => {
    const printed = await run(`
      const socket = io(url, { autoUnref: true, transports: ["${transport}"] });
      const keep = setTimeout(() => {}, 10_000);
      socket.on("connect", () => { console.log("connected"); clearTimeout(keep); });
    `);
    expect(printed).toBe("connected");
  });

  test("with autoUnref, while it waits to reconnect", async () => {
    const printed = await run(`
      const socket = io("http://127.0.0.1:1", { autoUnref: true, reconnectionDelay: 10_000, reconnectionDelayMax: 10_000 });
      const keep = setTimeout(() => {}, 10_000);
      socket.on("connect_error", () => { console.log("refused"); clearTimeout(keep); });
    `);
    expect(printed).toBe("refused");
  });

  test("after disconnect(), also in the middle of an upgrade", async () => {
    const printed = await run(`
      const socket = io(url);
      socket.on("connect", () => { console.log("connected"); socket.disconnect(); });
    `);
    expect(printed).toBe("connected");
  });

  test("after disconnect() of a socket that waits for an acknowledgement with a timeout", async () => {
    const printed = await run(`
      const socket = io(url);
      socket.on("connect", () => {
        socket.timeout(60_000).emit("silence", (error) => console.log(error.message));
        socket.disconnect();
      });
    `);
    expect(printed).toBe("socket has been disconnected");
  });
});
