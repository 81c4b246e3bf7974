import { afterEach, describe, expect, it, type Mock, vi } from "vitest";
import { WebSocket as WsWebSocket } from "ws";
import { TestClock, startHttpServer } from "@everwire/testkit";
import type { WebSocketLike, WebSocketPort } from "../ports.js";
import { resolveOptions, type SessionOptions } from "../options.js";
import { closeAll, event, startRawEngine, until, type RawEngine } from "../raw-engine.test.node.js";
import { onClock } from "../resumable.test.node.js";
import { parseQuery } from "../url.js";
import type { TransportHandler } from "./transport.js";
import { GlobalWebSocket, WebSocketTransport } from "./websocket.js";

afterEach(async () => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  await closeAll();
});

type Calls = { [Name in keyof TransportHandler]: Mock<TransportHandler[Name]> };

function make<T extends WebSocketTransport>(
  Class: new (options: never) => T,
  url: string,
  options: SessionOptions = {},
): { transport: T; calls: Calls } {
  const query = parseQuery({ EIO: 4, transport: "websocket" });
  const transport = new Class({ ...resolveOptions(url, options), query } as never);
  const calls: Calls = { onOpen: vi.fn(), onPacket: vi.fn(), onDrain: vi.fn(), onError: vi.fn(), onClose: vi.fn() };
  transport.handler = calls;
  return { transport, calls };
}

async function opened(
  Class: typeof WebSocketTransport,
  options: SessionOptions = {},
): Promise<{ server: RawEngine; transport: WebSocketTransport; calls: Calls }> {
  const server = await startRawEngine();
  const { transport, calls } = make(Class, server.url, options);
  transport.open();
  await until(() => calls.onPacket.mock.calls.length === 1);
  expect(calls.onOpen).toHaveBeenCalledOnce();
  return { server, transport, calls };
}

describe.each([
  ["by the ws package", WebSocketTransport],
  ["by the environment's WebSocket", GlobalWebSocket],
])("WebSocket %s", (_, Class) => {
  async function open(options?: SessionOptions): ReturnType<typeof opened> {
    // Node 20 has none of its own; that of `ws` has the same interface.
    vi.stubGlobal("WebSocket", WsWebSocket);
    return opened(Class, options);
  }

  it("sends one packet a message, in order, and drains on a later tick", async () => {
    const { server, transport, calls } = await open();
    expect(transport.writable).toBe(true);
    transport.send([
      { type: "message", data: "a" },
      { type: "message", data: new Uint8Array([1, 2]).buffer },
      { type: "message", data: "b" },
    ]);
    expect(transport.writable).toBe(false);
    expect(calls.onDrain).not.toHaveBeenCalled();
    await until(() => server.packets.length === 3);
    expect(server.packets).toEqual(["4a", Buffer.from([1, 2]), "4b"]);
    expect(calls.onDrain).toHaveBeenCalledOnce();
    expect(transport.writable).toBe(true);
    transport.close();
  });

  it("sends base64 when forced to, and says so", async () => {
    const { server, transport } = await open({ forceBase64: true });
    expect(server.requests[0]?.url.searchParams.get("b64")).toBe("1");
    transport.send([
      { type: "message", data: new Blob([new Uint8Array([1, 2])]) },
      { type: "message", data: "after" },
    ]);
    await until(() => server.packets.length === 2);
    expect(server.packets).toEqual(["bAQI=", "4after"]);
    transport.close();
  });

  it("has no timestamp unless asked for", async () => {
    expect((await open()).server.requests[0]?.url.searchParams.has("t")).toBe(false);
    const { server } = await open({ timestampRequests: true });
    expect(server.requests[0]?.url.searchParams.get("t")).toMatch(/^\w{5,}$/);
  });

  it("gives binary data in the asked form", async () => {
    const { server, transport, calls } = await open({});
    transport.setBinaryType("arraybuffer");
    server.webSocket?.send(Buffer.from([7]));
    await until(() => calls.onPacket.mock.calls.length === 2);
    expect(calls.onPacket.mock.lastCall?.[0].data).toEqual(new Uint8Array([7]).buffer);
    transport.close();
  });

  it("reports its end with the close event", async () => {
    const { server, transport, calls } = await open();
    server.webSocket?.close(4001, "bye");
    await until(() => calls.onClose.mock.calls.length === 1);
    expect(calls.onClose.mock.calls[0]).toMatchObject([
      { description: "websocket connection closed", context: { code: 4001, reason: "bye" } },
      false,
    ]);
    expect(transport.readyState).toBe("closed");
    transport.close();
  });

  it("closes once, in good order", async () => {
    const { server, transport } = await open();
    const closed = event<[number]>(server.webSocket as never, "close");
    transport.close().close();
    expect(transport.readyState).toBe("closing");
    expect(transport.writable).toBe(false);
    expect((await closed)[0]).toBe(1005);
    await until(() => transport.readyState === "closed");
  });

  it("closes in good order too while it connects, for the server may have a session by then", async () => {
    vi.stubGlobal("WebSocket", WsWebSocket);
    const server = await startRawEngine();
    const { transport, calls } = make(Class, server.url);
    transport.open();
    transport.close();
    expect(calls.onClose).toHaveBeenCalledOnce();
    const [webSocket] = await event<[never]>(server, "websocket");
    expect((await event<[number]>(webSocket, "close"))[0]).toBe(1005);
    await until(() => transport.readyState === "closed");
    expect(calls.onOpen).not.toHaveBeenCalled();
    expect(calls.onPacket).not.toHaveBeenCalled();
  });

  it("waits for that no longer than three seconds", async () => {
    const silent = await startHttpServer({
      prepare: (http) => http.on("upgrade", (_request, socket) => socket.on("end", () => socket.end()).resume()),
    });
    const clock = new TestClock();
    const { transport } = onClock(clock, () => make(Class, silent.url));
    vi.stubGlobal("WebSocket", WsWebSocket);
    transport.open();
    transport.close();
    await until(() => silent.connections.size === 1);
    clock.advance(2_999);
    expect(transport.readyState).toBe("closing");
    clock.advance(1);
    await until(() => silent.connections.size === 0 && transport.readyState === "closed");
    expect(clock.timers).toBe(0);
    await silent.close();
  });

  it("ends at once while it connects for a session that is known", async () => {
    const clock = new TestClock();
    const { transport } = onClock(clock, () => make(Class, "http://127.0.0.1:1"));
    vi.stubGlobal("WebSocket", WsWebSocket);
    transport.query.sid = "known";
    transport.open();
    transport.close();
    expect(clock.timers).toBe(0);
    await until(() => transport.readyState === "closed");
  });

  it("reports an address that it refuses, on a later tick", async () => {
    vi.stubGlobal("WebSocket", WsWebSocket);
    const { transport, calls } = make(Class, "http://a b");
    transport.open();
    expect(calls.onError).not.toHaveBeenCalled();
    await until(() => calls.onError.mock.calls.length === 1);
    expect(calls.onError.mock.calls[0]).toMatchObject([{ message: "websocket error", cause: { name: "SyntaxError" } }]);
    transport.close();
    expect(transport.readyState).toBe("closed");
  });

  it("passes sub-protocols on", async () => {
    const { server, transport } = await open({ protocols: ["one", "two"] });
    expect(server.requests[0]?.headers["sec-websocket-protocol"]).toBe("one,two");
    transport.close();
  });
});

