// A session that was suspended and did not come back in time, and then connection state recovery: what the client missed in the one
// and the other arrives once and in order, or it is told that it starts anew.
import type { AddressInfo } from "node:net";
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from "@everwire/client";
import type { Socket as ServerSocket } from "@everwire/server";
import { type FaultProxy, once, startFaultProxy, type StartServerOptions, until } from "@everwire/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { serverUnderTest, type ServerUnderTest } from "./support.js";

const NAMESPACE = "/chat";

interface Scene extends ServerUnderTest {
  proxy: FaultProxy;
  socket: Socket;
  peer: ServerSocket;
  /** What the client got of the event "n" since it last started anew. */
  got: number[];
  /** `disconnect`s with their reasons, `connect`s with what they recovered. */
  seen: string[];
}

async function connected(
  server: StartServerOptions = {},
  client: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Scene> {
  // Between two polls there is no connection that could break: the server finds out by itself.
  const heartbeat = client.transports?.[0] === "polling" ? { pingInterval: 300, pingTimeout: 300 } : {};
  const started = await serverUnderTest({ connectionStateRecovery: {}, ...heartbeat, ...server });
  const proxy = await startFaultProxy((started.httpServer.address() as AddressInfo).port);
  onTestFinished(() => proxy.close());
  const arrived = once<[ServerSocket]>(started.io.of(NAMESPACE), "connection");
  const options = { forceNew: true, reconnectionDelay: 1, reconnectionDelayMax: 10, resume: true };
  const socket = connect(`${proxy.url}${NAMESPACE}`, { ...options, ...client });
  onTestFinished(() => void socket.disconnect());
  const seen: string[] = [];
  const got: number[] = [];
  socket.on("n", (n: number) => got.push(n));
  socket.on("disconnect", (reason) => seen.push(reason));
  const [peer] = await arrived;
  await until(() => socket.connected, "the client's connect");
  socket.on("connect", () => {
    if (!socket.recovered) got.splice(0);
    seen.push(socket.recovered ? "recovered" : "anew");
  });
  return { ...started, proxy, socket, peer, got, seen };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
/** The client has got event 0. */
async function hearFirst({ peer, got }: Scene): Promise<void> {
  peer.emit("n", 0);
  await until(() => got.length === 1, "the first event");
}

/** The line breaks, and nothing gets through before `proxy` is told so; the session waits. */
async function breakLine({ io, proxy }: Scene): Promise<void> {
  proxy.set({ refuse: true });
  proxy.cut();
  await until(() => io.engine.counters.suspended === 1, "the suspension");
}

const isOver = ({ io, seen }: Scene): boolean => io.of(NAMESPACE).sockets.size === 0 && seen.length > 0;

describe.each([["polling"], ["websocket"]])("over %s, a session that expired", (transport) => {
  const client = { transports: [transport] };

  it.each([
    ["before it had received anything", false],
    ["after its first event", true],
  ])("%s is recovered with all that was sent while it was suspended, and after", async (_when, isFirst) => {
    const scene = await connected({ resume: { windowMs: 100 } }, client);
    const { io, peer, proxy, got, seen } = scene;
    if (isFirst) {
      peer.emit("n", 0);
      await until(() => got.length === 1, "the first event");
    }
    const from = isFirst ? 1 : 0;
    await breakLine(scene);
    for (const n of numbers(from, 6)) peer.emit("n", n);
    await until(() => isOver(scene), "the end of the window on both sides");
    io.of(NAMESPACE).emit("n", 6);
    proxy.set({ refuse: false });
    await until(() => got.length === 7, "what was missed");
    expect(got).toEqual(numbers(0, 7));
    expect(seen.at(-1)).toBe("recovered");
    expect(seen).not.toContain("anew");
  });

  it("in the middle of what a resume sent again is recovered with the rest", async () => {
    const scene = await connected({ resume: { windowMs: 100 } }, client);
    const { io, peer, proxy, got, seen } = scene;
    await hearFirst(scene);
    await breakLine(scene);
    for (const n of numbers(1, 40)) peer.emit("n", n, Buffer.alloc(400));
    // Some of it gets through, and never all.
    proxy.set({ refuse: false, resetAfterBytes: 5_000, sliceBytes: 500 });
    await until(() => got.length > 1 || seen.length > 0, "a part of it");
    proxy.set({ refuse: true });
    proxy.cut();
    await until(() => isOver(scene), "the end of the window on both sides");
    proxy.set({ refuse: false, resetAfterBytes: 0, sliceBytes: 0 });
    // On a slow machine the window may be over before the first try, too: then it is recovered twice.
    await until(() => seen.at(-1) === "recovered" || seen.at(-1) === "anew", "the return");
    io.of(NAMESPACE).emit("n", 40);
    await until(() => got.at(-1) === 40, "the last event");
    expect(seen.at(-1)).toBe("recovered");
    expect(seen).not.toContain("anew");
    expect(got).toEqual(numbers(0, 41));
  });

  it("and whose recovery breaks off in the middle is recovered once more", async () => {
    const scene = await connected({ resume: { windowMs: 100 } }, client);
    const { io, proxy, got, seen } = scene;
    await hearFirst(scene);
    proxy.set({ refuse: true });
    proxy.cut();
    await until(() => isOver(scene), "the end of the window on both sides");
    for (const n of numbers(1, 60)) io.of(NAMESPACE).emit("n", n, Buffer.alloc(1_000));
    // Enough for a handshake, and for a part of what was missed.
    proxy.set({ refuse: false, resetAfterBytes: 20_000, sliceBytes: 1_000 });
    await until(() => io.engine.counters.suspended > 0 || seen.length > 1, "a recovery that broke off");
    proxy.set({ refuse: true });
    proxy.cut();
    await until(() => io.of(NAMESPACE).sockets.size === 0, "its end");
    proxy.set({ refuse: false, resetAfterBytes: 0, sliceBytes: 0 });
    await until(() => scene.socket.connected, "the return");
    io.of(NAMESPACE).emit("n", 60);
    await until(() => got.at(-1) === 60, "the last event");
    expect(seen).not.toContain("anew");
    expect(got).toEqual(numbers(0, 61));
  });

  it("and for which more waited than may is told that it starts anew", async () => {
    const scene = await connected({ resume: { windowMs: 60_000, maxBufferBytes: 2_000 } }, client);
    const { io, proxy, got, seen } = scene;
    await hearFirst(scene);
    await breakLine(scene);
    for (const n of numbers(1, 30)) io.of(NAMESPACE).emit("n", n, "x".repeat(500));
    await until(() => io.of(NAMESPACE).sockets.size === 0, "the end of the session");
    proxy.set({ refuse: false });
    await until(() => seen.length === 2, "the return");
    io.of(NAMESPACE).emit("n", 30);
    await until(() => got.length > 0, "the next event");
    expect([seen[1], got]).toEqual(["anew", [30]]);
  });

  it("is not said to be recovered when an event was on its way that nobody keeps", async () => {
    const scene = await connected({ resume: { windowMs: 100 } }, client);
    const { peer, proxy, got, seen } = scene;
    await hearFirst(scene);
    await breakLine(scene);
    peer.emit("asked", () => undefined);
    peer.emit("n", 1);
    await until(() => isOver(scene), "the end of the window on both sides");
    proxy.set({ refuse: false });
    await until(() => seen.length === 2, "the return");
    expect(seen[1]).toBe("anew");
    expect(got).toEqual([]);
  });
});
