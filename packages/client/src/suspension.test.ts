// What sockets and their manager do while the session below is suspended; the session itself is in engine/session-resume.test.ts.
import { afterEach, describe, expect, it, vi } from "vitest";
import { io } from "./lookup.js";
import { closeAll, event, startRawEngine, track, until, type RawEngine } from "./engine/raw-engine.test.node.js";
import { TERMS, onClock } from "./engine/resumable.test.node.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import type { Socket } from "./socket.js";
import { TestClock } from "@everwire/testkit";

interface Scene {
  server: RawEngine;
  socket: Socket;
  clock: TestClock;
}

afterEach(closeAll);

async function connected(options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Scene> {
  const server = await startRawEngine({ handshake: { resume: TERMS } });
  const clock = new TestClock();
  const socket = onClock(clock, () =>
    io(server.url, { forceNew: true, transports: ["websocket"], resume: true, ...options }),
  );
  track({ close: () => socket.disconnect() });
  await until(() => server.packets.includes("40"));
  server.send('40{"sid":"me"}');
  await until(() => socket.connected);
  server.packets.length = 0;
  server.received = 1;
  return { server, socket, clock };
}

async function suspend({ server, socket }: Scene): Promise<unknown[]> {
  const suspended = event(socket.io, "suspend");
  server.webSocket?.terminate();
  return suspended;
}

async function resume({ socket, clock }: Scene): Promise<unknown[]> {
  const resumed = event(socket.io, "resume");
  clock.advance(0);
  return resumed;
}

describe("a socket whose session is suspended", () => {
  it("stays connected, and what it emits leaves in order when the session is back", async () => {
    const scene = await connected();
    const { server, socket } = scene;
    const seen = vi.fn();
    for (const name of ["connect", "disconnect", "connect_error"] as const) socket.on(name, seen);
    for (const name of ["close", "error", "open", "reconnect_attempt"] as const) socket.io.on(name, seen);
    expect((await suspend(scene))[0]).toBe("transport close");
    expect([socket.connected, socket.active, socket.id, socket.io.engine.readyState]).toEqual([
      ...[true, true, "me", "suspended"],
    ]);
    socket.emit("a");
    socket.emit("b", Buffer.from([1]));
    socket.volatile.emit("dropped");
    expect(socket.sendBuffer).toEqual([]);
    expect(await resume(scene)).toEqual([{ replayed: 0 }]);
    await until(() => server.packets.length === 3);
    expect(server.packets).toEqual(['42["a"]', '451-["b",{"_placeholder":true,"num":0}]', Buffer.from([1])]);
    expect(seen).not.toHaveBeenCalled();
  });

  it("gets the answer that it waited for, once", async () => {
    const scene = await connected();
    const { server, socket } = scene;
    const answer = vi.fn();
    socket.emit("ask", answer);
    await until(() => server.packets.length === 1);
    await suspend(scene);
    server.webSocket = undefined;
    server.received = 2;
    server.send('430["yes"]');
    await resume(scene);
    await until(() => answer.mock.calls.length === 1);
    expect(answer).toHaveBeenCalledExactlyOnceWith("yes");
  });

  it("times out as if nothing had happened", async () => {
    const scene = await connected();
    const { socket, clock } = scene;
    await suspend(scene);
    await scene.server.close();
    const asked = socket.timeout(100).emitWithAck("ask");
    clock.advance(100);
    await expect(asked).rejects.toThrow("operation has timed out");
  });

  it("does not send again what was volatile", async () => {
    const scene = await connected();
    const { server, socket } = scene;
    socket.volatile.emit("v", Buffer.from([1]));
    await until(() => server.packets.length === 2);
    socket.emit("a");
    await until(() => server.packets.length === 3);
    await suspend(scene);
    server.packets.length = 0;
    expect(await resume(scene)).toEqual([{ replayed: 1 }]);
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["6+2", '42["a"]']);
  });

  it("that disconnects closes the session at once", async () => {
    const scene = await connected();
    const { socket, clock } = scene;
    await suspend(scene);
    const disconnected = event(socket, "disconnect");
    socket.disconnect();
    expect((await disconnected)[0]).toBe("io client disconnect");
    expect([socket.io.engine.readyState, clock.timers]).toEqual(["closed", 0]);
  });

  it("hears of the end, with its reason, and connects anew", async () => {
    const scene = await connected({ resume: { windowMs: 500 }, reconnectionDelay: 10, randomizationFactor: 0 });
    const { server, socket, clock } = scene;
    await suspend(scene);
    const disconnected = event(socket, "disconnect");
    server.options.ws = {};
    Object.defineProperty(server, "resumed", { value: "" });
    clock.advance(500);
    expect(await disconnected).toEqual(["session expired", undefined]);
    const reconnected = event(server, "websocket");
    clock.advance(10);
    await reconnected;
    await until(() => server.packets.includes("40"));
  });

  it("does not notice when its session is too old for the clock", async () => {
    const scene = await connected();
    const { server, socket } = scene;
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + 45_001);
    const suspended = event(socket.io, "suspend");
    socket.volatile.emit("dropped");
    socket.emit("kept");
    expect(socket.sendBuffer).toEqual([]);
    await suspended;
    clock.mockRestore();
    await resume(scene);
    await until(() => server.packets.length === 1);
    expect(server.packets).toEqual(['42["kept"]']);
  });
});