describe("WebSocket", () => {
  it("reports that there is none", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const { transport, calls } = make(GlobalWebSocket, "http://localhost");
    transport.open();
    await until(() => calls.onError.mock.calls.length === 1);
    expect(calls.onError.mock.calls[0]).toMatchObject([{ message: "websocket error", cause: { name: "TypeError" } }]);
  });

  it("is not writable while the environment still holds much, so that what waits is bounded above", async () => {
    vi.useFakeTimers();
    const socket = { bufferedAmount: 0, close: vi.fn() } as unknown as WebSocketLike & { bufferedAmount: number };
    const sent: unknown[] = [];
    const port: WebSocketPort = { create: () => socket, send: (_, frame) => sent.push(frame) };
    class Stuffed extends WebSocketTransport {
      protected override get port(): WebSocketPort {
        return port;
      }
    }
    const { transport, calls } = make(Stuffed, "http://localhost");
    transport.open();
    (socket.onopen as () => void)();
    socket.bufferedAmount = 2e6;
    transport.send([{ type: "message", data: "x" }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual(["4x"]);
    expect(calls.onDrain).not.toHaveBeenCalled();
    socket.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(20);
    expect(calls.onDrain).toHaveBeenCalledOnce();
    transport.send([{ type: "message", data: "y" }]);
    transport.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls.onDrain).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("survives a hundred thousand packets in one send", async () => {
    const { transport, calls } = await opened(WebSocketTransport);
    const packets = Array.from({ length: 100_000 }, () => ({ type: "noop" as const }));
    transport.send(packets);
    await until(() => calls.onDrain.mock.calls.length === 1);
    transport.close();
  });

  it("gives React Native the headers", () => {
    vi.stubGlobal("navigator", { product: "ReactNative" });
    const constructed: unknown[] = [];
    vi.stubGlobal("WebSocket", function (...args: unknown[]) {
      constructed.push(args);
    });
    make(GlobalWebSocket, "http://h", { extraHeaders: { a: "b" }, protocols: "p" }).transport.open();
    make(GlobalWebSocket, "http://h").transport.open();
    vi.stubGlobal("navigator", { product: "Gecko" });
    make(GlobalWebSocket, "http://h", { extraHeaders: { a: "b" } }).transport.open();
    const uri = "ws://h/engine.io/?EIO=4&transport=websocket";
    expect(constructed).toEqual([[uri, "p", { headers: { a: "b" } }], [uri], [uri]]);
  });
});
