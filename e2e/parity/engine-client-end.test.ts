// The ends of an engine client: who closes, what fails, with which reason, words and context. Then fetch, and cookies on Node.
import { describe, expect, test } from "vitest";
import { collect, once, turns, until } from "@everwire/testkit";
import type { SocketOptions } from "@everwire/client/engine";
import { startEngine } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { NAMES, connect, everwire, journal, pair, raw } from "./support/engine-client.js";

describe.each(PEERS)("$name: the end", (peer) => {
  test.each(NAMES)("by close(), over %s", async (transport) => {
    const { client, session } = await pair(peer, { transports: [transport] });
    const atServer = once(session, "close");
    const closed = once<[string, unknown]>(client, "close");
    expect(client.close()).toBe(client);
    const [reason, details] = await closed;
    expect([reason, details, client.readyState]).toEqual(["forced close", undefined, "closed"]);
    expect((await atServer)[0]).toBe("transport close");
    expect(client.id ?? undefined).toBeUndefined();
  });

  test.each(NAMES)("by close() waits for what was sent, over %s", async (transport) => {
    const { client, session } = await pair(peer, { transports: [transport] });
    const heard = collect(session, "message", 2);
    client.send("a");
    client.send("b");
    const closed = once(client, "close");
    client.close();
    expect(client.readyState).toBe("closing");
    expect((await heard).flat()).toEqual(["a", "b"]);
    await closed;
  });

  test.each(NAMES)("by close() before it opened, over %s", async (transport) => {
    const { url } = await startEngine(everwire);
    const client = connect(peer, url, { transports: [transport] });
    const seen = journal(client, ["open", "close", "error"]);
    client.close();
    await turns(20);
    expect(seen).toEqual([["close", "forced close", undefined]]);
  });

  test("nothing is sent, nor created, once it is closing", async () => {
    const { client } = await pair(peer, { transports: ["websocket"] });
    client.send("a");
    client.close();
    const seen = journal(client, ["packetCreate"]);
    client.send("late");
    await once(client, "close");
    client.send("later");
    expect(seen).toEqual([]);
    expect(client.writeBuffer).toEqual([]);
  });

  test("by the server, over polling", async () => {
    const { client, session } = await pair(peer, { transports: ["polling"] });
    session.close();
    const [reason, details] = await once<[string, object]>(client, "close");
    expect([reason, details]).toMatchObject(["transport close", { description: "transport closed by the server" }]);
  });

  test("by the server, over WebSocket", async () => {
    const { client, session } = await pair(peer, { transports: ["websocket"] });
    session.close();
    const [reason, details] = await once<[string, { description: string; context: { code: number } }]>(client, "close");
    expect([reason, details.description, details.context.code]).toEqual([
      "transport close",
      "websocket connection closed",
      1005,
    ]);
  });

  test("of a message over the server's limit, over WebSocket", async () => {
    const { client } = await pair(peer, { transports: ["websocket"] }, { maxHttpBufferSize: 5 });
    client.send("far too long");
    const [reason, details] = await once<[string, { context: { code: number } }]>(client, "close");
    expect([reason, details.context.code]).toEqual(["transport close", 1009]);
  });

  test("of a message over the server's limit, over polling", async () => {
    const { client } = await pair(peer, { transports: ["polling"] }, { maxHttpBufferSize: 5 });
    const seen = journal(client, ["error"]);
    client.send("far too long");
    const [reason, error] = await once<[string, Error & { description: number; context: { status: number } }]>(
      client,
      "close",
    );
    expect([reason, error.message, error.description, error.context.status]).toEqual([
      "transport error",
      "xhr post error",
      413,
      413,
    ]);
    expect(seen).toEqual([["error", error]]);
  });

  test("of a message that is no packet", async () => {
    const server = await raw();
    const client = connect(peer, server.url, { transports: ["websocket"] });
    await once(client, "open");
    server.send("x");
    const [reason] = await once<[string]>(client, "close");
    // The stock client drops what it can't read.
    expect(reason).toBe("transport error");
  });

  test("is told once, and may be asked for again", async () => {
    const { client } = await pair(peer);
    const seen = journal(client, ["close"]);
    client.close();
    await until(() => client.readyState === "closed", "the close");
    client.close();
    await turns(5);
    expect(seen).toHaveLength(1);
  });

  test("leaves writeBuffer to the listeners of close", async () => {
    const server = await raw();
    const client = connect(peer, server.url, { transports: ["polling"] });
    await once(client, "open");
    server.hold();
    client.send("a");
    client.send("b");
    let length: number | undefined;
    client.on("close", () => (length = client.writeBuffer.length));
    const closed = once(client, "close");
    server.send("1");
    await closed;
    await turns();
    expect([length! > 0, client.writeBuffer.length]).toEqual([true, 0]);
  });
});

