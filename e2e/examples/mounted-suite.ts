// What every framework's example does: its page and routes, and talk with our client and a stock one over every transport. Run by the
// test files beside it, each over its examples.
import { once } from "node:events";
import { io as everwireClient } from "@everwire/client";
import { httpRequest } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Example, type RunOptions, startExample } from "./run-example.js";

const LOADED = "/socket.io/everwire.esm.min.js";

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

export interface SuiteOptions extends RunOptions {
  /** What is in the page; the address of the client's module if nothing is said. */
  page?: string;
  /** Done before the example starts. */
  prepare?: () => Promise<void>;
  /** More tests, before the example is told to end. */
  more?: (example: () => Example) => void;
}

export function itServesBoth(
  name: string,
  { page: text = LOADED, prepare, more, ...options }: SuiteOptions = {},
): void {
  let example: Example;
  let url: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    await prepare?.();
    example = await startExample(name, options);
    ({ url } = example);
  }, 120_000);
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });
  afterAll(() => example.kill());

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
    // In development a framework may compile its page first.
    const page = await httpRequest(`${url}/`, { timeoutMs: 25_000 });
    expect([page.status, page.headers["content-type"]]).toEqual([200, expect.stringContaining("text/html")]);
    expect(page.text).toContain(text);
    expect((await httpRequest(`${url}/nowhere`, { timeoutMs: 25_000 })).status).toBe(404);
    expect((await httpRequest(url + LOADED)).status).toBe(200);
  });

  more?.(() => example);

  it("ends by itself when it is told to, with clients connected", async () => {
    await connect(CLIENTS["our client"]!, ["polling", "websocket"]);
    const exit = once(example.child, "exit");
    example.child.kill("SIGTERM");
    const [code, signal] = (await exit) as [number | null, string | null];
    expect(code === 0 || signal === "SIGTERM").toBe(true);
  });
}
