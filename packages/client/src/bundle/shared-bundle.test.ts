// The built script of the shared worker, in a scope as a worker's: minified, it has names of its own inside, and none of them goes out.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startServer, until } from "@everwire/testkit";
import type { WorkerMessage } from "../shared/port-messages.js";

const BUNDLES = join(import.meta.dirname, "..", "..", "dist", "bundle");
const SERVED = join(import.meta.dirname, "..", "..", "..", "server", "client-dist");

function read(name: string, folder = BUNDLES): string {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new Error(`failed to test the bundles: ${path} is not built, run \`npm run build\` first`);
  return readFileSync(path, "utf8");
}

type OnConnect = (event: { ports: MessagePort[] }) => void;

/** Runs the script as a worker would; gives what it does with a tab that comes. */
function runWorker(name: string): OnConnect {
  const listeners: OnConnect[] = [];
  const scope: Record<string, unknown> = {
    ...{ setTimeout, clearTimeout, setInterval, clearInterval, Promise, ArrayBuffer, Uint8Array, Blob, TextDecoder },
    WebSocket,
    addEventListener: (event: string, listener: OnConnect) => event === "connect" && listeners.push(listener),
    removeEventListener: () => undefined,
  };
  scope["self"] = scope;
  runInNewContext(read(name), scope);
  expect(listeners).toHaveLength(1);
  return listeners[0]!;
}

describe.each(["everwire.shared.js", "everwire.shared.min.js"])("%s", (name) => {
  test("needs no newer syntax than promised", () => {
    const options = { module: ts.ModuleKind.ESNext, removeComments: true, useDefineForClassFields: false };
    const at = (target: ts.ScriptTarget): string =>
      ts.transpileModule(read(name), { compilerOptions: { ...options, target } }).outputText;
    expect(at(ts.ScriptTarget.ES2017)).toBe(at(ts.ScriptTarget.ESNext));
  });

  test("lies where the server serves it from, with a map that has the sources", () => {
    for (const file of [name, `${name}.map`]) expect(read(file, SERVED)).toBe(read(file));
    const map = JSON.parse(read(`${name}.map`)) as { sources: string[]; sourcesContent: unknown[] };
    expect(map.sources.some((source) => source.endsWith("/shared/hub.ts"))).toBe(true);
    expect(map.sourcesContent.every((content) => typeof content === "string")).toBe(true);
  });

  test("takes in tabs, and is one client to the server for all", async () => {
    const server = await startServer({ serveClient: false });
    const onConnect = runWorker(name);
    const tabs = [1, 2].map(() => {
      const { port1, port2 } = new MessageChannel();
      const told: WorkerMessage[] = [];
      port1.onmessage = ({ data }: MessageEvent<WorkerMessage>) => told.push(data);
      onConnect({ ports: [port2] });
      port1.postMessage(["open", server.url, { shared: true, path: "/socket.io", transports: ["websocket"] }]);
      port1.postMessage(["send", "0"]);
      return { port: port1, told };
    });
    try {
      server.io.on("connection", (socket) => socket.on("ask", (answer: (text: string) => void) => answer("yes")));
      await until(() => tabs.every(({ told }) => told.length >= 2), "both tabs connected");
      for (const { told } of tabs)
        expect(told).toEqual([
          ["open", { readyState: "open", id: expect.any(String), transport: { name: "websocket" } }],
          ["message", undefined, expect.stringMatching(/^0\{"sid":/)],
        ]);
      expect(server.io.engine.clientsCount).toBe(1);
      tabs[1]?.port.postMessage(["send", '20["ask"]']);
      await until(() => tabs[1]?.told.length === 3, "the answer");
      expect([tabs[0]?.told.length, tabs[1]?.told[2]]).toEqual([2, ["message", undefined, '30["yes"]']]);
    } finally {
      for (const { port } of tabs) {
        port.postMessage(["bye"]);
        port.close();
      }
      await server.close();
    }
  });
});