describe.each(PEERS)("$name: a failure", (peer) => {
  test.each([
    ["polling", "xhr poll error"],
    ["websocket", "websocket error"],
  ])("to reach a server, over %s", async (transport, message) => {
    const client = connect(peer, "http://127.0.0.1:1", { transports: [transport] });
    const seen = journal(client, ["error", "close", "open"]);
    await once(client, "close");
    expect(seen.map(([event]) => event)).toEqual(["error", "close"]);
    const error = seen[0]?.[1] as Error & { type: string; description: unknown; context: unknown };
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(peer.engineClient.TransportError);
    expect([error.message, error.type]).toEqual([message, "TransportError"]);
    if (transport === "polling") {
      expect(error.description).toBe(0);
      expect(error.context).toBeTypeOf("object");
    } else expect(error.description).toBeTypeOf("object");
    expect(seen[1]).toEqual(["close", "transport error", error]);
  });

  test("of a handshake that is refused, over polling", async () => {
    const { url } = await startEngine(everwire, { allowRequest: (_request, answer) => answer("no", false) });
    const client = connect(peer, url);
    const [error] = await once<[Error & { description: number; context: Record<string, unknown> }]>(client, "error");
    expect([error.message, error.description]).toEqual(["xhr poll error", 403]);
    // The stock client has not read the body by then.
    const body = peer.name === "stock" ? "" : '{"code":4,"message":"no"}';
    expect([error.context["status"], error.context["responseText"]]).toEqual([403, body]);
    expect(client.readyState).toBe("closed");
  });

  test("of a handshake that is refused, over WebSocket", async () => {
    const { url } = await startEngine(everwire, { allowRequest: (_request, answer) => answer("no", false) });
    const client = connect(peer, url, { transports: ["websocket"] });
    const [error] = await once<[Error & { description: { message: string } }]>(client, "error");
    expect([error.message, error.description.message]).toEqual(["websocket error", "Unexpected server response: 400"]);
  });

  test("of a poll", async () => {
    const { client, session } = await pair(peer, { transports: ["polling"] });
    await until(() => session.transport.writable, "the poll");
    // The next poll names a session that nobody knows.
    client.transport.query["sid"] = "nobody";
    session.send("a");
    const [reason, error] = await once<[string, Error]>(client, "close");
    expect([reason, error.message]).toEqual(["transport error", "xhr poll error"]);
  });

  test("makes it try the other transports where that is asked for", async () => {
    const { url } = await startEngine(everwire, { transports: ["websocket"] });
    const client = connect(peer, url, { transports: ["polling", "websocket"], tryAllTransports: true });
    const seen = journal(client, ["error"]);
    await once(client, "open");
    expect([client.transport.name, seen]).toEqual(["websocket", []]);
  });

  test("ends it where all transports failed", async () => {
    const client = connect(peer, "http://127.0.0.1:1", {
      transports: ["polling", "websocket"],
      tryAllTransports: true,
    });
    const seen = journal(client, ["error", "close"]);
    await once(client, "close");
    expect(seen.map(([event, value]) => (value instanceof Error ? [event, value.message] : [event, value]))).toEqual([
      ["error", "websocket error"],
      ["close", "transport error"],
    ]);
  });

  test.each([
    ["polling", "xhr poll error"],
    ["websocket", "websocket error"],
  ])("to trust a certificate, over %s", async (transport, message) => {
    const { selfSigned } = await import("@everwire/testkit");
    const { port } = await startEngine(everwire, {}, { secure: selfSigned() });
    const client = connect(peer, `https://localhost:${port}`, { transports: [transport] });
    expect(((await once(client, "error"))[0] as Error).message).toBe(message);
    const trusting = connect(peer, `https://localhost:${port}`, { transports: [transport], rejectUnauthorized: false });
    await once(trusting, "open");
  });

  // The stock client's XMLHttpRequest for Node knows no timeout.
  if (peer.name === "everwire")
    test("of requestTimeout", async () => {
      const server = await raw();
      const client = connect(peer, server.url, { transports: ["polling"], requestTimeout: 30 });
      const [error] = await once<[Error]>(client, "error");
      expect(error.message).toBe("xhr poll error");
    });
});

