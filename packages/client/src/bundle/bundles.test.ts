// The built bundles: what they export, what syntax they are, that their maps reach the sources, and that they talk to a server.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Server } from "socket.io";
import ts from "typescript";
import { WebSocket } from "ws";
import { startFaultProxy, startServer, until } from "@everwire/testkit";
import type * as Client from "@everwire/client";
import { Manager, Socket } from "@everwire/client";
import { INTERNAL_NAMES } from "../../internal-names.js";

const BUNDLES = join(import.meta.dirname, "..", "..", "dist", "bundle");
const SERVED = join(import.meta.dirname, "..", "..", "..", "server", "client-dist");
const WEBSOCKET_ONLY = ["everwire.ws.esm.js", "everwire.ws.esm.min.js"];
const NAMES = ["everwire.esm.js", "everwire.esm.min.js", "everwire.js", "everwire.min.js", ...WEBSOCKET_ONLY];

function read(name: string, folder = BUNDLES): string {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new Error(`failed to test the bundles: ${path} is not built, run \`npm run build\` first`);
  return readFileSync(path, "utf8");
}

type Io = typeof Client.default & Pick<typeof Client, "protocol" | "setTrace">;

/** The part of a browser's FileReader that is used. */
class PageFileReader {
  result = "";
  onload?: () => void;
  readAsDataURL(blob: Blob): void {
    void blob.arrayBuffer().then((data) => {
      this.result = `data:application/octet-stream;base64,${Buffer.from(data).toString("base64")}`;
      this.onload?.();
    });
  }
}

/** Runs a script as a tag in a page would; the scope has what a browser's has. */
function runScript(name: string, before = ""): Record<string, unknown> {
  const scope: Record<string, unknown> = {
    setTimeout,
    clearTimeout,
    Promise,
    ArrayBuffer,
    Uint8Array,
    Blob,
    URL,
    atob,
  };
  Object.assign(scope, { WebSocket, fetch, AbortController, FileReader: PageFileReader, self: scope });
  runInNewContext(`${before};${read(name)}`, scope);
  return scope;
}

const loadModule = (name: string): Promise<typeof Client> =>
  import(/* @vite-ignore */ pathToFileURL(join(BUNDLES, name)).href) as Promise<typeof Client>;

let server: Server;
let url: string;

beforeAll(() => {
  // What the build was made for; Node 20 has no WebSocket of its own.
  (globalThis as { WebSocket?: unknown }).WebSocket ??= WebSocket;
  (globalThis as { FileReader?: unknown }).FileReader ??= PageFileReader;
  server = new Server(0, { serveClient: false, cors: { origin: "*" } });
  url = `http://127.0.0.1:${String((server.httpServer.address() as { port: number }).port)}`;
  server.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => (args.pop() as (...answer: unknown[]) => void)(...args));
  });
});

afterAll(() => server.close());

/** Connects, goes up to WebSocket, gets text and binary back. */
async function talk(io: Io): Promise<void> {
  const socket = io(url, { forceNew: true });
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", () => resolve());
    socket.on("connect_error", reject);
  });
  const { engine } = socket.io;
  expect(await socket.emitWithAck("echo", { text: "grün 🙂" })).toEqual({ text: "grün 🙂" });
  if (engine.transport.name !== "websocket") await new Promise((resolve) => engine.once("upgrade", resolve));
  const bytes = (await socket.timeout(5000).emitWithAck("echo", { deep: [new Uint8Array([1, 2, 3])] })) as {
    deep: [ArrayBuffer];
  };
  expect([...new Uint8Array(bytes.deep[0])]).toEqual([1, 2, 3]);
  await expect(socket.timeout(10).emitWithAck("nobody")).rejects.toThrow("operation has timed out");
  expect(engine.transport.name).toBe("websocket");
  socket.disconnect();
}

