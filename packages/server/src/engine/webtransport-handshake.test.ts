// What of WebTransport real sessions can't show: the origin that a page has, allowRequest at its worst, sessions that die in every
// moment. In memory; real ones are in e2e/conformance.
import type { IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type EngineRequest, Server, type ServerOptions } from "@everwire/server/engine";
import {
  type MemorySession,
  RawPacketStream,
  memoryWebTransport,
  once,
  streamFrame,
  turns,
  until,
} from "@everwire/testkit";

function start(options: ServerOptions = {}): Server {
  const engine = new Server({ transports: ["polling", "webtransport"], ...options });
  onTestFinished(() => void engine.close());
  return engine;
}

interface Refused {
  readonly code: number;
  readonly context: object;
}

/** A session whose request had these headers; `opens` tells whether it was let in. */
async function opens(engine: Server, header?: Record<string, string>): Promise<boolean> {
  const { client, server } = memoryWebTransport();
  server.header = header;
  engine.onWebTransportSession(server);
  const stream = new RawPacketStream(await client.createBidirectionalStream());
  stream.write(streamFrame("0")).catch(() => undefined);
  try {
    return String(await stream.next()).startsWith("0{");
  } catch {
    await client.closed;
    return false;
  }
}

describe("the origin of the page", () => {
  const authority = { ":authority": "chat.example:4433" };

  test.each<[string, Record<string, string>, ServerOptions, boolean]>([
    ["none", authority, {}, true],
    ["the server's own", { ...authority, origin: "https://chat.example:4433" }, {}, true],
    ["the server's own, by the host header", { host: "chat.example", origin: "https://chat.example" }, {}, true],
    ["a bare host name, as clients in Node send it", { ...authority, origin: "chat.example" }, {}, true],
    ["another one's bare host name", { ...authority, origin: "chat" }, {}, false],
    ["foreign", { ...authority, origin: "https://evil.example" }, {}, false],
    ["null", { ...authority, origin: "null" }, {}, false],
    ["its own by name, on another port", { ...authority, origin: "https://chat.example" }, {}, false],
    [
      "named by cors",
      { ...authority, origin: "https://app.example" },
      { cors: { origin: "https://app.example" } },
      true,
    ],
    [
      "not named by cors",
      { ...authority, origin: "https://evil.example" },
      { cors: { origin: "https://app.example" } },
      false,
    ],
  ])("%s", async (_which, header, options, isAllowed) => {
    const engine = start(options);
    const refusals: Refused[] = [];
    engine.on("connection_error", (refused: Refused) => refusals.push(refused));
    expect(await opens(engine, header)).toBe(isAllowed);
    expect(refusals.map(({ code, context }) => [code, context])).toEqual(
      isAllowed ? [] : [[4, { message: "origin not allowed" }]],
    );
  });

  test("is unknown where the library does not tell", async () => {
    expect(await opens(start())).toBe(true);
  });

  test("is asked of a function, which may fail", async () => {
    const cors = vi.fn((_request: unknown, callback: (error: Error | null) => void) => callback(new Error("no list")));
    expect(await opens(start({ cors }), { ...authority, origin: "https://app.example" })).toBe(false);
    expect(cors).toHaveBeenCalledOnce();
  });
});

