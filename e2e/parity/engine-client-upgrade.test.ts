// The engine client moves from polling to WebSocket: what it tells, what may go wrong, and that no message is lost or out of order.
import { describe, expect, test } from "vitest";
import { once, turns, until } from "@everwire/testkit";
import type { SocketOptions } from "@everwire/client/engine";
import { startEngine } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { connect, everwire, journal, pair } from "./support/engine-client.js";

describe.each(PEERS)("$name: an upgrade", (peer) => {
  test("is told, and moves the session", async () => {
    const { url } = await startEngine(everwire);
    const client = connect(peer, url);
    const seen: unknown[] = [];
    client.on("upgrading", (transport) => seen.push(["upgrading", transport.name, client.transport.name]));
    client.on("upgrade", (transport) => seen.push(["upgrade", transport.name, client.transport === transport]));
    await once(client, "upgrade");
    expect(seen).toEqual([
      ["upgrading", "websocket", "polling"],
      ["upgrade", "websocket", true],
    ]);
    expect(peer.engineClient.Socket.priorWebsocketSuccess).toBe(true);
  });

  test("keeps messages in order, both ways", async () => {
    const started = await startEngine(everwire);
    const opened = started.session();
    const client = connect(peer, started.url);
    const session = await opened;
    const toServer: unknown[] = [];
    const toClient: unknown[] = [];
    session.on("message", (data) => toServer.push(data));
    client.on("message", (data) => toClient.push(data));
    await once(client, "open");
    let count = 0;
    const timer = setInterval(() => {
      client.send(`${count}`);
      session.send(`${count++}`);
    }, 1);
    await once(client, "upgrade");
    clearInterval(timer);
    await until(() => toServer.length === count && toClient.length === count, "all messages");
    const expected = Array.from({ length: count }, (_, index) => `${index}`);
    expect([toServer, toClient]).toEqual([expected, expected]);
  });

  test.each<[string, SocketOptions, EngineOptions]>([
    ["the client does not want it", { upgrade: false }, {}],
    ["the client has no other transport", { transports: ["polling"] }, {}],
    ["the server offers none", {}, { allowUpgrades: false }],
  ])("does not come when %s", async (_why, options, engineOptions) => {
    const { client, session } = await pair(peer, options, engineOptions);
    let count = 0;
    client.on("upgrading", () => count++);
    const heard = once(session, "message");
    client.send("a");
    await heard;
    await turns(10);
    expect([count, client.transport.name]).toEqual([0, "polling"]);
  });

  test("that fails is told, and the session goes on", async () => {
    const started = await startEngine(everwire);
    started.httpServer.removeAllListeners("upgrade");
    started.httpServer.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const opened = started.session();
    const client = connect(peer, started.url);
    const [error] = await once<[Error & { transport: string; type: string }]>(client, "upgradeError");
    expect([error.message, error.transport]).toEqual([
      expect.stringMatching(/^probe error: .*websocket error$/),
      "websocket",
    ]);
    const session = await opened;
    const heard = once(session, "message");
    client.send("a");
    expect((await heard)[0]).toBe("a");
    expect(client.transport.name).toBe("polling");
  });

  test("with a wrong answer to the probe", async () => {
    const { WebSocketServer } = await import("ws");
    const started = await startEngine(everwire);
    started.httpServer.removeAllListeners("upgrade");
    const wss = new WebSocketServer({ noServer: true });
    started.httpServer.on("upgrade", (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, (ws) => ws.on("message", () => ws.send("4a"))),
    );
    const client = connect(peer, started.url);
    const [error] = await once<[Error & { transport: string }]>(client, "upgradeError");
    expect([error.message.startsWith("probe error"), error.transport]).toEqual([true, "websocket"]);
    expect(client.readyState).toBe("open");
  });

  test("is remembered where that is asked for", async () => {
    const { url } = await startEngine(everwire);
    const first = connect(peer, url, { transports: ["polling", "websocket"], rememberUpgrade: true });
    await once(first, "upgrade");
    const second = connect(peer, url, { transports: ["polling", "websocket"], rememberUpgrade: true });
    expect(second.transport.name).toBe("websocket");
    await once(second, "open");
    const third = connect(peer, url, { transports: ["polling", "websocket"] });
    expect(third.transport.name).toBe("polling");
  });

  test("that is running when close() is called", async () => {
    const { url } = await startEngine(everwire);
    const client = connect(peer, url);
    const seen = journal(client, ["upgrade", "close"]);
    await once(client, "upgrading");
    client.close();
    expect(client.readyState).toBe("closing");
    const [reason] = await once<[string]>(client, "close");
    expect(reason).toBe("forced close");
    expect(seen.map(([event]) => event)).toEqual(["upgrade", "close"]);
  });

  test("that has ended when close() is called", async () => {
    const { url } = await startEngine(everwire);
    const client = connect(peer, url);
    await once(client, "upgrade");
    const closed = once(client, "close");
    client.close();
    expect((await closed)[0]).toBe("forced close");
  });
});