/** By polling alone, where binary is base64; and what is told of faults. */
async function talkByPolling(io: Io): Promise<void> {
  const socket = io(url, { forceNew: true, transports: ["polling"] });
  socket.emit("echo", "early", () => undefined);
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  const sent = { b: new Uint8Array([1, 2, 3]), f: new Blob(["äö"]), n: [null, "x", new Uint8Array(0)] };
  const got = (await socket.emitWithAck("echo", sent)) as { b: ArrayBuffer; f: ArrayBuffer; n: unknown[] };
  expect([...new Uint8Array(got.b)]).toEqual([1, 2, 3]);
  expect(Buffer.from(got.f).toString()).toBe("äö");
  expect(got.n.slice(0, 2)).toEqual([null, "x"]);
  expect((got.n[2] as ArrayBuffer).byteLength).toBe(0);
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => socket.emit("x", circle)).toThrow(expect.objectContaining({ code: "ERR_CIRCULAR_DATA" }));
  expect(() => socket.emit("connect")).toThrow('"connect" is a reserved event name');
  const closed = new Promise<unknown[]>((resolve) => socket.on("disconnect", (...args) => resolve(args)));
  server.sockets.sockets.forEach((there) => there.conn.write("9"));
  const [reason, details] = await closed;
  expect([reason, details]).toEqual(["parse error", expect.objectContaining({ code: "ERR_UNKNOWN_PACKET_TYPE" })]);
  expect((details as Error).message).not.toBe("");
  socket.disconnect();
}

/** The session goes on over a connection that breaks, each way once, and volatile events are not sent again. */
async function survive(io: Io, transports = ["polling", "websocket"]): Promise<void> {
  const own = await startServer({ cors: { origin: "*" } });
  const proxy = await startFaultProxy(Number(new URL(own.url).port));
  own.io.on("connection", (socket) => socket.on("n", (...args: unknown[]) => socket.emit("n", ...args)));
  try {
    for (const transport of transports) {
      const socket = io(proxy.url, { forceNew: true, transports: [transport], resume: true });
      const got: unknown[] = [];
      const seen: string[] = [];
      socket.on("n", (n: unknown) => got.push(n));
      socket.on("disconnect", (reason: string) => seen.push(reason));
      socket.io.on("resume", () => seen.push("resume"));
      await until(() => socket.connected, "the connection");
      for (let n = 0; n < 90; n++) {
        socket.emit("n", n, new Uint8Array(n));
        if (n % 30 !== 15) continue;
        await until(() => got.length > n - 5, "messages");
        proxy.cut();
        await until(() => socket.io.engine.readyState === "open", "the session");
      }
      await until(() => got.length === 90, "every message");
      expect(got).toEqual(Array.from({ length: 90 }, (_, n) => n));
      if (transport === "websocket") expect(seen).toEqual(["resume", "resume", "resume"]);
      socket.disconnect();
    }
  } finally {
    await proxy.close();
    await own.close();
  }
}

describe.each(["everwire.esm.js", "everwire.esm.min.js"])("%s", (name) => {
  test("exports what the package exports", async () => {
    read(name);
    const [bundle, source] = await Promise.all([loadModule(name), import("@everwire/client")]);
    expect(Object.keys(bundle).sort()).toEqual(Object.keys(source).sort());
    expect(bundle.default).toBe(bundle.io);
  });

  test("talks to a server", async () => {
    await talk((await loadModule(name)).default as Io);
  });

  test("talks by polling, and names faults by their codes", async () => {
    await talkByPolling((await loadModule(name)).default as Io);
  });

  test("survives a break of its connection", async () => {
    await survive((await loadModule(name)).default as Io);
  });
});

describe.each(WEBSOCKET_ONLY)("%s", (name) => {
  test("exports no name that the package does not, and no transport", async () => {
    const names = Object.keys(await loadModule(name));
    const all = Object.keys(await import("@everwire/client"));
    expect(all).toEqual(expect.arrayContaining(names));
    expect(all.filter((each) => !names.includes(each)).sort()).toEqual(
      ["Fetch", "NodeWebSocket", "NodeXHR", "WebSocket", "WebTransport", "XHR"].sort(),
    );
  });

  test("has nothing in it of other transports", () => {
    const options = { target: ts.ScriptTarget.ESNext, removeComments: true };
    const { outputText } = ts.transpileModule(read(name), { compilerOptions: options });
    const others = ["XMLHttpRequest", "fetch(", "sendBeacon", "xhr poll", "WebTransport", "probe error"];
    expect(others.filter((other) => outputText.includes(other))).toEqual([]);
    const { sources } = JSON.parse(read(`${name}.map`)) as { sources: string[] };
    expect(sources.filter((source) => /polling|request-|webtransport|upgrade|stream-frame/.test(source))).toEqual([]);
  });

  test("talks to a server, without being told by which transport", async () => {
    const io = (await loadModule(name)).default as Io;
    const socket = io(url, { forceNew: true, autoConnect: false });
    socket.io.open();
    expect(socket.io.engine.transport.name).toBe("websocket");
    socket.io.disconnect();
    await talk(io);
  });

  test("survives a break of its connection", async () => {
    await survive((await loadModule(name)).default as Io, ["websocket"]);
  });

  test("connects anew after a break that it may not resume", async () => {
    const own = await startServer();
    const proxy = await startFaultProxy(Number(new URL(own.url).port));
    const io = (await loadModule(name)).default as Io;
    const socket = io(proxy.url, { forceNew: true, resume: false, reconnectionDelay: 10 });
    try {
      const reasons: string[] = [];
      const ids = new Set<unknown>();
      socket.on("disconnect", (reason: string) => reasons.push(reason));
      socket.on("connect", () => ids.add(socket.id));
      await until(() => ids.size === 1, "the connection");
      proxy.cut();
      await until(() => ids.size === 2, "the connection after it");
      expect(reasons).toHaveLength(1);
    } finally {
      socket.disconnect();
      await proxy.close();
      await own.close();
    }
  });
});

