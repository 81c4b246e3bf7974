// Session resume of sessions that have moved to WebTransport, over real sessions: what breaks them, what ends them, and how they come back
// over another transport (docs/PROTOCOL.md, "Session resume").
import type { AddressInfo } from "node:net";
import { io as connect, type Socket } from "@everwire/client";
import type { Socket as ServerSocket } from "@everwire/server";
import type { Socket as Session } from "@everwire/server/engine";
import { type FaultProxy, once, startFaultProxy, streamFrame as frame, turns, until } from "@everwire/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { CLIENT_OPTIONS } from "../support/webtransport-server.js";
import { installWebTransport, RawWebTransport, serveWebTransport } from "../support/webtransport.js";
import { ENGINE_PATH, engineUnderTest, serverUnderTest } from "./support.js";

interface Moved {
  readonly session: Session;
  readonly raw: RawWebTransport;
  readonly proxy: FaultProxy;
  /** The reasons with which it was suspended or closed. */
  readonly log: string[];
  back(received: number): Promise<{ open: { resume: { received: number } }; rest: string[] }>;
}

/** A session that was opened over polling and moved to WebTransport by hand. */
async function moved(): Promise<Moved> {
  const { engine, client, nextSession } = await engineUnderTest({
    transports: ["polling", "websocket", "webtransport"],
  });
  const server = await serveWebTransport(engine, ENGINE_PATH);
  const proxy = await startFaultProxy(server.port);
  onTestFinished(() => proxy.close());
  const connected = nextSession();
  const polling = await client.polling({ query: { ew: "1" } });
  const session = await connected;
  const raw = await RawWebTransport.connect(`https://127.0.0.1:${String(proxy.port)}${ENGINE_PATH}`);
  await raw.open(frame(`0${JSON.stringify({ sid: polling.sid })}`));
  await raw.send("2probe");
  expect(await raw.next()).toBe("3probe");
  const upgraded = once(session, "upgrade");
  await raw.send("5");
  await upgraded;
  const log: string[] = [];
  for (const event of ["suspend", "close"]) session.on(event, (reason: string) => log.push(`${event}: ${reason}`));
  return {
    session,
    raw,
    proxy,
    log,
    back: async (received) => {
      const socket = await client.socket({ ew: "1", sid: polling.sid, resume: String(received), leg: "1" });
      const open = JSON.parse((await socket.nextText()).slice(1)) as { resume: { received: number } };
      const rest: string[] = [];
      while (rest.at(-1) !== "4end") rest.push(await socket.nextText());
      return { open, rest };
    },
  };
}

describe("a session that has moved to WebTransport", () => {
  test.each<[string, (moved: Moved) => unknown]>([
    ["its connection is reset", ({ proxy }) => proxy.cut()],
    ["its connection is ended by something on the way", ({ proxy }) => proxy.fin()],
    ["its stream is reset", ({ raw }) => raw.stream.abort()],
    ["its session is closed with a code", ({ raw }) => raw.session.close({ closeCode: 1, reason: "" })],
  ])("waits for its client when %s, and goes on over another transport", async (_what, step) => {
    const one = await moved();
    const { session, raw, log } = one;
    await raw.send("4a");
    session.send("b");
    expect(await raw.next()).toBe("4b");
    const suspended = once(session, "suspend");
    await step(one);
    await suspended;
    session.send("c");
    session.send("end");
    const { open, rest } = await one.back(0);
    expect([open.resume.received, rest]).toEqual([1, ["4b", "4c", "4end"]]);
    await turns(5);
    expect([session.readyState, log]).toEqual(["open", ["suspend: transport close"]]);
  });

  test.each<[string, (moved: Moved) => unknown]>([
    ["closes the session", ({ raw }) => raw.session.close()],
    ["ends its stream", ({ raw }) => raw.stream.finish()],
    ["sends a close packet", ({ raw }) => raw.send("1")],
  ])("ends when the client %s", async (_what, step) => {
    const one = await moved();
    await step(one);
    await until(() => one.log.length > 0, "the end");
    expect(one.log).toEqual(["close: transport close"]);
  });

  test("is not closed with code 0 for a client that has taken it up elsewhere", async () => {
    const one = await moved();
    one.session.send("end");
    await one.back(0);
    expect(await one.raw.session.closed).toMatchObject({ closeCode: 1 });
    expect(one.log).toEqual(["suspend: transport close"]);
  });
});

describe("our client", () => {
  async function connected() {
    const { io, httpServer, url } = await serverUnderTest({ transports: ["polling", "websocket", "webtransport"] });
    const sessions = await serveWebTransport(io.engine, io.path() + "/");
    const proxy = await startFaultProxy(sessions.port);
    onTestFinished(() => proxy.close());
    const port = String((httpServer.address() as AddressInfo).port);
    onTestFinished(installWebTransport((from) => (from === port ? proxy.port : undefined)));
    const arrived = once<[ServerSocket]>(io, "connection");
    const socket: Socket = connect(url, {
      forceNew: true,
      resume: true,
      transports: ["polling", "webtransport"],
      transportOptions: { webtransport: CLIENT_OPTIONS },
    });
    onTestFinished(() => void socket.disconnect());
    const log: string[] = [];
    socket.on("disconnect", (reason) => log.push(`disconnect: ${reason}`));
    socket.io.on("suspend", () => log.push("suspend"));
    socket.io.on("resume", () => {
      log.push(`resume over ${socket.io.engine.transport.name}, ${String(sessions.sessions.length)} of WebTransport`);
    });
    const [peer] = await arrived;
    await until(() => socket.io.engine.transport.name === "webtransport", "the upgrade");
    await until(() => peer.conn.transport.name === "webtransport", "the upgrade on the server");
    return { socket, peer, proxy, log };
  }

  test("has its session back over polling, with nothing lost, when the connection of WebTransport is destroyed", async () => {
    const { socket, peer, proxy, log } = await connected();
    const got: [string, number][] = [];
    peer.on("n", (n: number) => got.push(["server", n]));
    socket.on("n", (n: number) => got.push(["client", n]));
    socket.emit("n", 0);
    peer.emit("n", 0);
    await until(() => got.length === 2, "the first messages");
    const { id } = socket;
    const suspended = once(socket.io, "suspend");
    // On their way when it breaks.
    proxy.freeze();
    socket.emit("n", 1);
    peer.emit("n", 1);
    await turns(3);
    proxy.cut();
    await suspended;
    proxy.thaw();
    socket.emit("n", 2);
    peer.emit("n", 2);
    await until(() => got.length === 6, "what was sent meanwhile");
    for (const side of ["client", "server"])
      expect(got.filter(([name]) => name === side).map(([, n]) => n)).toEqual([0, 1, 2]);
    expect([socket.id, peer.connected, log]).toEqual([id, true, ["suspend", "resume over polling, 1 of WebTransport"]]);
  });

  test("is told by the server's close that the session is over", async () => {
    const { socket, peer, log } = await connected();
    socket.io.reconnection(false);
    const disconnected = once(socket, "disconnect");
    peer.conn.close();
    await disconnected;
    expect(log).toEqual(["disconnect: transport close"]);
  });
});
