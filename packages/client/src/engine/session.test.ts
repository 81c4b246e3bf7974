import { afterEach, describe, expect, it, vi } from "vitest";
import { TransportError } from "../errors.js";
import { open, record, websocketOnly } from "./open-session.test.node.js";
import type { SessionOptions } from "./options.js";
import { closeAll, event, startRawEngine, track, until } from "./raw-engine.test.node.js";
import { Session } from "./session.js";

afterEach(closeAll);

describe.each([
  ["polling", { transports: ["polling"] }],
  ["websocket", websocketOnly],
])("a session over %s", (name, options: SessionOptions) => {
  it("opens with what the handshake says", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, options));
    expect(session.readyState).toBe("opening");
    const seen = record(session, "handshake", "open", "message", "packet");
    const [handshake] = await event<[{ sid: string }]>(session, "handshake");
    expect(handshake.sid).toBe("raw");
    await until(() => session.readyState === "open");
    expect(session.id).toBe("raw");
    expect(session.transport.name).toBe(name);
    expect(session.transport.query.sid).toBe("raw");
    expect(seen).toEqual(["packet", "handshake", "open"]);
  });

  it("sends and receives text and binary, in order", async () => {
    const { server, session } = await open({}, options);
    session
      .send("one")
      .write("two €")
      .send(Buffer.from([1, 2, 3]));
    await until(() => server.packets.length === 3);
    expect(server.packets.slice(0, 2)).toEqual(["4one", "4two €"]);
    expect(server.packets[2]).toEqual(name === "polling" ? "bAQID" : Buffer.from([1, 2, 3]));
    const received: unknown[] = [];
    session.on("data", (data) => received.push(data));
    server.send("4hello", "4", "bAQID");
    await until(() => received.length === 3);
    expect(received).toEqual(["hello", undefined, Buffer.from([1, 2, 3])]);
  });

  it("gives binary data in the form of binaryType", async () => {
    const { server, session } = await open({}, options);
    expect(session.binaryType).toBe("nodebuffer");
    session.binaryType = "arraybuffer";
    server.send("bAQID");
    const [data] = await event(session, "message");
    expect(data).toBeInstanceOf(ArrayBuffer);
    expect(new Uint8Array(data as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("answers a ping", async () => {
    const { server, session } = await open({}, options);
    const seen = record(session, "ping", "pong", "heartbeat");
    server.send("2");
    expect(await event(server, "packet")).toEqual(["3"]);
    expect(seen).toEqual(["heartbeat", "ping", "pong"]);
  });

  it("closes after what was sent has left", async () => {
    const { server, session } = await open({}, options);
    const closed = event(session, "close");
    const created = record(session, "packetCreate");
    session.send("last").close();
    expect(session.readyState).toBe("closing");
    session.send("too late");
    expect(created).toHaveLength(1);
    expect(await closed).toEqual(["forced close", undefined]);
    expect(session.readyState).toBe("closed");
    expect(session.id).toBeUndefined();
    await until(() => server.packets.includes("4last"));
    await until(() => server.connections.size === 0);
    expect(server.packets).not.toContain("4too late");
  });

  it("runs the callback of a packet when it is handed over, and drains after", async () => {
    const { session } = await open({}, options);
    const seen = record(session, "packetCreate", "flush", "drain");
    session.send("x", () => seen.push("callback"));
    session.send("y", { compress: false }, () => seen.push("callback 2"));
    expect(session.writeBuffer.map((packet) => packet.data)).toEqual(["x", "y"]);
    expect(session.bufferedBytes).toBe(2);
    expect(session.writable).toBe(false);
    await event(session, "drain");
    expect(seen).toEqual(["packetCreate", "packetCreate", "flush", "callback", "callback 2", "drain"]);
    expect(session.writeBuffer).toEqual([]);
    expect(session.bufferedBytes).toBe(0);
    expect(session.writable).toBe(true);
  });

  it("tells the layer above, each call before the event of the same meaning", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, options));
    const seen = record(session, "open", "message", "ping", "drain", "close");
    session.handler = {
      onOpen: () => seen.push("onOpen"),
      onMessage: (data) => seen.push(`onMessage ${data as string}`),
      onPing: () => seen.push("onPing"),
      onDrain: () => seen.push("onDrain"),
      onError: () => seen.push("onError"),
      onClose: (reason) => seen.push(`onClose ${reason}`),
    };
    await event(session, "open");
    server.send("4hi");
    await event(session, "message");
    server.send("2");
    await event(session, "drain");
    session.close();
    expect(seen).toEqual([
      ...["onOpen", "open", "onMessage hi", "message", "onPing", "ping", "onDrain", "drain"],
      ...["onClose forced close", "close"],
    ]);
  });

  it("closes without opening when it is closed at once", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, options));
    const seen = record(session, "open", "error", "close");
    const closed = event(session, "close");
    session.close();
    expect(await closed).toEqual(["forced close", undefined]);
    // The server is not left with a session that nobody uses.
    await until(() => (name === "polling" ? server.packets.includes("1") : true) && server.connections.size === 0);
    expect(seen).toEqual(["close"]);
  });

  it("reports a host where nobody listens", async () => {
    const server = await startRawEngine();
    await server.close();
    const session = track(new Session(server.url, options));
    const [error] = await event<[TransportError]>(session, "error");
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ type: "TransportError", code: "ERR_TRANSPORT" });
    expect(error.message).toBe(name === "polling" ? "xhr poll error" : "websocket error");
    expect((error.cause as { code: string }).code).toBe("ECONNREFUSED");
    expect(error.description).toEqual(name === "polling" ? 0 : expect.objectContaining({ type: "error" }));
    await until(() => session.readyState === "closed");
  });

  it.each(["0", "0{}", '0{"sid":"x","upgrades":[],"pingInterval":-1,"pingTimeout":1}'])(
    "refuses the handshake %s",
    async (text) => {
      const server = await startRawEngine();
      vi.spyOn(server, "handshake", "get").mockReturnValue(text);
      const session = track(new Session(server.url, options));
      const closed = event(session, "close");
      expect((await event<[Error]>(session, "error"))[0].message).toBe("invalid handshake");
      expect((await closed)[0]).toBe("transport error");
    },
  );

  it("closes on a packet that is none", async () => {
    const { server, session } = await open({}, options);
    server.send("?");
    const [reason, error] = await event<[string, Error]>(session, "close");
    expect(reason).toBe("transport error");
    expect(error.message).toBe("parser error");
  });

  it("ignores a second handshake and packets that mean nothing to it", async () => {
    const { server, session } = await open({}, options);
    server.send('0{"sid":"other"}', "6", "3", "5", "4still here");
    expect(await event(session, "message")).toEqual(["still here"]);
    expect(session.id).toBe("raw");
  });

  it("goes on when a listener throws, and the error surfaces", async () => {
    const { server, session } = await open({}, options);
    const uncaught = new Promise((resolve) => {
      const [own] = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException").once("uncaughtException", (error) => {
        if (own) process.on("uncaughtException", own);
        resolve(error);
      });
    });
    session.once("message", () => {
      throw new Error("listener's own");
    });
    server.send("4a", "4b");
    expect(await uncaught).toMatchObject({ message: "listener's own" });
    server.send("4c");
    expect(await event(session, "message")).toEqual(["c"]);
  });

  it("closes with a coded error when more waits than the cap allows", async () => {
    const { session } = await open({}, { ...options, maxBufferedBytes: 1000 });
    let left: unknown[] = [];
    session.on("close", () => (left = session.writeBuffer));
    const closed = event(session, "close");
    session.send("x".repeat(5000));
    expect(session.readyState).toBe("open");
    session.send("y");
    expect(await closed).toEqual(["buffer overflow", expect.objectContaining({ code: "ERR_BUFFER_OVERFLOW" })]);
    expect(left).toHaveLength(1);
    expect(session.writeBuffer).toEqual([]);
  });

  it("closes when no ping comes", async () => {
    const { session } = await open({ handshake: { pingInterval: 20, pingTimeout: 10 } }, options);
    expect(await event(session, "close")).toEqual(["ping timeout", undefined]);
  });

  it("notices by the clock that it is stale, and closes once", async () => {
    const { session } = await open({}, options);
    expect(session.isStale()).toBe(false);
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + 45_001);
    const seen = record(session, "close");
    const closed = event(session, "close");
    expect(session.isStale()).toBe(true);
    expect(session.isStale()).toBe(true);
    expect(session.readyState).toBe("open");
    expect(await closed).toEqual(["ping timeout", undefined]);
    expect(session.isStale()).toBe(false);
    clock.mockRestore();
    await new Promise(setImmediate);
    expect(seen).toEqual(["close"]);
  });
});