describe.each(["everwire.js", "everwire.min.js"])("%s", (name) => {
  test("is one global, `io`, with everything on it", () => {
    const before = new Set(Object.keys(runScript("everwire.js")));
    const scope = runScript(name);
    expect(Object.keys(scope).filter((key) => !before.has(key))).toEqual([]);
    const io = scope.io as Io;
    expect(io).toBeTypeOf("function");
    expect([io.protocol, io.io, io.connect]).toEqual([5, io, io]);
    expect([io.Manager, io.Socket, io.setTrace]).toEqual([
      expect.any(Function),
      expect.any(Function),
      expect.any(Function),
    ]);
  });

  test("talks to a server", async () => {
    await talk(runScript(name).io as Io);
  });

  test("talks by polling, and names faults by their codes", async () => {
    await talkByPolling(runScript(name).io as Io);
  });

  test("survives a break of its connection", async () => {
    await survive(runScript(name).io as Io);
  });

  test("is a CommonJS module too", () => {
    const scope = runScript(name, "var module = { exports: {} }, exports = module.exports");
    expect(scope.io).toBeUndefined();
    expect((scope.module as { exports: Io }).exports.Manager).toBeTypeOf("function");
  });

  test("runs where globalThis is not known yet", () => {
    const scope = runScript(name, "delete globalThis.globalThis");
    expect(scope.io).toBeTypeOf("function");
    expect(scope).not.toHaveProperty("globalThis");
  });
});

/** Every public name of a class's instances. */
const membersOf = (base: { prototype: object }): string[] =>
  Object.getOwnPropertyNames(base.prototype).filter((name) => !name.startsWith("_") && !INTERNAL_NAMES.includes(name));

describe.each(NAMES)("%s", (name) => {
  test("keeps the public names of the classes", async () => {
    const bundle = name.includes(".esm") ? await loadModule(name) : (runScript(name).io as typeof Client);
    expect(membersOf(bundle.Manager)).toEqual(expect.arrayContaining(membersOf(Manager)));
    expect(membersOf(bundle.Socket)).toEqual(expect.arrayContaining(membersOf(Socket)));
  });

  test("needs no newer syntax than promised", () => {
    const text = read(name);
    const target = name.includes(".esm") ? ts.ScriptTarget.ES2020 : ts.ScriptTarget.ES2017;
    const lower = (code: string): string =>
      ts.transpileModule(code, {
        compilerOptions: { target, module: ts.ModuleKind.ESNext, removeComments: true, useDefineForClassFields: false },
      }).outputText;
    const asIs = (code: string): string =>
      ts.transpileModule(code, {
        compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, removeComments: true },
      }).outputText;
    // Lowering changes nothing: there is nothing left to lower.
    expect(lower(text)).toBe(asIs(text));
  });

  test("has a map that reaches the TypeScript sources, text included", () => {
    expect(read(name)).toContain(`//# sourceMappingURL=${name}.map`);
    const map = JSON.parse(read(`${name}.map`)) as {
      sources: string[];
      sourcesContent: (string | null)[];
      mappings: string;
    };
    const at = map.sources.findIndex(
      (source) => source.endsWith("client/src/socket.ts") || source.endsWith("src/socket.ts"),
    );
    expect(map.sourcesContent[at]).toBe(readFileSync(join(import.meta.dirname, "..", "socket.ts"), "utf8"));
    expect(map.sourcesContent.every((content) => typeof content === "string")).toBe(true);
    expect(map.sources.filter((source) => source.startsWith("/"))).toEqual([]);
    expect(map.mappings.length).toBeGreaterThan(1000);
  });

  test("lies where the server serves it from, with its map", () => {
    for (const file of [name, `${name}.map`]) expect(read(file, SERVED)).toBe(read(file));
  });
});