describe.each(PEERS)("$name: fetch", (peer) => {
  test("carries a session", async () => {
    const { client, session } = await pair(peer, {
      transports: [peer.engineClient.Fetch],
      upgrade: false,
    });
    expect(client.transport.name).toBe("polling");
    const heard = once(session, "message");
    client.send("a");
    expect((await heard)[0]).toBe("a");
  });

  test("has errors of its own", async () => {
    const { url } = await startEngine(everwire, { allowRequest: (_request, answer) => answer("no", false) });
    const client = connect(peer, url, { transports: [peer.engineClient.Fetch] });
    const [error] = await once<[Error & { description: number; context: unknown }]>(client, "error");
    expect([error.message, error.description]).toEqual(["fetch read error", 403]);
    expect(error.context).toBeInstanceOf(Response);
  });

  test("has errors of its own when it writes", async () => {
    const { client } = await pair(peer, { transports: [peer.engineClient.Fetch] }, { maxHttpBufferSize: 5 });
    client.send("far too long");
    const [error] = await once<[Error & { description: number }]>(client, "error");
    expect([error.message, error.description]).toEqual(["fetch write error", 413]);
  });
});

describe.each(PEERS)("$name: cookies", (peer) => {
  const jar = async (setCookies: string[], options: SocketOptions): Promise<(string | undefined)[]> => {
    const seen: (string | undefined)[] = [];
    const started = await startEngine(
      everwire,
      {},
      {
        prepare: (engine) => {
          engine.on("initial_headers", (headers: Record<string, unknown>) => (headers["Set-Cookie"] = setCookies));
          engine.on("headers", (_headers, request) => seen.push(request.headers.cookie));
        },
      },
    );
    const client = connect(peer, started.url, options);
    await once(client, "open");
    client.send("a");
    await until(() => seen.length >= 2, "a second request");
    return seen.slice(0, 2);
  };

  test.each<[string[], string | undefined]>([
    [["a=1"], "a=1"],
    [["a=1; Path=/; HttpOnly"], "a=1"],
    [["a=1", "b=2"], "a=1; b=2"],
    [["a=b=c"], "a=b=c"],
    [["a=1; Max-Age=100"], "a=1"],
    [["a=1; max-age=100"], "a=1"],
    [["a=1; Max-Age=0"], undefined],
    [["a=1; Max-Age=-1"], undefined],
    [["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], undefined],
    [["a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT"], undefined],
    [["a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT"], "a=1"],
    [["a=1; Expires=nonsense"], undefined],
    [['a="1"'], "a=1"],
    [["nonsense"], undefined],
  ])("set by %o are sent back as %s", async (setCookies, cookie) => {
    const [first, second] = await jar(setCookies, { withCredentials: true, transports: ["polling"] });
    expect([first, second || undefined]).toEqual([undefined, cookie]);
  });

  test("are not kept unless asked for", async () => {
    expect(await jar(["a=1"], { transports: ["polling"] })).toEqual([undefined, undefined]);
  });

  test("go beside the user's own", async () => {
    const options = { withCredentials: true, transports: ["polling"], extraHeaders: { cookie: "own=1" } };
    expect(await jar(["a=1"], options)).toEqual(["own=1", peer.name === "stock" ? "a=1" : "own=1; a=1"]);
  });

  test("go with the upgrade too", async () => {
    const [, second] = await jar(["a=1"], { withCredentials: true });
    expect(second).toBe("a=1");
  });
});