describe("allowRequest", () => {
  test("sees headers, address and query; names that are none of a header's are plain properties", async () => {
    const seen: IncomingMessage[] = [];
    const engine = start({
      allowRequest: (request, answer) => {
        seen.push(request);
        answer(null, true);
      },
    });
    const header = JSON.parse('{":path":"/engine.io/?a=1","x-token":"t","__proto__":"x"}') as Record<string, string>;
    expect(await opens(engine, { ...header, ":authority": "h" })).toBe(true);
    const [{ url, headers, socket, _query }] = seen as [EngineRequest];
    expect([url, { ..._query }, socket.remoteAddress]).toEqual(["/engine.io/?a=1", { a: "1" }, undefined]);
    expect(Object.entries(headers).sort()).toEqual([
      ["__proto__", "x"],
      ["host", "h"],
      ["x-token", "t"],
    ]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test.each<[string, ServerOptions["allowRequest"] & object]>([
    ["says no", (_request, answer) => answer(null, false)],
    [
      "throws",
      () => {
        throw new Error("bad check");
      },
    ],
    ["never answers", () => undefined],
  ])("refuses when it %s", async (_what, allowRequest) => {
    expect(await opens(start({ allowRequest, upgradeTimeout: 50 }))).toBe(false);
  });

  test("may answer when the session is gone, or the engine closed", async () => {
    for (const end of [
      (session: MemorySession) => session.close(),
      (_session: MemorySession, engine: Server) => void engine.close(),
    ]) {
      const answers: (() => void)[] = [];
      const engine = start({ allowRequest: (_request, answer) => answers.push(() => answer(null, true)) });
      const onConnection = vi.fn();
      engine.on("connection", onConnection);
      const { client, server } = memoryWebTransport();
      engine.onWebTransportSession(server);
      const stream = new RawPacketStream(await client.createBidirectionalStream());
      await stream.send("0");
      await until(() => answers.length === 1, "the question");
      end(client, engine);
      await turns(5);
      for (const answer of answers) answer();
      await client.closed;
      await turns(5);
      expect([onConnection.mock.calls.length, engine.clientsCount]).toEqual([0, 0]);
    }
  });

  test("is not waited for by a client that goes on talking", async () => {
    const engine = start({ allowRequest: () => undefined });
    const { client, server } = memoryWebTransport();
    engine.onWebTransportSession(server);
    const stream = new RawPacketStream(await client.createBidirectionalStream());
    await stream.send("0", "4hello");
    await client.closed;
  });
});

describe("a session that dies", () => {
  /** Every moment of its life, one after the other. */
  const MOMENTS = ["at once", "with a stream", "in its first frame", "opened", "while it is written to"] as const;

  test.each(MOMENTS.flatMap((moment) => [[moment, "closes"] as const, [moment, "breaks"] as const]))(
    "%s and %s leaves no rejected promise and no session",
    async (moment, how) => {
      const rejections: unknown[] = [];
      const onRejection = (reason: unknown): void => void rejections.push(reason);
      process.on("unhandledRejection", onRejection);
      onTestFinished(() => void process.off("unhandledRejection", onRejection));
      const engine = start();
      const { client, server } = memoryWebTransport();
      engine.onWebTransportSession(server);
      const step = MOMENTS.indexOf(moment);
      if (step > 0) {
        const stream = new RawPacketStream(await client.createBidirectionalStream());
        if (step === 2) await stream.write(Uint8Array.of(20, 48));
        if (step > 2) await stream.send("0");
        if (step > 2) await stream.next();
        if (step > 3) {
          stream.hold();
          for (const session of Object.values(engine.clients)) session.send(Buffer.alloc(300_000));
          await turns(3);
        }
      }
      if (how === "closes") client.close();
      else client.break(new Error("connection lost"));
      await turns(10);
      expect(rejections).toEqual([]);
      expect(engine.clientsCount).toBe(0);
    },
  );

  test("is closed by us once, and not before it is ready", async () => {
    const engine = start({ upgradeTimeout: 20 });
    const { client, server } = memoryWebTransport();
    let open = (): void => undefined;
    Object.defineProperty(server, "ready", { value: new Promise<void>((resolve) => (open = resolve)) });
    engine.onWebTransportSession(server);
    await once(engine, "connection_error");
    await turns(5);
    expect(server.closeCalls).toBe(0);
    open();
    await client.closed;
    expect(server.closeCalls).toBe(1);
  });

  test("is closed once when it is dropped, though its stream breaks with it", async () => {
    const engine = start();
    const { client, server } = memoryWebTransport();
    engine.onWebTransportSession(server);
    const stream = new RawPacketStream(await client.createBidirectionalStream());
    await stream.send("0");
    await stream.next();
    engine.close();
    await client.closed;
    await turns(5);
    expect(server.closeCalls).toBe(1);
  });

  test("is closed once when it ends while it is closed in good order", async () => {
    const engine = start();
    const { client, server } = memoryWebTransport();
    const connected = once<[{ close(): void }]>(engine, "connection");
    engine.onWebTransportSession(server);
    const stream = new RawPacketStream(await client.createBidirectionalStream());
    await stream.send("0");
    (await connected)[0].close();
    stream.onEnd = () => void stream.finish();
    await client.closed;
    expect([client.closeCalls, server.closeCalls]).toEqual([0, 1]);
  });
});

test("nothing that a client sends beside the protocol piles up", async () => {
  const engine = start();
  const { client, server } = memoryWebTransport();
  engine.onWebTransportSession(server);
  const stream = new RawPacketStream(await client.createBidirectionalStream());
  await stream.send("0");
  for (let index = 0; index < 1_000; index++) {
    server.acceptDatagram(new Uint8Array(100));
    server.acceptOneWay(new ReadableStream());
    await client.createBidirectionalStream();
  }
  await turns(5);
  expect(server.unread).toEqual([0, 0, 0]);
  expect(await stream.next()).toMatch(/^0\{/);
});