describe("polling batches", () => {
  it("fill a payload up to maxPayload, and an oversized packet goes alone", async () => {
    const { server, session } = await open({ handshake: { maxPayload: 10 } }, { transports: ["polling"] });
    for (const text of ["abcd", "efg", "h", "éééé", "far too long for it", "z"]) session.send(text);
    await event(session, "drain");
    const bodies = server.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
    expect(bodies).toEqual(["4abcd\x1e4efg", "4h", "4éééé", "4far too long for it", "4z"]);
  });

  it("carry all that was sent in one turn in one request", async () => {
    const { server, session } = await open({}, { transports: ["polling"] });
    session.send("a").send("b");
    await Promise.resolve();
    session.send("c");
    await event(session, "drain");
    expect(server.requests.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
      "4a\x1e4b\x1e4c",
    ]);
  });
});

describe("the end of a session", () => {
  it.each(["polling", "websocket"])("comes with the server's close over %s", async (name) => {
    const { server, session } = await open({}, { transports: [name] });
    const closed = event(session, "close");
    if (name === "polling") server.send("1");
    else server.webSocket?.close(1009);
    const [reason, details] = await closed;
    expect(reason).toBe("transport close");
    expect(details).toMatchObject(
      name === "polling"
        ? { description: "transport closed by the server" }
        : { description: "websocket connection closed", context: { code: 1009 } },
    );
  });

  it("comes with an error when a poll is refused", async () => {
    const { server, session } = await open({}, { transports: ["polling"] });
    server.options.intercept = (_request, response) => {
      response.writeHead(400).end('{"code":1}');
      return true;
    };
    const closed = event(session, "close");
    server.send("6");
    const [error] = await event<[TransportError]>(session, "error");
    expect(error).toMatchObject({
      message: "xhr poll error",
      description: 400,
      context: { status: 400, responseText: '{"code":1}' },
    });
    expect(await closed).toEqual(["transport error", error]);
  });

  it("comes with an error when a post is refused, and the poll goes too", async () => {
    const { server, session } = await open({}, { transports: ["polling"] });
    if (!server.isPolled) await event(server, "poll");
    const aborted = event(server, "poll aborted");
    server.options.intercept = (_request, response) => {
      response.writeHead(413).end();
      return true;
    };
    session.send("x");
    expect(await event(session, "error")).toMatchObject([{ message: "xhr post error", description: 413 }]);
    await aborted;
  });
});
