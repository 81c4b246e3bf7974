// WebTransport: a session's life over real sessions, frames by hand: messages, heartbeat, every way to end, a peer that does not read.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Server as Engine, ServerOptions, Socket as Session } from "@everwire/server/engine";
import { type FaultProxy, once, startFaultProxy, streamFrame as frame, turns, until } from "@everwire/testkit";
import { onTestFinished } from "vitest";
import { RawWebTransport, serveWebTransport } from "../support/webtransport.js";
import { ENGINE_PATH, engineUnderTest } from "./support.js";

interface Pair {
  readonly engine: Engine;
  readonly raw: RawWebTransport;
  readonly session: Session;
  /** The reason and the description, once there is one. */
  readonly ends: [string, (Error & { code?: string }) | undefined][];
  readonly proxy: FaultProxy;
}

/** A session, its open packet read. */
async function pair(options: ServerOptions = {}): Promise<Pair> {
  const { engine, nextSession } = await engineUnderTest({
    transports: ["polling", "websocket", "webtransport"],
    ...options,
  });
  const server = await serveWebTransport(engine, ENGINE_PATH);
  const proxy = await startFaultProxy(server.port);
  onTestFinished(() => proxy.close());
  const opened = nextSession();
  const raw = await RawWebTransport.connect(`https://127.0.0.1:${proxy.port}${ENGINE_PATH}`);
  await raw.open(frame("0"));
  const session = await opened;
  const ends: Pair["ends"] = [];
  session.on("close", (...end: Pair["ends"][number]) => ends.push(end));
  await raw.next();
  return { engine, raw, session, ends, proxy };
}

// A session that dies leaves promises behind: none of them may be rejected into the process.
const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);
beforeEach(() => {
  rejections.length = 0;
  process.on("unhandledRejection", onRejection);
});
afterEach(async () => {
  await turns(5);
  process.off("unhandledRejection", onRejection);
  expect(rejections).toEqual([]);
});

const MESSAGES = [
  "hello",
  "",
  "€ ünïcode 𝒳 👩🏽‍🚀 \u0000 \u001e \u2028",
  "x".repeat(125),
  "x".repeat(126),
  "é".repeat(40_000),
  Buffer.from([0, 1, 127, 128, 255]),
  Buffer.alloc(0),
  Buffer.alloc(125, 1),
  Buffer.alloc(126, 2),
  Buffer.alloc(70_000, 3),
  Buffer.alloc(900_000, 4),
];

describe("messages", () => {
  test.each(MESSAGES)("reach the client (%#)", async (message) => {
    const { raw, session } = await pair();
    session.send(message);
    const expected = typeof message === "string" ? `4${message}` : message.length === 0 ? "b" : message;
    const received = await raw.next();
    expect(received.length).toBe(expected.length);
    expect(Buffer.compare(Buffer.from(received), Buffer.from(expected))).toBe(0);
    expect(typeof received).toBe(typeof expected);
  });

  test.each(MESSAGES.filter((message) => message.length > 0))("come from the client (%#)", async (message) => {
    const { raw, session } = await pair();
    const received = once<[string | Buffer]>(session, "message");
    await raw.send(typeof message === "string" ? `4${message}` : message);
    const [data] = await received;
    expect(typeof data).toBe(typeof message);
    expect(Buffer.compare(Buffer.from(data as string), Buffer.from(message as string))).toBe(0);
  });

  test("come from the client whatever the pieces: base64, single bytes, many in one write", async () => {
    const { raw, session } = await pair();
    const received: unknown[] = [];
    session.on("message", (data: unknown) => received.push(data));
    for (const byte of Buffer.concat([frame("4single"), frame("bAQID"), frame(Buffer.from([9]))]))
      await raw.write(Buffer.from([byte]));
    await raw.send(...Array.from({ length: 500 }, (_, index) => `4${String(index)}`));
    await until(() => received.length === 503, "all messages");
    expect(received.slice(0, 3)).toEqual(["single", Buffer.from([1, 2, 3]), Buffer.from([9])]);
    expect(received.slice(3)).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
  });

  test("of one turn leave in order, and each callback runs once", async () => {
    const { raw, session } = await pair();
    const order: number[] = [];
    const sent = Array.from({ length: 300 }, (_, index) =>
      index % 2 === 0 ? `text ${String(index)}` : Buffer.alloc(1_000, index),
    );
    sent.forEach((data, index) => session.send(data, () => order.push(index)));
    for (const data of sent) expect(await raw.next()).toEqual(typeof data === "string" ? `4${data}` : data);
    await until(() => order.length === sent.length, "all callbacks");
    expect(order).toEqual(sent.map((_, index) => index));
  });

  test("go on when a client opens other streams and floods them and its datagrams", async () => {
    const { raw, session } = await pair();
    const datagrams = raw.session.datagrams.createWritable().getWriter();
    for (let index = 0; index < 200; index++) {
      await datagrams.write(new Uint8Array(1_000));
      const oneWay = (await raw.session.createUnidirectionalStream()).getWriter();
      await oneWay.write(new Uint8Array(1_000)).catch(() => undefined);
      oneWay.close().catch(() => undefined);
      oneWay.closed.catch(() => undefined);
      const other = await raw.session.createBidirectionalStream();
      const writer = other.writable.getWriter();
      writer.closed.catch(() => undefined);
      await writer.write(frame("4not for you")).catch(() => undefined);
      writer.close().catch(() => undefined);
      other.readable.cancel().catch(() => undefined);
    }
    const received = once(session, "message");
    await raw.send("4still here");
    expect(await received).toEqual(["still here"]);
    session.send("and there");
    expect(await raw.next()).toBe("4and there");
  });
});

