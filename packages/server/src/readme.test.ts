// The code of the package's README is run as it stands, but for the imports and the port.
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { once } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";
import { afterEach, expect, it } from "vitest";
import { Adapter } from "./adapter/in-memory.js";
import { Server } from "./server.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const code = [...readme.matchAll(/^```js\n([\s\S]*?)^```/gm)]
  .map(([, block = ""]) => block)
  .join("\n")
  .replace(/^import .*$/gm, "")
  .replace("new Server(3000)", "new Server(0)");

type Servers = Record<"io" | "recovering" | "counting", Server>;

it("the README's code runs", async () => {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page is ours, and running it is the point
  const run = new Function("Server", "Adapter", `${code}\nreturn { io, recovering, counting };`) as (
    ...args: unknown[]
  ) => Servers;
  const { io, recovering, counting } = run(Server, Adapter);
  cleanups.push(() => io.close());
  const httpServer = io.httpServer!;
  if (!httpServer.listening) await once(httpServer, "listening");
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  const [client, other] = [stockClient(url, { forceNew: true }), stockClient(url, { forceNew: true })];
  cleanups.push(
    () => client.disconnect(),
    () => other.disconnect(),
  );
  await Promise.all([once(client, "connect"), once(other, "connect")]);
  const said = once(other, "said");
  expect(await client.emitWithAck("say", "hello")).toEqual({ ok: true });
  expect(await said).toEqual(["hello"]);
  expect(recovering.opts.connectionStateRecovery).toBeDefined();
  counting.emit("x");
  expect(counting.of("/").adapter).toMatchObject({ broadcasts: 1 });
});
