// Every disconnect reason of docs/errors.md, provoked for real: what each side is told, by name and number, and what our client then
// does: it comes back by itself, or stays away until it is told to connect.
import { type Socket as Client, io as connectTo } from "@everwire/client";
import { CLIENT_DISCONNECT_REASONS, findReason as findOfClient } from "@everwire/client/reasons";
import { findReason, SERVER_DISCONNECT_REASONS, type Socket } from "@everwire/server";
import { once, startFaultProxy, turns, until, type FaultProxy } from "@everwire/testkit";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { serverUnderTest, type ServerUnderTest } from "./support.js";

interface Pair extends ServerUnderTest {
  readonly proxy: FaultProxy;
  readonly page: Client;
  readonly served: Socket;
}

const told = { server: new Set<string>(), client: new Set<string>() };

type ServerOptions = Parameters<typeof serverUnderTest>[0];
type ClientOptions = Parameters<typeof connectTo>[1];

/** A server, a proxy, and a connected client of ours, which is quick to come back. */
async function pair(options: ServerOptions = {}, clientOptions: ClientOptions = {}): Promise<Pair> {
  const started = await serverUnderTest(options);
  const proxy = await startFaultProxy(started.port);
  onTestFinished(() => proxy.close());
  const connection = once<[Socket]>(started.io, "connection");
  const page = connectTo(proxy.url, {
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 20,
    transports: ["websocket"],
    ...clientOptions,
  });
  onTestFinished(() => void page.disconnect());
  await once(page, "connect");
  const [served] = await connection;
  return { ...started, proxy, page, served };
}

async function ofServer(served: Socket, name: keyof typeof SERVER_DISCONNECT_REASONS): Promise<void> {
  const [reason] = await once<[string]>(served, "disconnect", { timeoutMs: 15_000 });
  expect(reason).toBe(name);
  expect(findReason(SERVER_DISCONNECT_REASONS, reason)).toMatchObject({ name, code: expect.any(Number) as number });
  told.server.add(reason);
}

/** Also what the client does about it. */
async function ofClient({ page }: Pair, name: keyof typeof CLIENT_DISCONNECT_REASONS): Promise<void> {
  let attempts = 0;
  page.io.on("reconnect_attempt", () => (attempts += 1));
  const [reason] = await once<[string]>(page, "disconnect", { timeoutMs: 15_000 });
  expect(reason).toBe(name);
  const known = findOfClient(CLIENT_DISCONNECT_REASONS, reason);
  expect(known).toMatchObject({ name, code: expect.any(Number) as number });
  told.client.add(reason);
  // A Manager that was closed leaves its sockets as they are: it is the Manager that does not come back.
  if (name !== "forced close") expect(page.active).toBe(known?.reconnects);
  if (known?.reconnects === true) {
    await once(page, "connect", { timeoutMs: 15_000 });
    expect(attempts).toBeGreaterThan(0);
    return;
  }
  await turns(20);
  expect([attempts, page.connected]).toEqual([0, false]);
  // It is for the application to say when.
  page.connect();
  await once(page, "connect");
}

