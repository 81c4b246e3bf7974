// The client's WebTransport transport on in-memory sessions: what it opens, what it says first, every way to end, and what dies with it.
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type MemorySession, RawPacketStream, type Slicer, memoryWebTransport, turns, until } from "@everwire/testkit";
import type { SessionOptions } from "../options.js";
import { event, track } from "../raw-engine.test.node.js";
import { Session } from "../session.js";

const OPEN = { sid: "s", upgrades: [], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 1e6 };

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);
process.on("unhandledRejection", onRejection);
afterEach(async () => {
  await turns(5);
  vi.unstubAllGlobals();
  expect(rejections.splice(0)).toEqual([]);
});

/** What the class of the environment was made with. */
function install(make: (uri: string, options: unknown) => unknown): unknown[][] {
  const calls: unknown[][] = [];
  vi.stubGlobal("WebTransport", function (uri: string, options: unknown) {
    calls.push([uri, options]);
    return make(uri, options);
  });
  return calls;
}

interface Scene {
  session: Session;
  client: MemorySession;
  server: MemorySession;
  stream: RawPacketStream;
  calls: unknown[][];
  /** Names of the events, with what came along. */
  log: unknown[][];
}

/** A session whose first packet has come, but for the answer to it. */
async function begin(options: SessionOptions = {}, slice?: Slicer): Promise<Scene> {
  const { client, server } = memoryWebTransport(slice);
  const calls = install(() => client);
  const session = track(new Session("https://host.example", { transports: ["webtransport"], ...options }));
  onTestFinished(() => void session.close());
  const log: unknown[][] = [];
  for (const name of ["open", "message", "error", "close"]) {
    session.on(name as "message", (...args: unknown[]) => void log.push([name, ...args]));
  }
  const { value } = await server.incomingBidirectionalStreams.getReader().read();
  const stream = new RawPacketStream(value!);
  expect(await stream.next()).toBe("0");
  return { session, client, server, stream, calls, log };
}

async function open(options: SessionOptions = {}, slice?: Slicer): Promise<Scene> {
  const scene = await begin(options, slice);
  await scene.stream.send(`0${JSON.stringify(OPEN)}`);
  await until(() => scene.session.readyState === "open", "an open session");
  scene.log.length = 0;
  return scene;
}

