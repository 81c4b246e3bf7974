// The Next.js example in development, where Next.js has upgrade requests of its own, and built for production, where the page has the
// client in the bundles of Next.js. Needs a build of ours.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { io } from "@everwire/client";
import { httpRequest } from "@everwire/testkit";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { itServesBoth } from "./mounted-suite.js";
import { type Example, folderOf } from "./run-example.js";

const FOLDER = folderOf("next");
const NEXT = createRequire(join(FOLDER, "package.json")).resolve("next/dist/bin/next");
const page = "Everwire in Next.js";

async function talk({ url }: Example): Promise<void> {
  const client = io(url, { transports: ["websocket"], forceNew: true });
  expect(await client.timeout(5000).emitWithAck("say", "hello")).toEqual({ heardBy: 0 });
  client.disconnect();
}

/** The WebSocket of hot reloading; Next.js takes it from pages of `localhost` alone. */
async function openReloading({ url }: Example): Promise<WebSocket> {
  const { port } = new URL(url);
  const headers = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/_next/hmr?id=test`, { headers });
  await once(socket, "message");
  return socket;
}

describe("examples/next, in development", () => {
  itServesBoth("next", {
    page,
    more: (example) => {
      it("keeps the WebSockets of hot reloading beside ours, whichever come first", async () => {
        // Next.js hears of upgrade requests from the first other request on.
        await httpRequest(example().url, { timeoutMs: 25_000 });
        const before = await openReloading(example());
        await talk(example());
        const after = await openReloading(example());
        await talk(example());
        for (const socket of [before, after]) {
          expect(socket.readyState).toBe(WebSocket.OPEN);
          const end = once(socket, "close");
          socket.close();
          await end;
        }
      });

      it("ends an upgrade request that nobody answers", async () => {
        const socket = new WebSocket(`${example().url.replace("http", "ws")}/nowhere`);
        const [error] = (await once(socket, "error")) as [Error];
        expect(error.message).toMatch(/socket hang up|ECONNRESET/);
      });
    },
  });
});

describe("examples/next, in production", () => {
  itServesBoth("next", {
    page,
    env: { NODE_ENV: "production" },
    prepare: async () => {
      const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
      await promisify(execFile)(process.execPath, [NEXT, "build"], { cwd: FOLDER, env });
    },
    more: (example) => {
      it("has the client for browsers in the page's bundles, once, and nothing of Node", async () => {
        const { url } = example();
        const { text } = await httpRequest(url);
        const scripts = [...text.matchAll(/src="(\/_next\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
        const bodies = await Promise.all(scripts.map(async (path) => (await httpRequest(url + path)).text));
        const holding = bodies.filter((body) => body.includes("io server disconnect"));
        expect(holding).toHaveLength(1);
        expect(holding[0]).not.toMatch(/node:http|require\("ws"\)/);
      });
    },
  });
});
