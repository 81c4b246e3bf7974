// Our client's half of session resume (docs/PROTOCOL.md, "Session resume") with our server, through a network that breaks. What the
// server does by itself is in resume.test.ts, what the client does in its own package: here both have to agree.
import type { AddressInfo } from "node:net";
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from "@everwire/client";
import type { Socket as ServerSocket } from "@everwire/server";
import { type FaultProxy, once, startFaultProxy, type StartServerOptions, TestClock, until } from "@everwire/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { serverUnderTest, type ServerUnderTest } from "./support.js";

interface Scene extends ServerUnderTest {
  proxy: FaultProxy;
  socket: Socket;
  peer: ServerSocket;
  /** What the client and its server got of the event "n". */
  got: { client: number[]; server: number[] };
  /** Names of what must not happen, or be told. */
  seen: string[];
}

interface SceneOptions {
  server?: StartServerOptions;
  client?: Partial<ManagerOptions & SocketOptions>;
  clock?: TestClock;
}

async function connected({ server = {}, client = {}, clock }: SceneOptions = {}): Promise<Scene> {
  const started = await serverUnderTest(server);
  const proxy = await startFaultProxy((started.httpServer.address() as AddressInfo).port);
  onTestFinished(() => proxy.close());
  const got = { client: [] as number[], server: [] as number[] };
  const arrived = once<[ServerSocket]>(started.io, "connection");
  if (clock !== undefined) {
    vi.stubGlobal("setTimeout", (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs));
    vi.stubGlobal("clearTimeout", (timer: unknown) => clock.clearTimeout(timer));
  }
  const socket = connect(proxy.url, { forceNew: true, reconnectionDelay: 1, resume: true, ...client });
  vi.unstubAllGlobals();
  onTestFinished(() => void socket.disconnect());
  const seen: string[] = [];
  socket.on("disconnect", (reason) => seen.push(`disconnect: ${reason}`));
  socket.io.on("suspend", () => seen.push("suspend"));
  socket.io.on("resume", () => seen.push("resume"));
  socket.on("n", (n: number) => got.client.push(n));
  const [peer] = await arrived;
  peer.on("n", (n: number) => got.server.push(n));
  await until(() => socket.connected, "the client's connect");
  return { ...started, proxy, socket, peer, got, seen };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const resumes = ({ seen }: Scene): number => seen.filter((name) => name === "resume").length;
const disconnects = ({ seen }: Scene): string[] => seen.filter((name) => name.startsWith("disconnect"));

describe.each([["polling"], ["websocket"]])("over %s, a session", (transport) => {
  const client = { transports: [transport], resume: true };

  it("goes on after the connection was reset", async () => {
    const scene = await connected({ client });
    const { socket, peer, proxy, got } = scene;
    const { id } = socket;
    peer.emit("n", 0);
    socket.emit("n", 0);
    await until(() => got.client.length === 1 && got.server.length === 1, "the first messages");
    const suspended = once(socket.io, "suspend");
    proxy.cut();
    await suspended;
    expect([socket.connected, socket.io.engine.readyState, socket.io.engine.writable]).toEqual([
      true,
      "suspended",
      false,
    ]);
    socket.emit("n", 1);
    socket.volatile.emit("n", 99);
    peer.emit("n", 1);
    await until(() => got.client.length === 2 && got.server.length === 2, "what was sent meanwhile");
    expect(got).toEqual({ client: [0, 1], server: [0, 1] });
    expect([socket.id, peer.connected, socket.io.engine.transport.name]).toEqual([id, true, transport]);
    expect(scene.seen).toEqual(["suspend", "resume"]);
  });

  it("goes on after the connection was ended by something on the way", async () => {
    const scene = await connected({ client });
    const { socket, peer, proxy, got } = scene;
    proxy.fin();
    await until(() => resumes(scene) > 0, "a resume");
    socket.emit("n", 0);
    peer.emit("n", 0);
    await until(() => got.client.length === 1 && got.server.length === 1, "messages");
    expect(disconnects(scene)).toEqual([]);
  });

  it("loses and doubles nothing while it breaks again and again under load", async () => {
    const scene = await connected({ client });
    const { socket, peer, proxy, got } = scene;
    const count = 300;
    for (const n of numbers(count)) {
      socket.emit("n", n, "x".repeat(n));
      peer.emit("n", n, Buffer.alloc(n));
      if (n % 60 !== 59) continue;
      await until(() => got.client.length > n - 40 && got.server.length > n - 40, "messages before the next cut");
      proxy.cut();
      // A cut between two polls goes unnoticed.
      await until(() => scene.socket.io.engine.readyState === "open", "the session");
    }
    await until(() => got.client.length >= count && got.server.length >= count, "every message");
    expect(got).toEqual({ client: numbers(count), server: numbers(count) });
    expect(disconnects(scene)).toEqual([]);
  });

  it("breaks at any byte and loses nothing", async () => {
    const scene = await connected({ client });
    const { socket, peer, proxy, got } = scene;
    const count = 400;
    proxy.set({ resetAfterBytes: 6_000, sliceBytes: 700 });
    for (const n of numbers(count)) {
      socket.emit("n", n, "x".repeat(50));
      peer.emit("n", n, Buffer.alloc(50));
      // Never more on its way than can get through.
      await until(() => got.client.length > n - 20 && got.server.length > n - 20, "what was sent before");
    }
    proxy.set({ resetAfterBytes: 0 });
    await until(() => got.client.length >= count && got.server.length >= count, "every message", { timeoutMs: 15_000 });
    expect(got).toEqual({ client: numbers(count), server: numbers(count) });
    expect(disconnects(scene)).toEqual([]);
    expect(resumes(scene)).toBeGreaterThan(2);
  });

  it("notices a connection that is dead in silence within seconds, and goes on", async () => {
    const clock = new TestClock();
    const scene = await connected({ client, clock });
    const { socket, peer, proxy, got } = scene;
    proxy.freeze();
    socket.emit("n", 0);
    peer.emit("n", 0);
    await new Promise(setImmediate);
    const suspended = once(socket.io, "suspend");
    clock.advance(10_000);
    expect(await suspended).toEqual(["ping timeout", undefined]);
    proxy.thaw();
    const resumed = once(socket.io, "resume");
    await until(() => {
      clock.advance(20);
      return resumes(scene) > 0;
    }, "a resume");
    await resumed;
    await until(() => got.client.length === 1 && got.server.length === 1, "what was lost on the way");
    expect(got).toEqual({ client: [0], server: [0] });
    expect(disconnects(scene)).toEqual([]);
  });

  it("keeps acknowledgements that are under way, in both directions", async () => {
    const scene = await connected({ client });
    const { socket, peer, proxy } = scene;
    const held: (() => void)[] = [];
    peer.on("ask", (answer: (text: string) => void) => held.push(() => answer("from the server")));
    socket.on("ask", (answer: (text: string) => void) => held.push(() => answer("from the client")));
    const answers = Promise.all([socket.emitWithAck("ask"), peer.emitWithAck("ask")]);
    await until(() => held.length === 2, "both questions");
    const suspended = once(socket.io, "suspend");
    proxy.cut();
    await suspended;
    for (const answer of held) answer();
    expect(await answers).toEqual(["from the server", "from the client"]);
  });

  it("that the server gave up is closed with the reason, and connected anew", async () => {
    const scene = await connected({ client, server: { resume: { windowMs: 1 } } });
    const { socket, proxy, peer } = scene;
    const { id } = socket;
    const gone = once(peer, "disconnect");
    proxy.set({ refuse: true });
    proxy.cut();
    expect((await gone)[0]).toBe("session expired");
    // The client keeps to the window of the server as well, or hears of it.
    proxy.set({ refuse: false });
    await until(() => socket.connected && socket.id !== id, "a new connection");
    expect(disconnects(scene)[0]).toMatch(/session (expired|unknown)$/);
    expect(socket.recovered).toBe(false);
  });

  it("is a plain one where either side wants it so", async () => {
    for (const options of [{ client: { ...client, resume: false as const } }, { client, server: { resume: false } }]) {
      const scene = await connected(options);
      scene.proxy.cut();
      await until(() => scene.seen.length > 0, "a disconnect");
      expect(scene.seen[0]).toMatch(/^disconnect: transport/);
    }
  });
});

describe("a session whose WebSocket is blocked on the way", () => {
  it("goes on over polling, and moves up again when it can", async () => {
    const clock = new TestClock();
    const scene = await connected({ clock });
    const { socket, peer, proxy, got, io } = scene;
    let isBlocked = false;
    io.engine.use((request, _response, next) => {
      next(isBlocked && /transport=websocket/.test(request.url ?? "") ? new Error("blocked") : undefined);
    });
    const { engine } = socket.io;
    await until(() => engine.transport.name === "websocket", "the upgrade");
    isBlocked = true;
    const failed = once(engine, "upgradeError");
    proxy.cut();
    await until(() => {
      clock.advance(20);
      return resumes(scene) === 1;
    }, "a resume");
    expect(engine.transport.name).toBe("polling");
    socket.emit("n", 0);
    peer.emit("n", 0);
    await until(() => got.client.length === 1 && got.server.length === 1, "messages by polling");
    await failed;
    isBlocked = false;
    clock.advance(10_000);
    await until(() => engine.transport.name === "websocket", "the upgrade after the block");
    socket.emit("n", 1);
    peer.emit("n", 1);
    await until(() => got.client.length === 2 && got.server.length === 2, "messages by WebSocket");
    expect(got).toEqual({ client: [0, 1], server: [0, 1] });
    expect(disconnects(scene)).toEqual([]);
  });
});

describe("a session that breaks while it is upgraded", () => {
  it("goes on from wherever it was, and loses nothing", async () => {
    for (const bytes of [200, 400, 600, 800, 1_000, 1_200, 1_500, 2_000]) {
      const scene = await connected({});
      const { socket, peer, proxy, got } = scene;
      proxy.set({ resetAfterBytes: bytes });
      for (const n of numbers(20)) {
        socket.emit("n", n);
        peer.emit("n", n);
        await new Promise(setImmediate);
      }
      proxy.set({ resetAfterBytes: 0 });
      await until(() => got.client.length >= 20 && got.server.length >= 20, `every message, cut at ${String(bytes)}`);
      expect(got).toEqual({ client: numbers(20), server: numbers(20) });
      expect(disconnects(scene)).toEqual([]);
    }
  });
});