describe("opening", () => {
  it.each<[string, string, SessionOptions, string]>([
    ["its path", "https://host.example", {}, "https://host.example/engine.io/"],
    ["https whatever the scheme", "http://host.example:8080/?a=1", { path: "/p" }, "https://host.example:8080/p/"],
    [
      "no query",
      "wss://host.example:443",
      { query: { a: "b" }, timestampRequests: true },
      "https://host.example/engine.io/",
    ],
    ["brackets around IPv6", "https://[::1]:4433", { addTrailingSlash: false }, "https://[::1]:4433/engine.io"],
  ])("takes an address with %s", async (_what, uri, options, address) => {
    const calls = install(() => memoryWebTransport().client);
    track(new Session(uri, { transports: ["webtransport"], ...options })).close();
    expect(calls).toEqual([[address, undefined]]);
  });

  it("hands on the options of the transport, and nothing else", async () => {
    const own = {
      serverCertificateHashes: [{ algorithm: "sha-256", value: new Uint8Array(32) }],
      congestionControl: "low-latency",
    };
    const { calls } = await begin({ transportOptions: { webtransport: own } });
    expect(calls[0]?.[1]).toEqual(own);
  });

  it("names the session that is to move", async () => {
    const { client, server } = memoryWebTransport();
    install(() => client);
    const { WebTransportTransport } = await import("./webtransport.js");
    const { resolveOptions } = await import("../options.js");
    new WebTransportTransport({ ...resolveOptions("https://h", {}), query: { sid: "abc" } }).open();
    const { value } = await server.incomingBidirectionalStreams.getReader().read();
    expect(await new RawPacketStream(value!).next()).toBe('0{"sid":"abc"}');
  });

  it("fails where there is no WebTransport, on a later turn", async () => {
    const session = new Session("https://host.example", { transports: ["webtransport"] });
    const closed = event(session, "close");
    const [error] = await event<[Error]>(session, "error");
    expect(error).toMatchObject({
      message: "webtransport error",
      type: "TransportError",
      cause: expect.any(ReferenceError) as Error,
    });
    expect(await closed).toEqual(["transport error", error]);
  });

  it("is left out of the usual transports there", async () => {
    const { TransportList } = await import("../transport-list.js");
    const names = (): string[] => new TransportList({} as never).available.map(([name]) => name);
    expect(names()).toEqual(["polling", "websocket"]);
    install(() => undefined);
    expect(names()).toEqual(["polling", "websocket", "webtransport"]);
  });

  it.each<[string, (client: MemorySession) => void]>([
    [
      "the constructor throws",
      () => {
        throw new Error("refused");
      },
    ],
    [
      "the session is never ready",
      (client) => {
        Object.defineProperty(client, "ready", { value: Promise.reject(new Error("refused")) });
      },
    ],
    [
      "no stream can be made",
      (client) => {
        client.createBidirectionalStream = () => Promise.reject(new Error("refused"));
      },
    ],
  ])("fails when %s", async (_what, prepare) => {
    const { client } = memoryWebTransport();
    install(() => {
      prepare(client);
      return client;
    });
    const session = new Session("https://host.example", { transports: ["webtransport"] });
    const closed = event(session, "close");
    const [error] = await event<[Error & { description: unknown }]>(session, "error");
    expect(error).toMatchObject({ message: "webtransport error", description: { message: "refused" } });
    expect((await closed)[0]).toBe("transport error");
  });

  it("ends with the server's refusal", async () => {
    const { server, log } = await begin();
    server.close();
    await until(() => log.length > 0, "the end");
    expect(log).toMatchObject([["close", "transport close", { description: "webtransport connection closed" }]]);
  });

  it.each(["before it is ready", "before there is a stream", "before the handshake"])(
    "can be called off %s",
    async (when) => {
      const { client, server } = memoryWebTransport();
      let ready = (): void => undefined;
      if (when === "before it is ready")
        Object.defineProperty(client, "ready", { value: new Promise<void>((resolve) => (ready = resolve)) });
      install(() => client);
      const session = new Session("https://host.example", { transports: ["webtransport"] });
      const closed = event(session, "close");
      if (when === "before the handshake") {
        const { value } = await server.incomingBidirectionalStreams.getReader().read();
        const stream = new RawPacketStream(value!);
        expect(await stream.next()).toBe("0");
        stream.onEnd = () => server.close();
      }
      session.close();
      expect(await closed).toEqual(["forced close", undefined]);
      ready();
      await server.closed;
      expect(client.closeCalls).toBe(when === "before the handshake" ? 0 : 1);
    },
  );
});

describe("messages", () => {
  it("go out as frames, one write for a batch, and an empty binary one as text", async () => {
    const { session, stream } = await open();
    session
      .send("text")
      .send("")
      .send(Uint8Array.of(1, 2, 3).subarray(1))
      .send(new ArrayBuffer(0))
      .send(new Blob(["blob"]));
    const sent = [];
    for (let count = 0; count < 5; count++) sent.push(await stream.next());
    expect(sent).toEqual(["4text", "4", Buffer.of(2, 3), "b", Buffer.from("blob")]);
  });

  it("keep their order when a Blob takes its time, and drain once", async () => {
    const { session, stream } = await open();
    const onDrain = vi.fn();
    session.on("drain", onDrain);
    session.send(new Blob(["first"])).send("second");
    expect([await stream.next(), await stream.next()]).toEqual([Buffer.from("first"), "4second"]);
    await until(() => onDrain.mock.calls.length > 0, "the drain");
    await turns(3);
    expect(onDrain).toHaveBeenCalledOnce();
  });

  it.each(["nodebuffer", "arraybuffer"] as const)("come in as %s, however they are cut", async (binaryType) => {
    const { session, stream, log } = await open({}, (chunk) => [...chunk].map((byte) => Uint8Array.of(byte)));
    session.binaryType = binaryType;
    await stream.send("4€", Buffer.from([1, 2]), "bAwQ=", "4");
    await until(() => log.length === 4, "the messages");
    const [, bytes, base64] = log.map(([, data]) => data) as [string, Buffer, Buffer];
    expect(bytes).toBeInstanceOf(binaryType === "nodebuffer" ? Buffer : ArrayBuffer);
    expect([Buffer.from(bytes), Buffer.from(base64)]).toEqual([Buffer.from([1, 2]), Buffer.from([3, 4])]);
    expect(log[0]).toEqual(["message", "€"]);
  });

  it("are not written while the server does not read", async () => {
    const { session, stream } = await open();
    stream.hold();
    session.send("asked for already");
    await turns(3);
    session.send("x".repeat(200_000));
    await turns(3);
    expect(session.transport.writable).toBe(false);
    session.send("behind");
    await turns(3);
    expect(session.writeBuffer).toHaveLength(2);
    stream.release();
    const sent = [await stream.next(), await stream.next(), await stream.next()];
    expect(sent.map(({ length }) => length)).toEqual([18, 200_001, 7]);
  });

  it("of a listener that throws do not stop those behind it", async () => {
    const others = process.listeners("uncaughtException");
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", onError);
    onTestFinished(() => {
      process.off("uncaughtException", onError);
      for (const other of others) process.on("uncaughtException", other);
    });
    const { session, stream, log } = await open();
    session.once("message", () => {
      throw new Error("listener");
    });
    await stream.send("4bad", "4good");
    await until(() => log.length === 2, "both messages");
    await until(() => errors.length > 0, "the error");
    expect(errors).toMatchObject([{ message: "listener" }]);
  });
});

