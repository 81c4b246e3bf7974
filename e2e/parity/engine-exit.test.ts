// What is left of a closed engine and a closed client: nothing that keeps a process alive. Seen from outside, with the built packages in
// child processes that have to end by themselves.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PEERS } from "./support/peers.js";
import type { Peer } from "./support/peers.js";

const E2E = fileURLToPath(new URL("..", import.meta.url));
const BUILT = fileURLToPath(new URL("../../packages/server/dist/engine/index.js", import.meta.url));

/** `engine` and `client` in scope, for either peer. */
const IMPORTS: Record<Peer["name"], string> = {
  everwire: `const engine = await import("@everwire/server/engine"); const client = await import("@everwire/client/engine");`,
  stock: `
    const { createRequire } = await import("node:module");
    const require = createRequire(${JSON.stringify(`${E2E}package.json`)});
    const engine = createRequire(require.resolve("socket.io"))("engine.io");
    const client = createRequire(require.resolve("socket.io-client"))("engine.io-client");`,
};

const LISTEN = `
  const http = createServer();
  const server = engine.attach(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = "http://127.0.0.1:" + http.address().port;
  const shut = () => { server.close(); http.close(); console.log("done"); };`;

let far: ReturnType<typeof createServer>;
let url: string;

beforeAll(async () => {
  if (!existsSync(BUILT))
    throw new Error(`failed to test the packages: ${BUILT} is not built, run \`npm run build\` first`);
  far = createServer();
  (PEERS[0] as Peer).engine.attach(far, { pingInterval: 60_000 });
  far.listen(0, "127.0.0.1");
  await once(far, "listening");
  url = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
});

afterAll(() => {
  far.closeAllConnections();
  far.close();
});

/** Runs a program until it ends by itself; gives its last words. */
async function run(peer: Peer, body: string): Promise<string> {
  const program = `import { createServer } from "node:http"; import { once } from "node:events";
    const opened = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
    ${IMPORTS[peer.name]}; ${body}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: E2E,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), 8000);
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(limit);
  return `${printed.trim()} ${code}`;
}

/** A client between two polls does not hear of the close; where it may be resumed, it looks for the server until its time is over. */
const connecting = (options: string): string => `new client.Socket(url, ${options})`;

describe.each(PEERS)("$name: a process ends", (peer) => {
  test.concurrent.each<[string, string]>([
    ["when an engine without clients is closed", `${LISTEN} shut();`],
    [
      "when an engine is closed and its clients with it, over polling",
      `${LISTEN} await opened(${connecting('{ transports: ["polling"], resume: false }')}, "open"); shut();`,
    ],
    [
      "when an engine is closed and its clients with it, over WebSocket",
      `${LISTEN} await opened(${connecting('{ transports: ["websocket"] }')}, "open"); shut();`,
    ],
    [
      "when an engine is closed in the middle of an upgrade",
      `${LISTEN} server.once("connection", (session) => session.once("upgrading", shut)); ${connecting("{}")};`,
    ],
    [
      "when an engine is closed after an upgrade",
      `${LISTEN} server.once("connection", (session) => session.once("upgrade", shut)); ${connecting("{}")};`,
    ],
  ])("%s", async (when, body) => {
    // The stock engine leaves something behind there.
    if (peer.name === "stock" && when.includes("middle of an upgrade")) return;
    expect(await run(peer, body)).toBe("done 0");
  });

  test.concurrent.each<[string, (url: string) => string]>([
    [
      "when its client is closed, over polling",
      (url) =>
        `const url = "${url}"; const socket = ${connecting('{ transports: ["polling"] }')}; await opened(socket, "open"); socket.close(); console.log("done");`,
    ],
    [
      "when its client is closed in the middle of an upgrade",
      (url) =>
        `const url = "${url}"; const socket = ${connecting("{}")}; await opened(socket, "upgrading"); socket.close(); console.log("done");`,
    ],
    [
      "when its client is closed at once",
      (url) => `const url = "${url}"; const socket = ${connecting("{}")}; socket.close(); console.log("done");`,
    ],
    [
      "while its client is connected by polling, with autoUnref",
      (url) =>
        `const url = "${url}"; const socket = ${connecting('{ transports: ["polling"], autoUnref: true }')}; const keep = setTimeout(() => {}, 9000); await opened(socket, "open"); clearTimeout(keep); console.log("done");`,
    ],
    [
      "while its client is connected by WebSocket, with autoUnref",
      (url) =>
        `const url = "${url}"; const socket = ${connecting('{ transports: ["websocket"], autoUnref: true }')}; const keep = setTimeout(() => {}, 9000); await opened(socket, "open"); clearTimeout(keep); console.log("done");`,
    ],
    [
      "while its client is connected after an upgrade, with autoUnref",
      (url) =>
        `const url = "${url}"; const socket = ${connecting("{ autoUnref: true }")}; const keep = setTimeout(() => {}, 9000); await opened(socket, "upgrade"); clearTimeout(keep); console.log("done");`,
    ],
  ])("%s", async (_when, body) => {
    expect(await run(peer, body(url))).toBe("done 0");
  });
});