describe("the heartbeat", () => {
  test("is kept, and ends a session that misses it", async () => {
    const { raw, session, ends } = await pair({ pingInterval: 30, pingTimeout: 150 });
    for (let beat = 0; beat < 2; beat++) {
      expect(await raw.stream.frames.next()).toBe("2");
      const heard = once(session, "heartbeat");
      await raw.send("3");
      await heard;
    }
    await raw.ended();
    expect(ends).toEqual([["ping timeout", undefined]]);
  });

  test("has a direction", async () => {
    const { raw, ends } = await pair();
    await raw.send("2");
    await raw.ended();
    expect(ends.map(([reason, error]) => [reason, error?.code])).toEqual([
      ["transport error", "ERR_HEARTBEAT_DIRECTION"],
    ]);
  });
});

describe("the end", () => {
  test.each<[string, (pair: Pair) => unknown]>([
    ["closes the session", ({ raw }) => raw.session.close({ closeCode: 7, reason: "bye" })],
    ["ends its stream", ({ raw }) => raw.stream.finish()],
    ["resets its stream", ({ raw }) => raw.stream.abort()],
    ["sends a close packet", ({ raw }) => raw.send("1")],
    ["is cut off", ({ proxy }) => proxy.cut()],
  ])("is a transport close when the client %s", async (_what, step) => {
    const one = await pair();
    await step(one);
    await one.raw.ended();
    await until(() => one.ends.length > 0, "the end");
    await turns(5);
    expect(one.ends).toEqual([["transport close", undefined]]);
    expect(one.engine.clientsCount).toBe(0);
  });

  test.each<[string, Uint8Array]>([
    ["an unknown packet", frame("x")],
    ["an empty frame", Buffer.from([0])],
    ["an empty binary frame", Buffer.from([0x80])],
    ["a frame over the limit", Buffer.from([126, 0x27, 0x11])],
    ["a frame far over it", Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255])],
  ])("is a parse error after %s, and nothing of it or behind it is taken", async (_what, bytes) => {
    const { raw, session, ends } = await pair({ maxHttpBufferSize: 10_000 });
    const received: unknown[] = [];
    session.on("message", (data: unknown) => received.push(data));
    await raw.write(Buffer.concat([frame("4before"), bytes, frame("4behind")]));
    await raw.ended();
    expect(received).toEqual(["before"]);
    expect(ends.map(([reason, error]) => [reason, error?.code])).toEqual([["parse error", "ERR_PACKET_MALFORMED"]]);
  });

  test("by the server comes behind what was sent before", async () => {
    const { raw, session, ends } = await pair();
    raw.stream.onEnd = () => raw.session.close();
    const last = Buffer.alloc(500_000, 5);
    session.send("last words").send(last);
    session.close();
    expect(await raw.next()).toBe("4last words");
    expect(await raw.next()).toEqual(last);
    await raw.ended();
    expect(ends).toEqual([["forced close", undefined]]);
  });

  test("by the server does not wait for a client that ignores the end of its stream", async () => {
    const { raw, session } = await pair();
    session.close();
    await raw.ended();
  });

  test("comes at once when what is left is dropped, and when the engine closes", async () => {
    const one = await pair();
    one.session.close(true);
    await one.raw.ended();
    expect(one.ends).toEqual([["forced close", undefined]]);
    const other = await pair();
    other.engine.close();
    await other.raw.ended();
    expect(other.ends).toEqual([["forced close", undefined]]);
  });
});

describe("a client that does not read", () => {
  test("is waited for: not writable, what waits is counted, and nothing is lost", async () => {
    const { raw, session, proxy } = await pair();
    proxy.freeze();
    const chunk = Buffer.alloc(100_000, 6);
    let sent = 0;
    // As much as the kernel's buffers and the windows of the library take.
    for (let idle = 0; idle < 20; idle++) {
      if (session.transport.writable) {
        session.send(chunk);
        sent++;
        idle = 0;
      }
      await turns(3);
    }
    expect(session.transport.writable).toBe(false);
    expect(session.bufferedBytes).toBeGreaterThan(0);
    session.send("behind it");
    proxy.thaw();
    for (let index = 0; index < sent; index++) expect((await raw.next()).length).toBe(chunk.length);
    expect(await raw.next()).toBe("4behind it");
    await until(() => session.bufferedBytes === 0, "an empty buffer");
  });

  test("is cut off when too much waits for it", async () => {
    const { session, ends, proxy } = await pair({ maxBufferedBytes: 1_000_000 });
    proxy.freeze();
    const chunk = Buffer.alloc(100_000, 6);
    await until(() => {
      session.send(chunk);
      return ends.length > 0;
    }, "the end");
    expect(ends.map(([reason, error]) => [reason, error?.code])).toEqual([["buffer overflow", "ERR_BUFFER_OVERFLOW"]]);
  });
});
