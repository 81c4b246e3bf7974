import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import { resolveOptions, type SessionOptions } from "../options.js";
import { closeAll, event, startRawEngine, until, type RawEngine } from "../raw-engine.test.node.js";
import { parseQuery } from "../url.js";
import { Fetch, Polling, XHR } from "./polling.js";
import type { TransportHandler } from "./transport.js";

const page = vi.hoisted(() => ({ listeners: new Set<(event: never) => void>() }));
vi.mock(import("#platform"), async (original) => ({
  ...(await original()),
  listenToPage: (_name, listener) => {
    page.listeners.add(listener);
    return () => page.listeners.delete(listener);
  },
}));

let server: RawEngine;
beforeEach(async () => {
  server = await startRawEngine();
});
afterEach(async () => {
  vi.useRealTimers();
  await closeAll();
  // Nothing of the transport stays behind.
  await until(() => page.listeners.size === 0);
});

type Calls = { [Name in keyof TransportHandler]: Mock<TransportHandler[Name]> };

function start(options: SessionOptions = {}, Class = Polling): { polling: Polling; calls: Calls } {
  const query = parseQuery({ EIO: 4, transport: "polling" });
  const polling = new Class({ ...resolveOptions(server.url, options), query });
  const calls: Calls = { onOpen: vi.fn(), onPacket: vi.fn(), onDrain: vi.fn(), onError: vi.fn(), onClose: vi.fn() };
  polling.handler = calls;
  calls.onPacket.mockImplementation(({ type }) => {
    if (type === "open") polling.query.sid = "raw";
  });
  return { polling: polling.open(), calls };
}

/** Open, with its poll waiting at the server. */
async function opened(options: SessionOptions = {}): Promise<{ polling: Polling; calls: Calls }> {
  const started = start(options);
  await event(server, "poll");
  expect(started.polling.writable).toBe(true);
  return started;
}

/** Holds back the answers to requests of one method. */
function holdBack(method: string): (() => void)[] {
  const held: (() => void)[] = [];
  const answer = server.options.intercept;
  server.options.intercept = (request: IncomingMessage, response: ServerResponse, body) => {
    if (request.method !== method) return answer?.(request, response, body) ?? false;
    held.push(() => response.end(method === "POST" ? "ok" : server.handshake));
    server.emit("held", body);
    return true;
  };
  return held;
}

describe("polling", () => {
  it("asks with method, query and headers that the protocol wants", async () => {
    const { polling } = await opened({ extraHeaders: { "x-own": "1" }, forceBase64: true, timestampParam: "ts" });
    polling.send([{ type: "message", data: "é" }]);
    await event(server, "packet");
    const [handshake, poll, post] = server.requests;
    expect(handshake).toMatchObject({ method: "GET", headers: { "x-own": "1", accept: "*/*" } });
    expect(handshake?.url.pathname).toBe("/engine.io/");
    expect([...(handshake?.url.searchParams.keys() ?? [])]).toEqual(["EIO", "transport", "ts", "b64"]);
    expect(poll?.url.searchParams.get("sid")).toBe("raw");
    expect(post).toMatchObject({ method: "POST", body: "4é", headers: { "content-type": "text/plain;charset=UTF-8" } });
    const stamps = server.requests.map(({ url }) => url.searchParams.get("ts"));
    expect(new Set(stamps).size).toBe(3);
    polling.close();
  });

  it("leaves the timestamp out when told to", async () => {
    const { polling } = await opened({ timestampRequests: false });
    expect(server.requests.some(({ url }) => url.searchParams.has("t"))).toBe(false);
    polling.close();
  });

  it("is not writable from a send until its post has been answered", async () => {
    const { polling, calls } = await opened();
    const held = holdBack("POST");
    polling.send([{ type: "message", data: "x" }]);
    expect(polling.writable).toBe(false);
    await event(server, "held");
    expect(calls.onDrain).not.toHaveBeenCalled();
    calls.onDrain.mockImplementation(() => expect(polling.writable).toBe(true));
    held[0]?.();
    await until(() => calls.onDrain.mock.calls.length === 1);
    server.options.intercept = () => false;
    polling.close();
  });

  it("reports a request that can't be made at all, on a later tick", async () => {
    const { polling, calls } = start({ extraHeaders: { "bad header": "x" } });
    expect(calls.onError).not.toHaveBeenCalled();
    await until(() => calls.onError.mock.calls.length === 1);
    expect(calls.onError.mock.calls[0]).toMatchObject([
      { message: "xhr poll error", cause: { code: "ERR_INVALID_HTTP_TOKEN" } },
    ]);
    expect(polling.readyState).toBe("closed");
  });

  it("closes when requestTimeout is over", async () => {
    server.options.intercept = () => true;
    const { polling, calls } = start({ requestTimeout: 30, autoUnref: true });
    await until(() => calls.onError.mock.calls.length === 1);
    expect(calls.onError.mock.calls[0]).toMatchObject([{ message: "xhr poll error", description: 0 }]);
    expect(polling.readyState).toBe("closed");
  });

  it("hands on what came before a malformed packet, then the error", async () => {
    const { polling, calls } = await opened();
    calls.onError.mockImplementation(() => polling.close());
    server.send("4good", "?");
    await until(() => calls.onError.mock.calls.length === 1);
    expect(calls.onPacket).toHaveBeenLastCalledWith({ type: "message", data: "good" });
  });

  it("is named and exported for each way to make a request", () => {
    expect(Polling.prototype.name).toBe("polling");
    expect(new XHR(resolveOptions(undefined, {})).name).toBe("polling");
    expect(new Fetch(resolveOptions(undefined, {})).batches).toBe(true);
  });
});

