// The engine client before a byte is on the wire: addresses, queries, options; seen from members and from the first request.
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { once } from "@everwire/testkit";
import type { Socket, SocketOptions } from "@everwire/client/engine";
import { PEERS } from "./support/peers.js";
import type { Peer } from "./support/peers.js";

interface Addressed {
  hostname: string;
  port: string;
  secure: boolean;
}

function make(peer: Peer, uri?: string | SocketOptions | null, options?: SocketOptions): Socket & Addressed {
  const socket = new peer.engineClient.Socket(uri, options);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.close());
  return socket;
}

/** What the first request looks like. */
async function firstRequest(
  peer: Peer,
  options: SocketOptions,
  query = "",
): Promise<{ request: IncomingMessage; url: URL; socket: Socket }> {
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    server.emit("asked", request);
    socket.destroy();
  });
  server.on("request", (request, response) => {
    server.emit("asked", request);
    response.writeHead(500).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const asked = once<[IncomingMessage]>(server, "asked");
  const socket = make(peer, `http://127.0.0.1:${(server.address() as AddressInfo).port}${query}`, options);
  const [request] = await asked;
  return { request, url: new URL(request.url ?? "", "http://a"), socket };
}

describe.each(PEERS)("$name: an address", (peer) => {
  test.each<[string | SocketOptions | null | undefined, SocketOptions | undefined, Addressed]>([
    ["http://localhost", undefined, { hostname: "localhost", port: "80", secure: false }],
    ["https://localhost", undefined, { hostname: "localhost", port: "443", secure: true }],
    ["ws://localhost", undefined, { hostname: "localhost", port: "80", secure: false }],
    ["wss://localhost", undefined, { hostname: "localhost", port: "443", secure: true }],
    ["http://localhost:8080", undefined, { hostname: "localhost", port: "8080", secure: false }],
    ["wss://localhost:2020", undefined, { hostname: "localhost", port: "2020", secure: true }],
    ["localhost", undefined, { hostname: "localhost", port: "80", secure: false }],
    ["localhost:9000", undefined, { hostname: "localhost", port: "9000", secure: false }],
    ["http://[::1]", undefined, { hostname: "::1", port: "80", secure: false }],
    ["https://[::1]", undefined, { hostname: "::1", port: "443", secure: true }],
    ["http://[::1]:8080", undefined, { hostname: "::1", port: "8080", secure: false }],
    ["http://a.test/path#x", undefined, { hostname: "a.test", port: "80", secure: false }],
    [undefined, undefined, { hostname: "localhost", port: "80", secure: false }],
    [null, undefined, { hostname: "localhost", port: "80", secure: false }],
    [{}, undefined, { hostname: "localhost", port: "80", secure: false }],
    [{ host: "a.test" }, undefined, { hostname: "a.test", port: "80", secure: false }],
    [{ hostname: "a.test" }, undefined, { hostname: "a.test", port: "80", secure: false }],
    [{ host: "a.test", secure: true }, undefined, { hostname: "a.test", port: "443", secure: true }],
    [{ host: "a.test", port: 81 }, undefined, { hostname: "a.test", port: "81", secure: false }],
    [{ host: "a.test", port: "81" }, undefined, { hostname: "a.test", port: "81", secure: false }],
    [{ host: "::1" }, undefined, { hostname: "::1", port: "80", secure: false }],
    [{ host: "[::1]" }, undefined, { hostname: "::1", port: "80", secure: false }],
    [{ host: "[::1]", port: 3000 }, undefined, { hostname: "::1", port: "3000", secure: false }],
    ["http://localhost:98", { port: 99 }, { hostname: "localhost", port: "98", secure: false }],
    ["http://localhost", { secure: true }, { hostname: "localhost", port: "80", secure: false }],
  ])("%o %o", (uri, options, expected) => {
    const { hostname, port, secure } = make(peer, uri, options);
    // A number that was given stays one on the stock client.
    expect({ hostname, port: Number(port), secure }).toEqual({ ...expected, port: Number(expected.port) });
  });

  test("is left as it was given", () => {
    const transports = ["websocket", "polling"];
    const options = { transports, query: { a: 1 }, rememberUpgrade: true };
    make(peer, "http://localhost:1", options);
    expect([transports, options.query]).toEqual([["websocket", "polling"], { a: 1 }]);
  });
});

describe.each(PEERS)("$name: the defaults of an option", (peer) => {
  test.each<[string, unknown]>([
    ["path", "/engine.io/"],
    ["agent", false],
    ["withCredentials", false],
    ["upgrade", true],
    ["timestampParam", "t"],
    ["rememberUpgrade", false],
    ["addTrailingSlash", true],
    ["rejectUnauthorized", true],
    ["perMessageDeflate", { threshold: 1024 }],
    ["transportOptions", {}],
    ["closeOnBeforeunload", false],
  ])("%s: %o", (name, value) => {
    const { opts } = make(peer, "http://localhost:1");
    expect((opts as unknown as Record<string, unknown>)[name]).toEqual(value);
  });

  test.each<[SocketOptions, string]>([
    [{ path: "/a" }, "/a/"],
    [{ path: "/a/" }, "/a/"],
    [{ path: "/a", addTrailingSlash: false }, "/a"],
    [{ path: "/a/", addTrailingSlash: false }, "/a"],
    [{ addTrailingSlash: false }, "/engine.io"],
  ])("path of %o: %s", (options, path) => {
    expect(make(peer, "http://localhost:1", options).opts.path).toBe(path);
  });

  test("state and binaryType at the start", () => {
    const socket = make(peer, "http://localhost:1");
    expect([socket.readyState, socket.binaryType, socket.id, socket.writeBuffer]).toEqual([
      "opening",
      "nodebuffer",
      undefined,
      [],
    ]);
    expect(socket.transport.name).toBe("polling");
    expect(socket.transport).toBeInstanceOf(peer.engineClient.Transport);
    expect(socket.transport.writable).toBe(false);
  });
});

// Without the question whether sessions can be resumed, which is ours.
describe.each(PEERS)("$name: the first request", (peer) => {
  test("by polling", async () => {
    const { request, url } = await firstRequest(peer, { resume: false });
    expect([request.method, url.pathname]).toEqual(["GET", "/engine.io/"]);
    expect([...url.searchParams.keys()]).toEqual(["EIO", "transport", "t"]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ EIO: "4", transport: "polling" });
    expect(request.headers.accept).toBe("*/*");
  });

  test("by WebSocket", async () => {
    const { request, url } = await firstRequest(peer, { transports: ["websocket"], resume: false });
    expect(request.headers.upgrade).toBe("websocket");
    expect(url.search).toBe("?EIO=4&transport=websocket");
    expect(request.headers["sec-websocket-extensions"]).toBe("permessage-deflate; client_max_window_bits");
  });

  test.each<[SocketOptions, string, Record<string, string | null>]>([
    [{ query: { a: "b" } }, "", { a: "b" }],
    [{ query: "x=1&y=2" }, "", { x: "1", y: "2" }],
    [{}, "/?a=b", { a: "b" }],
    [{}, "?a=b", { a: "b" }],
    [{}, "/?a=b=c&d", { a: "b=c", d: "" }],
    [{}, "/?a=%26%3D%20", { a: "&= " }],
    [{ query: { "e f": "ä&" } }, "", { "e f": "ä&" }],
    [{ query: { list: [1, 2], yes: true } }, "", { list: "1,2", yes: "true" }],
    [{ query: { a: 2 } }, "/?a=1", { a: "1" }],
    [{ timestampRequests: false }, "", { t: null }],
    [{ timestampParam: "q" }, "", { t: null }],
    [{ forceBase64: true }, "", { b64: "1" }],
    [{ transports: ["websocket"], forceBase64: true }, "", { b64: "1", t: null }],
    [{ transports: ["websocket"], timestampRequests: false }, "", { t: null }],
  ])("with %o and %s has the query %o", async (options, query, expected) => {
    const { url } = await firstRequest(peer, options, query);
    for (const [key, value] of Object.entries(expected)) expect([key, url.searchParams.get(key)]).toEqual([key, value]);
  });

  test.each<[SocketOptions]>([
    [{ timestampParam: "q" }],
    [{ timestampParam: "q", transports: ["websocket"], timestampRequests: true }],
  ])("with %o is stamped", async (options) => {
    const { url } = await firstRequest(peer, options);
    expect(url.searchParams.get("q")).toMatch(/^[\w-.]{4,}$/);
  });

  test.each(["polling", "websocket"])("takes extra headers, over %s", async (transport) => {
    const { request } = await firstRequest(peer, {
      transports: [transport],
      extraHeaders: { "X-A": "1", Authorization: "Bearer x" },
    });
    expect(request.headers).toMatchObject({ "x-a": "1", authorization: "Bearer x" });
  });

  test("takes extra headers of one transport", async () => {
    const { request } = await firstRequest(peer, {
      extraHeaders: { "x-a": "general" },
      transportOptions: { polling: { extraHeaders: { "x-a": "polling" } } },
    });
    expect(request.headers["x-a"]).toBe("polling");
  });

  test("takes sub-protocols", async () => {
    const { request } = await firstRequest(peer, { transports: ["websocket"], protocols: ["a", "b"] });
    expect(request.headers["sec-websocket-protocol"]).toBe("a,b");
  });

  test("takes an origin and a version, over WebSocket", async () => {
    const { request } = await firstRequest(peer, {
      transports: ["websocket"],
      origin: "http://o.test",
      protocolVersion: 8,
    });
    expect(request.headers["sec-websocket-version"]).toBe("8");
    expect(request.headers["sec-websocket-origin"] ?? request.headers.origin).toBe("http://o.test");
  });

  test("offers no compression when it is off", async () => {
    const { request } = await firstRequest(peer, { transports: ["websocket"], perMessageDeflate: false });
    expect(request.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  test.each<[SocketOptions["transports"], string]>([
    [["websocket", "polling"], "websocket"],
    [["polling", "websocket"], "polling"],
  ])("with %o goes by %s", async (transports, name) => {
    const { url, socket } = await firstRequest(peer, transports === undefined ? {} : { transports });
    expect(url.searchParams.get("transport")).toBe(name);
    expect(socket.transport.name).toBe(name);
  });

  test("takes transport classes", async () => {
    const { NodeWebSocket } = peer.engineClient;
    const one = await firstRequest(peer, { transports: [NodeWebSocket] });
    expect(one.url.searchParams.get("transport")).toBe("websocket");
    const other = await firstRequest(peer, { transportImplementations: [NodeWebSocket] });
    expect(other.url.searchParams.get("transport")).toBe("websocket");
  });

  test("takes an agent", async () => {
    const { Agent } = await import("node:http");
    for (const transport of ["polling", "websocket"]) {
      let asked = 0;
      class Counting extends Agent {
        override createConnection(...args: Parameters<InstanceType<typeof Agent>["createConnection"]>) {
          asked++;
          return super.createConnection(...args);
        }
      }
      await firstRequest(peer, { transports: [transport], agent: new Counting() });
      expect([transport, asked > 0]).toEqual([transport, true]);
    }
  });

  test("may come from an address of the user's", async () => {
    const { request } = await firstRequest(peer, { transports: ["websocket"], localAddress: "127.0.0.1", family: 4 });
    expect(request.headers.upgrade).toBe("websocket");
  });
});