describe("the end", () => {
  it.each<[string, (scene: Scene) => unknown]>([
    ["closes the session", ({ server }) => server.close({ closeCode: 7, reason: "bye" })],
    ["ends the stream", ({ stream }) => stream.finish()],
    ["resets the stream", ({ stream }) => stream.abort()],
  ])("is a transport close when the server %s", async (_what, step) => {
    const scene = await open();
    await step(scene);
    await until(() => scene.log.length > 0, "the end");
    await scene.client.closed;
    await turns(3);
    expect(scene.log).toMatchObject([["close", "transport close", { description: "webtransport connection closed" }]]);
    expect(scene.client.closeCalls).toBeLessThanOrEqual(1);
  });

  it("is an error when the connection breaks", async () => {
    const { client, log, session } = await open();
    client.break(new Error("connection lost"));
    await until(() => log.length === 2, "the end");
    const [[, error], closed] = log as [unknown[], unknown[]];
    expect(error).toMatchObject({ message: "webtransport error", description: { message: "connection lost" } });
    expect(closed).toEqual(["close", "transport error", error]);
    expect(session.transport.readyState).toBe("closed");
  });

  it.each<[string, (stream: RawPacketStream) => Promise<void>, SessionOptions]>([
    ["no packet", (stream) => stream.send("x"), {}],
    ["an empty frame", (stream) => stream.write(Uint8Array.of(0)), {}],
    ["a frame over maxPayload", (stream) => stream.write(Uint8Array.of(126, 4, 1)), { maxPayload: 1024 }],
    ["a frame over 100 MiB", (stream) => stream.write(Uint8Array.of(127, 0, 0, 0, 0, 6, 64, 0, 1)), {}],
  ])("is an error after %s", async (_what, step, options) => {
    const { stream, server, log } = await open(options);
    stream.onEnd = () => server.close();
    await step(stream);
    await server.closed;
    expect(log.map(([name, what]) => [name, what instanceof Error ? what.message : what])).toEqual([
      ["error", "parser error"],
      ["close", "transport error"],
    ]);
  });

  it("by the client comes behind what was sent, and the server closes", async () => {
    const { session, stream, server, client } = await open();
    stream.onEnd = () => server.close();
    session.send("last words");
    session.close();
    expect(await stream.next()).toBe("4last words");
    await client.closed;
    expect(client.closeCalls).toBe(0);
    await until(() => session.transport.readyState === "closed", "a closed transport");
  });

  it("by the client does not wait for ever for a server that ignores it", async () => {
    const { session, client } = await open();
    session.close();
    expect(client.closeCalls).toBe(0);
    await client.closed;
    expect(client.closeCalls).toBe(1);
  });
});
