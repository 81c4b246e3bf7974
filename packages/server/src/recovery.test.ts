import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { once, type RawSession } from "@everwire/testkit";
import { describe, expect, it, vi } from "vitest";
import { createPid, isRecoverable, readRecoveryRequest } from "./recovery.js";
import type { Socket } from "./socket.js";
import { serve, lose, untilConnected } from "../test/recoverable-session.js";
import { cleanups } from "../test/stock-client.js";

const nextEvent = async (wire: RawSession): Promise<unknown[]> =>
  JSON.parse((await wire.nextText()).slice(2)) as unknown[];

describe("connection state recovery", () => {
  it("gives the client a private id, and every storable event an offset", async () => {
    const { io, join } = await serve();
    const { wire, socket, answer } = await join();
    expect((await untilConnected(wire)).answer).toEqual(answer);
    expect(answer.pid).not.toBe(answer.sid);
    socket.emit("own", 1);
    io.emit("all");
    io.to("nowhere").emit("nobody");
    socket.emit("asked", "text", () => undefined);
    const events = [await nextEvent(wire), await nextEvent(wire)];
    expect(events).toEqual([
      ["own", 1, expect.any(String)],
      ["all", expect.any(String)],
    ]);
    expect(await wire.nextText()).toBe('420["asked","text"]');
  });

  it("brings back id, rooms and data, and sends what was missed before the answer", async () => {
    const { io, join } = await serve();
    const first = await join();
    await untilConnected(first.wire);
    void first.socket.join("r");
    first.socket.data.name = "kept";
    io.emit("seen");
    const offset = (await nextEvent(first.wire)).at(-1);
    await lose(first);
    io.emit("to all", Buffer.from("x"));
    io.to("r").emit("to its room");
    io.to("elsewhere").emit("to others");
    io.volatile.emit("volatile");
    const second = await join({ pid: first.answer.pid, offset });
    expect(second.socket).toMatchObject({ id: first.socket.id, recovered: true, data: { name: "kept" } });
    expect(second.socket.rooms).toEqual(new Set([first.socket.id, "r"]));
    expect(await second.wire.nextText()).toMatch(/^451-\["to all",/);
    expect(await second.wire.nextRaw()).toEqual(Buffer.from("x"));
    const { missed, answer } = await untilConnected(second.wire);
    expect(missed.map(([name]) => name)).toEqual(["to its room"]);
    expect(answer).toEqual(first.answer);
    expect(io.of("/").sockets.size).toBe(1);
  });

  it("works with a stock client, again and again", async () => {
    const { io, url } = await serve();
    const client: StockSocket = stockClient(url, { forceNew: true, reconnectionDelay: 1, reconnectionDelayMax: 5 });
    cleanups.push(() => client.disconnect());
    const heard: unknown[] = [];
    client.on("m", (n) => heard.push(n));
    const [first] = await once<[Socket]>(io, "connection");
    for (let n = 0; n < 3; n++) {
      const again = once<[Socket]>(io, "connection");
      const gone = once(client, "disconnect");
      const [socket] = [...io.of("/").sockets.values()];
      socket!.conn.close();
      await gone;
      io.emit("m", n);
      const back = once(client, "connect");
      const [next] = await again;
      expect([next.id, next.recovered]).toEqual([first.id, true]);
      await back;
      expect(client.recovered).toBe(true);
    }
    await vi.waitFor(() => expect(heard).toEqual([0, 1, 2]));
  });

  it.each([
    ["an unknown private id", { pid: "unknown", offset: "x" }],
    ["a private id that is no text", { pid: 7 }],
    ["a private id named __proto__", { pid: "__proto__", offset: "__proto__" }],
  ])("gives a plain new session for %s", async (_what, auth) => {
    const { join } = await serve();
    const { socket } = await join(auth);
    expect(socket.recovered).toBe(false);
  });

  it("gives a new session for an offset that never was", async () => {
    const { join } = await serve();
    const first = await join();
    await lose(first);
    const second = await join({ pid: first.answer.pid, offset: "hello" });
    expect([second.socket.recovered, second.socket.id === first.socket.id]).toEqual([false, false]);
    expect((await untilConnected(second.wire)).answer["pid"]).not.toBe(first.answer.pid);
  });

  it("recovers before the first event, and after a volatile one that ended in a text", async () => {
    const { io, join } = await serve();
    const first = await join();
    await untilConnected(first.wire);
    await lose(first);
    io.emit("missed");
    const second = await join({ pid: first.answer.pid });
    expect(second.socket.recovered).toBe(true);
    await untilConnected(second.wire);
    second.socket.volatile.emit("chat", "some text");
    const offset = (await nextEvent(second.wire)).at(-1);
    expect(offset).not.toBe("some text");
    await lose(second);
    const third = await join({ pid: first.answer.pid, offset });
    expect(third.socket.recovered).toBe(true);
    expect((await untilConnected(third.wire)).missed).toEqual([]);
  });

  it("does not recover when a packet with acknowledgement was missed, and does when it was answered", async () => {
    const { io, join } = await serve();
    const first = await join();
    await untilConnected(first.wire);
    const asked = first.socket.emitWithAck("ask");
    expect(await first.wire.nextText()).toBe('420["ask"]');
    first.wire.send('430["yes"]');
    await asked;
    await lose(first);
    const second = await join({ pid: first.answer.pid });
    expect(second.socket.recovered).toBe(true);
    second.socket.emit("ask", () => undefined);
    await lose(second);
    expect((await join({ pid: first.answer.pid })).socket.recovered).toBe(false);

    const other = await join();
    await lose(other);
    await expect(io.timeout(5).emitWithAck("ask")).rejects.toThrow();
    expect((await join({ pid: other.answer.pid })).socket.recovered).toBe(false);
  });

  it("does not recover after the time is over, nor over the cap", async () => {
    const { io, join } = await serve({ connectionStateRecovery: { maxStoredPackets: 1 } });
    const first = await join();
    await lose(first);
    io.emit("one");
    io.emit("two");
    expect((await join({ pid: first.answer.pid })).socket.recovered).toBe(false);
    const short = await serve({ connectionStateRecovery: { maxDisconnectionDuration: 1 } });
    const second = await short.join();
    await lose(second);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await short.join({ pid: second.answer.pid })).socket.recovered).toBe(false);
  });

  it("keeps nothing of a client that left, or was put out", async () => {
    const { join } = await serve();
    const left = await join();
    const gone = once(left.socket, "disconnect");
    left.wire.send("41");
    await gone;
    expect((await join({ pid: left.answer.pid })).socket.recovered).toBe(false);
    const out = await join();
    out.socket.disconnect();
    expect((await join({ pid: out.answer.pid })).socket.recovered).toBe(false);
  });

  it("takes a session over from a connection that is dead without anybody having noticed", async () => {
    const { io, join } = await serve();
    const first = await join();
    await untilConnected(first.wire);
    const gone = once(first.socket, "disconnect");
    first.wire.ws.pause();
    io.emit("lost on the way");
    const second = await join({ pid: first.answer.pid });
    expect((await gone)[0]).toBe("transport close");
    expect(second.socket.recovered).toBe(true);
    expect((await untilConnected(second.wire)).missed.map(([name]) => name)).toEqual(["lost on the way"]);
    expect(io.of("/").sockets.size).toBe(1);
    expect(io.engine.clientsCount).toBe(1);
  });

  it("skips middlewares unless told not to", async () => {
    const { io, join } = await serve();
    const first = await join();
    await lose(first);
    io.use((_socket, next) => next(new Error("nobody")));
    expect((await join({ pid: first.answer.pid })).socket.recovered).toBe(true);
  });

  it("does nothing of it when it is off", async () => {
    const { io, join } = await serve({ connectionStateRecovery: undefined as never });
    const restore = vi.spyOn(io.of("/").adapter, "restoreSession");
    const persist = vi.spyOn(io.of("/").adapter, "persistSession");
    const first = await join({ pid: "x", offset: "y" });
    expect((await untilConnected(first.wire)).answer).toEqual({ sid: first.socket.id });
    await lose(first);
    expect([restore.mock.calls.length, persist.mock.calls.length]).toEqual([0, 0]);
    expect(io.opts.connectionStateRecovery).toBeUndefined();
  });
});

describe("the wire of recovery", () => {
  it("has private ids that nobody guesses", () => {
    expect(createPid()).toMatch(/^[\w-]{24}$/);
    expect(createPid()).not.toBe(createPid());
  });

  it("reads what a client asks for", () => {
    expect(readRecoveryRequest({})).toBeUndefined();
    expect(readRecoveryRequest({ pid: {}, offset: "x" })).toBeUndefined();
    expect(readRecoveryRequest({ pid: "p", offset: 7 })).toEqual({ pid: "p", offset: undefined });
    expect(readRecoveryRequest({ pid: "p", offset: "o" })).toEqual({ pid: "p", offset: "o" });
  });

  it("knows the reasons that a client may come back from", () => {
    const recoverable = ["transport error", "transport close", "forced close", "ping timeout"];
    for (const reason of [...recoverable, "server shutting down", "forced server close"]) {
      expect(isRecoverable(reason)).toBe(true);
    }
    for (const reason of ["client namespace disconnect", "server namespace disconnect", "parse error", "__proto__"]) {
      expect(isRecoverable(reason)).toBe(false);
    }
  });
});