describe("both sides are told, with the same numbers as in the documentation", () => {
  test("when the client leaves its namespace", async () => {
    const both = await pair();
    const ends = [ofServer(both.served, "client namespace disconnect"), ofClient(both, "io client disconnect")];
    both.page.disconnect();
    await Promise.all(ends);
  });

  test("when the server puts the client out", async () => {
    const both = await pair();
    const ends = [ofServer(both.served, "server namespace disconnect"), ofClient(both, "io server disconnect")];
    both.served.disconnect();
    await Promise.all(ends);
  });

  test("when the server closes the session", async () => {
    const both = await pair();
    const ends = [ofServer(both.served, "forced close"), ofClient(both, "transport close")];
    both.served.conn.close();
    await Promise.all(ends);
  });

  test("when the client closes its connection", async () => {
    const both = await pair();
    const ends = [ofServer(both.served, "transport close"), ofClient(both, "forced close")];
    both.page.io.disconnect();
    await Promise.all(ends);
  });

  test("when the client's session is closed under its Manager, which opens another", async () => {
    const { page, served } = await pair();
    const ends = [ofServer(served, "transport close"), once<[string]>(page, "disconnect")] as const;
    page.io.engine.close();
    const [, [reason]] = await Promise.all(ends);
    expect([reason, page.active]).toEqual(["forced close", true]);
    await once(page, "connect");
  });

  test("when the connection breaks with an error", async () => {
    const both = await pair({ resume: false }, { transports: ["polling"] });
    const ends = [ofServer(both.served, "transport error"), ofClient(both, "transport error")];
    // The poll that waits is cut.
    await until(() => both.served.conn.transport.writable, "a poll");
    both.proxy.cut();
    await Promise.all(ends);
  });

  test("when neither hears of the other any more", async () => {
    const both = await pair({ resume: false, pingInterval: 300, pingTimeout: 300 });
    const end = ofClient(both, "ping timeout");
    const ended = ofServer(both.served, "ping timeout");
    both.proxy.freeze();
    await ended;
    both.proxy.thaw();
    await end;
  });

  test("when the server sends what is no packet", async () => {
    const both = await pair();
    const end = ofClient(both, "parse error");
    both.served.conn.send("9");
    await end;
  });

  test("when the client sends what is no packet", async () => {
    const { io, client } = await serverUnderTest();
    const connection = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const end = ofServer((await connection)[0], "parse error");
    socket.send("9");
    await end;
  });

  test("when the client does not read fast enough", async () => {
    const both = await pair({ maxBufferedBytes: 10_000, resume: false });
    const ends = [ofServer(both.served, "buffer overflow"), ofClient(both, "transport close")];
    both.served.emit("large", "x".repeat(20_000));
    await Promise.all(ends);
  });

  test("when the server does not read fast enough", async () => {
    const both = await pair({}, { maxBufferedBytes: 10_000 });
    const end = ofClient(both, "buffer overflow");
    both.page.emit("large", "x".repeat(9_000));
    both.page.emit("large", "x".repeat(9_000));
    await end;
  });

  test("when the client sends too much", async () => {
    const both = await pair({ maxMessagesPerSecond: 5 });
    const ends = [ofServer(both.served, "too many messages"), ofClient(both, "transport close")];
    for (let i = 0; i < 50; i++) both.page.emit("say", i);
    await Promise.all(ends);
  });

  test("when the client breaks the protocol while something is on its way to it", async () => {
    const { io, client } = await serverUnderTest();
    const connection = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    await polling.packets();
    const [served] = await connection;
    served.emit("waits");
    const end = ofServer(served, "forced server close");
    // It is in that namespace already.
    await polling.push("40");
    await end;
    polling.release();
  });

  test("when the server shuts down", async () => {
    const both = await pair();
    const other = await serverUnderTest();
    const ends = [ofServer(both.served, "server shutting down"), ofClient(both, "transport close")];
    both.proxy.aim(other.port);
    await both.io.drain({ batch: 10, intervalMs: 1 });
    await Promise.all(ends);
  });

  test("when the client is away for longer than its window, and the server's", async () => {
    const both = await pair({ resume: { windowMs: 300 } }, { resume: { windowMs: 100 } });
    const end = ofClient(both, "session expired");
    const ended = ofServer(both.served, "session expired");
    both.proxy.set({ refuse: true });
    both.proxy.cut();
    await ended;
    both.proxy.set({ refuse: false });
    await end;
  });

  test("when the client comes back to another server", async () => {
    const both = await pair();
    const other = await serverUnderTest();
    const end = ofClient(both, "session unknown");
    both.proxy.aim(other.port);
    both.proxy.cut();
    await end;
  });
});

describe.each(["websocket", "polling"])("a client that is closed over %s finds in the details why", (transport) => {
  test.each<[string, ServerOptions, (pair: Pair) => unknown]>([
    [
      "too many messages",
      { maxMessagesPerSecond: 5 },
      ({ page }) => Array.from({ length: 50 }, () => page.emit("say")),
    ],
    ["server shutting down", {}, ({ io }) => io.drain({ batch: 10, intervalMs: 1 })],
  ])("%s", async (why, options, provoke) => {
    const both = await pair(options, { transports: [transport], reconnection: false });
    if (transport === "polling") await until(() => both.served.conn.transport.writable, "a poll");
    const end = once<[string, { context: string | { reason: string } }]>(both.page, "disconnect", {
      timeoutMs: 15_000,
    });
    await provoke(both);
    const [reason, { context }] = await end;
    expect([reason, typeof context === "string" ? context : context.reason]).toEqual(["transport close", why]);
  });
});

afterAll(() => {
  // Only a client can find that its session is unknown.
  const ofServers = Object.keys(SERVER_DISCONNECT_REASONS).filter((name) => name !== "session unknown");
  expect([...told.server].sort()).toEqual(ofServers.sort());
  expect([...told.client].sort()).toEqual(Object.keys(CLIENT_DISCONNECT_REASONS).sort());
});
