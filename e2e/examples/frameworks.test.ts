// Each framework's example is run as a user would run it, and used by our client and a stock one over every transport. Needs a build.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { io as everwireClient } from "@everwire/client";
import { httpRequest } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

interface Client {
  connected: boolean;
  io: { engine: { transport: { name: string }; once(event: string, listener: () => void): unknown } };
  on(event: string, listener: (...args: never[]) => void): unknown;
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
  disconnect(): unknown;
}

const CLIENTS: Record<string, (url: string, transports: string[]) => Client> = {
  "our client": (url, transports) => everwireClient(url, { transports, forceNew: true }),
  "a stock client": (url, transports) => stockClient(url, { transports, forceNew: true }),
};
const WAYS = ["polling", "websocket", "polling, then websocket"];

/** Starts the example on a free port; resolves with its address when it says that it listens. */
async function start(name: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ["server.js"], {
    cwd: join(EXAMPLES, name),
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const port = /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)\n/.exec(output)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
    child.once("exit", (code) => reject(new Error(`examples/${name} ended with ${code}: ${output}`)));
  });
  return { child, url };
}

describe.each(["express", "fastify", "hono", "koa", "nest", "plain-http"])("examples/%s", (name) => {
  let child: ChildProcess;
  let url: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    ({ child, url } = await start(name));
  }, 30_000);
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });
  afterAll(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  async function connect(make: (url: string, transports: string[]) => Client, transports: string[]): Promise<Client> {
    const client = make(url, transports);
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.on("connect", resolve);
      client.on("connect_error", reject);
    });
    const { engine } = client.io;
    const last = transports.at(-1);
    if (engine.transport.name !== last) await new Promise<void>((resolve) => engine.once("upgrade", resolve));
    expect(engine.transport.name).toBe(last);
    return client;
  }

  for (const [who, make] of Object.entries(CLIENTS)) {
    it.each(WAYS)(`talks to ${who} over %s`, async (way) => {
      const transports = way.split(", then ");
      const speaker = await connect(make, transports);
      const listener = await connect(make, transports);
      const said = new Promise((resolve) => listener.on("said", resolve));
      const announced = new Promise((resolve) => speaker.on("announcement", resolve));
      const answer = (await speaker.timeout(5000).emitWithAck("say", "hello")) as { heardBy: number };
      expect(answer.heardBy).toBeGreaterThanOrEqual(1);
      expect(await said).toBe("hello");
      expect((await httpRequest(`${url}/announce?text=tea`, { method: "POST" })).status).toBe(204);
      expect(await announced).toBe("tea");
    });
  }

  it("goes on serving the framework's own routes, and its page", async () => {
    const page = await httpRequest(`${url}/`);
    expect([page.status, page.headers["content-type"]]).toEqual([200, expect.stringContaining("text/html")]);
    expect(page.text).toContain("/socket.io/everwire.esm.min.js");
    expect((await httpRequest(`${url}/nowhere`)).status).toBe(404);
    expect((await httpRequest(`${url}/socket.io/everwire.esm.min.js`)).status).toBe(200);
  });

  it("ends by itself when it is told to, with clients connected", async () => {
    await connect(CLIENTS["our client"]!, ["polling", "websocket"]);
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    const [code, signal] = (await exit) as [number | null, string | null];
    expect(code === 0 || signal === "SIGTERM").toBe(true);
  });
});