describe("closing polling", () => {
  it("tells the server, lets the poll end, and leaves no connection", async () => {
    const { polling, calls } = await opened();
    expect(polling.close()).toBe(polling);
    expect(polling.readyState).toBe("closing");
    polling.close();
    await until(() => polling.readyState === "closed" && server.connections.size === 0);
    expect(server.packets).toEqual(["1"]);
    expect(calls.onClose).toHaveBeenCalledOnce();
  });

  it("waits for the post that is under way: the server refuses two at once", async () => {
    const { polling } = await opened();
    const held = holdBack("POST");
    polling.send([{ type: "message", data: "x" }]);
    await event(server, "held");
    polling.close();
    const next = event(server, "held");
    expect(held).toHaveLength(1);
    held[0]?.();
    expect(await next).toEqual(["1"]);
    held[1]?.();
    await until(() => polling.readyState === "closed");
  });

  it("while opening ends the session that the answer brings", async () => {
    const held = holdBack("GET");
    const { polling, calls } = start();
    await event(server, "held");
    polling.close();
    held[0]?.();
    await event(server, "packet");
    expect(server.packets).toEqual(["1"]);
    expect(server.requests.at(-1)?.url.searchParams.get("sid")).toBe("raw");
    await until(() => polling.readyState === "closed");
    expect(calls.onOpen).not.toHaveBeenCalled();
  });

  it("while opening is over when the answer is no handshake", async () => {
    const { polling } = start();
    vi.spyOn(server, "handshake", "get").mockReturnValue("0nonsense");
    polling.close();
    await until(() => polling.readyState === "closed");
    expect(server.packets).toEqual([]);
  });

  it("does not wait for ever when the server is silent", async () => {
    holdBack("GET");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { polling } = start();
    await event(server, "held");
    polling.close();
    expect(polling.readyState).toBe("closing");
    vi.advanceTimersByTime(3000);
    expect(polling.readyState).toBe("closed");
    vi.useRealTimers();
    await until(() => server.connections.size === 0);
  });

  it("is not held up by a failing last post", async () => {
    const { polling, calls } = await opened();
    server.options.intercept = (_request, response) => !!response.writeHead(400).end();
    polling.close();
    await until(() => polling.readyState === "closed");
    expect(calls.onError).not.toHaveBeenCalled();
  });
});

describe("pausing polling", () => {
  it("waits until the poll and the post have ended, then is silent", async () => {
    const { polling, calls } = await opened();
    const held = holdBack("POST");
    polling.send([{ type: "message", data: "x" }]);
    await event(server, "held");
    const onPaused = vi.fn();
    polling.pause(onPaused);
    expect(polling.readyState).toBe("pausing");
    server.send("4last");
    await until(() => calls.onPacket.mock.lastCall?.[0].data === "last");
    expect(onPaused).not.toHaveBeenCalled();
    held[0]?.();
    await until(() => polling.readyState === "paused");
    expect(onPaused).toHaveBeenCalledOnce();
    expect(server.isPolled).toBe(false);
    polling.close();
    expect(polling.readyState).toBe("closed");
    expect(server.packets).toEqual([]);
  });

  it("can be taken back, before and after it is complete", async () => {
    const { polling, calls } = await opened();
    const onPaused = vi.fn();
    polling.pause(onPaused);
    polling.resume();
    expect(polling.readyState).toBe("open");
    let polled = event(server, "poll");
    server.send("4a");
    await polled;
    expect(onPaused).not.toHaveBeenCalled();
    polling.pause(onPaused);
    server.send("6");
    await until(() => polling.readyState === "paused");
    polled = event(server, "poll");
    polling.resume();
    await polled;
    server.send("4b");
    await until(() => calls.onPacket.mock.lastCall?.[0].data === "b");
    polling.close();
  });
});

describe("leaving the page", () => {
  it("drops the requests, and tells the server by the one that outlives the page", async () => {
    const { polling, calls } = await opened();
    const aborted = event(server, "poll aborted");
    const sendBeacon = vi.fn();
    vi.stubGlobal("navigator", { sendBeacon });
    polling.leave();
    vi.unstubAllGlobals();
    await aborted;
    expect(sendBeacon).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^http.*[?&]sid=raw/), "1");
    expect(polling.readyState).toBe("closed");
    expect(calls.onClose).not.toHaveBeenCalled();
    expect(calls.onError).not.toHaveBeenCalled();
  });
});
