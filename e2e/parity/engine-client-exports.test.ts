// The engine client as a module: its exports, and what each does by itself.
import { describe, expect, test } from "vitest";
import { once, turns } from "@everwire/testkit";
import { PEERS } from "./support/peers.js";

describe.each(PEERS)("$name: the engine client's exports", (peer) => {
  const engine = peer.engineClient;

  test("are named as documented", () => {
    for (const name of [
      "Socket",
      "Transport",
      "TransportError",
      "Fetch",
      "XHR",
      "NodeXHR",
      "WebSocket",
      "NodeWebSocket",
      "WebTransport",
      "parse",
      "installTimerFunctions",
      "nextTick",
    ])
      expect([name, typeof (engine as Record<string, unknown>)[name]]).toEqual([name, "function"]);
    expect(engine.protocol).toBe(4);
    expect(Object.keys(engine.transports).sort()).toEqual(["polling", "websocket", "webtransport"]);
    expect(engine.Socket.protocol).toBe(4);
  });

  test("lack the classes that are gone", () => {
    expect(engine).not.toHaveProperty("SocketWithoutUpgrade");
    expect(engine).not.toHaveProperty("SocketWithUpgrade");
  });

  test("are transports by their names on Node", () => {
    expect(engine.transports["polling"]).toBe(engine.NodeXHR);
    expect(engine.transports["websocket"]).toBe(engine.NodeWebSocket);
    expect(engine.transports["webtransport"]).toBe((engine as Record<string, unknown>)["WebTransport"]);
  });

  test("make timers that can be replaced", () => {
    const target = {} as ReturnType<typeof engine.installTimerFunctions>;
    engine.installTimerFunctions(target, { useNativeTimers: true });
    const timer = target.setTimeoutFn(() => undefined, 10_000);
    target.clearTimeoutFn(timer);
    expect(Object.keys(target).sort()).toEqual(["clearTimeoutFn", "setTimeoutFn"]);
  });

  test("run nextTick later", async () => {
    const seen: string[] = [];
    engine.nextTick(() => seen.push("tick"), setTimeout);
    seen.push("now");
    await turns(1);
    expect(seen).toEqual(["now", "tick"]);
  });

  test("make an error of a transport", () => {
    const error = new engine.TransportError("reason", 404, { status: 404 });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      type: "TransportError",
      message: "reason",
      description: 404,
      context: { status: 404 },
    });
  });

  test.each<[string, object]>([
    ["http://google.com", { protocol: "http", port: "", host: "google.com" }],
    ["https://www.google.com:80", { protocol: "https", port: "80", host: "www.google.com" }],
    [
      "google.com:8080/foo/bar?foo=bar",
      {
        host: "google.com",
        port: "8080",
        query: "foo=bar",
        path: "/foo/bar",
        relative: "/foo/bar?foo=bar",
        queryKey: { foo: "bar" },
        pathNames: ["foo", "bar"],
      },
    ],
    ["localhost:8080", { protocol: "", host: "localhost", port: "8080", queryKey: {} }],
    [
      "2001:0db8:85a3:0042:1000:8a2e:0370:7334",
      { protocol: "", host: "2001:0db8:85a3:0042:1000:8a2e:0370:7334", port: "" },
    ],
    ["2001:db8:85a3:42:1000:8a2e:370:7334", { protocol: "", host: "2001:db8:85a3:42:1000:8a2e:370:7334", port: "" }],
    ["http://[2001::7334]:8080", { protocol: "http", host: "2001::7334", port: "8080", ipv6uri: true }],
    ["[::1]:80", { host: "::1", port: "80", ipv6uri: true }],
    [
      "http://user:pw@a.test/p/q.html?x=y=z#h",
      {
        userInfo: "user:pw",
        user: "user",
        password: "pw",
        anchor: "h",
        path: "/p/q.html",
        directory: "/p/",
        file: "q.html",
        queryKey: { x: "y=z" },
      },
    ],
    ["user:pw@a.test", { user: "user", password: "pw", host: "a.test" }],
    ["/path?a=1", { host: "", path: "/path", query: "a=1", relative: "/path?a=1" }],
    ["ws://a.test", { protocol: "ws", host: "a.test" }],
    ["http://a.test/a//b/", { pathNames: ["a", "b"], path: "/a//b/" }],
  ])("parse %s", (uri, parts) => {
    const parsed = engine.parse(uri);
    // Prototypes aside: what a query is made of has none here.
    expect(JSON.parse(JSON.stringify(parsed))).toMatchObject(parts);
    expect(parsed.source).toBe(uri);
  });

  test("refuse a hostile address", () => {
    expect(() => engine.parse(`http://${"a".repeat(8001)}`)).toThrow("URI too long");
  });
});

describe.each(PEERS)("$name: no transport", (peer) => {
  test("is an error on the next tick", async () => {
    const socket = new peer.engineClient.Socket("http://localhost:1", { transports: [] });
    const [error] = await once<[unknown]>(socket, "error");
    expect(error).toBe("No transports available");
  });

  test("is what an unknown name gives", async () => {
    // The stock client throws in its constructor.
    if (peer.name === "stock") return;
    const socket = new peer.engineClient.Socket("http://localhost:1", {
      transports: ["nope", "constructor", "__proto__"],
    });
    expect((await once<[unknown]>(socket, "error"))[0]).toBe("No transports available");
  });
});

describe.each(PEERS)("$name: a transport by itself", (peer) => {
  const base = {
    path: "/engine.io",
    hostname: "localhost",
    secure: false,
    query: { sid: "a" },
    timestampRequests: false,
  };

  test.each<[string, object, string]>([
    ["polling", {}, "http://localhost/engine.io?sid=a"],
    ["polling", { port: 80 }, "http://localhost/engine.io?sid=a"],
    ["polling", { port: "80" }, "http://localhost/engine.io?sid=a"],
    ["polling", { port: 3000 }, "http://localhost:3000/engine.io?sid=a"],
    ["polling", { secure: true, port: 443 }, "https://localhost/engine.io?sid=a"],
    ["polling", { secure: true, port: 80 }, "https://localhost:80/engine.io?sid=a"],
    ["polling", { hostname: "::1", port: 80 }, "http://[::1]/engine.io?sid=a"],
    ["polling", { hostname: "fe80::1:2", port: "3000" }, "http://[fe80::1:2]:3000/engine.io?sid=a"],
    ["polling", { query: {} }, "http://localhost/engine.io"],
    ["websocket", {}, "ws://localhost/engine.io?sid=a"],
    ["websocket", { hostname: "::1", port: "80" }, "ws://[::1]/engine.io?sid=a"],
    ["websocket", { secure: true, query: { transport: "websocket" } }, "wss://localhost/engine.io?transport=websocket"],
  ])("%s with %o has the address %s", (name, options, uri) => {
    const Transport = peer.engineClient.transports[name]!;
    const transport = new Transport({ ...base, query: { ...base.query }, ...options } as never);
    expect(transport).toBeInstanceOf(peer.engineClient.Transport);
    expect([transport.name, transport.writable, transport.uri()]).toEqual([name, false, uri]);
  });

  test.each(["polling", "websocket"])("%s is stamped where that is asked for", (name) => {
    const Transport = peer.engineClient.transports[name]!;
    const options = { ...base, query: {}, timestampRequests: true, timestampParam: "woot" };
    expect(new Transport(options as never).uri()).toMatch(/^(http|ws):\/\/localhost\/engine\.io\?woot=[\w-]+$/);
  });
});
