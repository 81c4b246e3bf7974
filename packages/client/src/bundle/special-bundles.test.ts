// The two built bundles for special uses, in a scope as a page's: MessagePack in the place of JSON, and the engine alone.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import * as stockEngine from "engine.io";
import { Server } from "socket.io";
import * as stockParser from "socket.io-msgpack-parser";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type * as Client from "@everwire/client";
import { Manager, Socket } from "@everwire/client";
import * as engine from "@everwire/client/engine";
import { INTERNAL_NAMES } from "../../internal-names.js";

const BUNDLES = join(import.meta.dirname, "..", "..", "dist", "bundle");
const SERVED = join(import.meta.dirname, "..", "..", "..", "server", "client-dist");
const [MSGPACK, ENGINE] = ["everwire.msgpack.min.js", "everwire.engine.min.js"] as const;

function read(name: string, folder = BUNDLES): string {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new Error(`failed to test the bundles: ${path} is not built, run \`npm run build\` first`);
  return readFileSync(path, "utf8");
}

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

/** Runs a script as a tag in a page would. */
function runScript(name: string): Record<string, unknown> {
  const scope: Record<string, unknown> = { setTimeout, clearTimeout, Promise, ArrayBuffer, Uint8Array, DataView, Date };
  Object.assign(scope, {
    FileReader: PageFileReader,
    Blob,
    URL,
    atob,
    btoa,
    TextDecoder,
    WebSocket,
    fetch,
    AbortController,
    self: scope,
  });
  runInNewContext(read(name), scope);
  return scope;
}

const membersOf = (base: { prototype: object }): string[] =>
  Object.getOwnPropertyNames(base.prototype).filter((name) => !name.startsWith("_") && !INTERNAL_NAMES.includes(name));

describe.each([MSGPACK, ENGINE, "everwire.msgpack.js", "everwire.engine.js"])("%s", (name) => {
  test("needs no newer syntax than promised", () => {
    const options = { module: ts.ModuleKind.ESNext, removeComments: true, useDefineForClassFields: false };
    const at = (target: ts.ScriptTarget): string =>
      ts.transpileModule(read(name), { compilerOptions: { ...options, target } }).outputText;
    expect(at(ts.ScriptTarget.ES2017)).toBe(at(ts.ScriptTarget.ESNext));
  });

  test("lies where the server serves it from, with a map that has the sources", () => {
    for (const file of [name, `${name}.map`]) expect(read(file, SERVED)).toBe(read(file));
    expect(read(name)).toContain(`//# sourceMappingURL=${name}.map`);
    const map = JSON.parse(read(`${name}.map`)) as { sources: string[]; sourcesContent: unknown[] };
    expect(map.sources.some((source) => source.endsWith("/engine/session.ts"))).toBe(true);
    expect(map.sourcesContent.every((content) => typeof content === "string")).toBe(true);
  });
});

describe(MSGPACK, () => {
  let server: Server;
  let url: string;

  beforeAll(() => {
    server = new Server(0, { serveClient: false, parser: stockParser });
    url = `http://127.0.0.1:${String((server.httpServer.address() as { port: number }).port)}`;
    server.on("connection", (socket) => {
      socket.on("echo", (...args: unknown[]) => (args.pop() as (...answer: unknown[]) => void)(...args));
    });
  });
  afterAll(() => server.close());

  test("is the global io, with the public names of the classes", () => {
    const io = runScript(MSGPACK)["io"] as typeof Client.default & typeof Client;
    expect([typeof io, io.protocol, typeof io.setTrace]).toEqual(["function", 5, "function"]);
    expect(membersOf(io.Manager)).toEqual(expect.arrayContaining(membersOf(Manager)));
    expect(membersOf(io.Socket)).toEqual(expect.arrayContaining(membersOf(Socket)));
  });

  test("has the wire of MessagePack in the place of JSON's", () => {
    const { sources } = JSON.parse(read(`${MSGPACK}.map`)) as { sources: string[] };
    expect(sources.filter((source) => /parser-msgpack|compact\/(encoder|packet-reader)/.test(source))).toEqual([
      expect.stringContaining("parser-msgpack/src/value-reader.ts"),
      expect.stringContaining("parser-msgpack/src/packet-reader.ts"),
      expect.stringContaining("parser-msgpack/src/value-writer.ts"),
      expect.stringContaining("parser-msgpack/src/encoder.ts"),
    ]);
  });

  test.each(["polling", "websocket", "polling, then websocket"])("talks to a stock server over %s", async (way) => {
    const io = runScript(MSGPACK)["io"] as typeof Client.default;
    const socket = io(url, { forceNew: true, transports: way.split(", then ") });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on("connect", () => resolve());
        socket.on("connect_error", reject);
      });
      const sent = {
        text: "grün 🙂",
        when: new Date(5),
        none: undefined,
        big: 2 ** 40,
        bytes: new Uint8Array([1, 2, 3]),
      };
      const got = (await socket.timeout(5000).emitWithAck("echo", sent)) as typeof sent & { bytes: ArrayBuffer };
      expect([got.text, got.when.getTime(), got.none, got.big]).toEqual([sent.text, 5, undefined, 2 ** 40]);
      expect([...new Uint8Array(got.bytes)]).toEqual([1, 2, 3]);
      const circle: unknown[] = [];
      circle.push(circle);
      expect(() => socket.emit("x", circle)).toThrow(expect.objectContaining({ code: "ERR_CIRCULAR_DATA" }));
      const closed = new Promise<unknown[]>((resolve) => socket.on("disconnect", (...args) => resolve(args)));
      server.sockets.sockets.forEach((there) => there.conn.write("2"));
      expect(await closed).toEqual(["parse error", expect.objectContaining({ code: "ERR_UNKNOWN_CHUNK" })]);
    } finally {
      socket.disconnect();
    }
  });
});

describe(ENGINE, () => {
  let server: stockEngine.Server & { httpServer?: { address(): unknown; close(): unknown } };
  let url: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server = stockEngine.listen(0, {}, resolve);
    });
    url = `http://127.0.0.1:${String((server.httpServer?.address() as { port: number }).port)}`;
    server.on(
      "connection",
      (socket: { on: (event: string, listener: (data: unknown) => void) => void; send: (data: unknown) => void }) => {
        socket.on("message", (data) => socket.send(data));
      },
    );
  });
  afterAll(() => {
    server.close();
    server.httpServer?.close();
  });

  test("is the global eio, with the names of the engine", () => {
    const scope = runScript(ENGINE);
    const eio = scope["eio"] as typeof engine;
    expect(scope["io"]).toBeUndefined();
    for (const [name, value] of Object.entries(engine))
      expect(typeof (eio as Record<string, unknown>)[name], name).toBe(typeof value);
    expect([eio.protocol, Object.keys(eio.transports)]).toEqual([4, Object.keys(engine.transports)]);
    expect(membersOf(eio.Socket)).toEqual(expect.arrayContaining(membersOf(engine.Socket)));
  });

  test("opens a session by a call, goes up to WebSocket, carries text and binary", async () => {
    const eio = runScript(ENGINE)["eio"] as (uri: string, options?: object) => engine.Socket;
    const socket = eio(url);
    socket.binaryType = "arraybuffer";
    await new Promise<void>((resolve) => socket.on("upgrade", () => resolve()));
    const messages: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      socket.on("message", (data: unknown) => messages.push(data) === 2 && resolve());
    });
    socket.send("text");
    socket.send(new Uint8Array([1, 2]));
    await both;
    expect([messages[0], [...new Uint8Array(messages[1] as ArrayBuffer)]]).toEqual(["text", [1, 2]]);
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.close();
    expect(await closed).toBe("forced close");
  });
});
