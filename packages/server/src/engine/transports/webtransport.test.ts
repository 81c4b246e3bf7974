// The server's WebTransport transport on in-memory streams: bytes cut anywhere, pieces of a write, what listeners throw.
import { describe, expect, onTestFinished, test } from "vitest";
import { Server, type ServerOptions, type Socket } from "@everwire/server/engine";
import { RawPacketStream, type Slicer, memoryWebTransport, once, streamFrame, turns, until } from "@everwire/testkit";
import { OutgoingPacket } from "../outgoing-packet.js";
import { encodeStreamFrames } from "./webtransport-frame.js";

async function start(options: ServerOptions = {}, slice?: Slicer) {
  const engine = new Server({ transports: ["webtransport"], ...options });
  onTestFinished(() => void engine.close());
  const { client, server } = memoryWebTransport(slice);
  const connected = once<[Socket]>(engine, "connection");
  engine.onWebTransportSession(server);
  const stream = new RawPacketStream(await client.createBidirectionalStream());
  await stream.send("0");
  const [session] = await connected;
  await stream.next();
  return { engine, client, server, session, stream };
}

const SENT = ["4hello", Buffer.alloc(200, 1), "4€", Buffer.from([1]), `4${"x".repeat(300)}`];

test("frames are read whichever byte they are cut at", async () => {
  const bytes = Buffer.concat(SENT.map(streamFrame));
  const { session, stream } = await start();
  const received: unknown[] = [];
  session.on("message", (data: unknown) => received.push(data));
  for (let cut = 0; cut <= bytes.length; cut++) {
    if (cut > 0) await stream.write(bytes.subarray(0, cut));
    if (cut < bytes.length) await stream.write(bytes.subarray(cut));
    const expected = SENT.map((message) => (typeof message === "string" ? message.slice(1) : message));
    await until(() => received.length === expected.length, "the messages");
    expect(received.splice(0)).toEqual(expected);
  }
});

test("frames are read when every byte comes alone, and the first packet too", async () => {
  const { session, stream } = await start({}, (chunk) => [...chunk].map((byte) => Uint8Array.of(byte)));
  const message = once(session, "message");
  await stream.send("4one byte at a time");
  expect(await message).toEqual(["one byte at a time"]);
});

describe("the frames of a batch", () => {
  const packet = (data: string | Buffer): OutgoingPacket => new OutgoingPacket("message", data);

  test("are one piece while they are small", () => {
    const pieces = encodeStreamFrames([
      packet("one"),
      packet(Buffer.from([1, 2])),
      new OutgoingPacket("ping"),
      packet("ü"),
    ]);
    expect(pieces).toEqual([
      Buffer.concat([streamFrame("4one"), streamFrame(Buffer.from([1, 2])), streamFrame("2"), streamFrame("4ü")]),
    ]);
  });

  test.each([
    [Array.from({ length: 400 }, (_, index) => `message ${String(index)} ${"y".repeat(1_000)}`)],
    [["a", Buffer.alloc(200_000, 1), "b", "€".repeat(100_000), "c"]],
    [[Buffer.alloc(65_536 - 3, 1), Buffer.alloc(65_536, 2), Buffer.alloc(0), ""]],
  ])("are pieces of 64 KiB at most, and the same bytes (%#)", (messages) => {
    const pieces = encodeStreamFrames(messages.map(packet));
    const expected = messages.map((message) =>
      streamFrame(typeof message === "string" ? `4${message}` : message.length === 0 ? "b" : message),
    );
    expect(Buffer.compare(Buffer.concat(pieces), Buffer.concat(expected))).toBe(0);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    expect(Math.min(...pieces.map(({ length }) => length))).toBeGreaterThan(0);
  });

  test("do not copy large binary data", () => {
    const data = Buffer.alloc(100_000);
    expect(encodeStreamFrames([packet(data)])[1]?.buffer).toBe(data.buffer);
  });

  test("are the same for every session that a packet is sent to", () => {
    const shared = packet("to all");
    const first = encodeStreamFrames([shared]);
    expect([encodeStreamFrames([shared]), encodeStreamFrames([shared])]).toEqual([first, first]);
  });
});

test("what waits for a client is counted until it has read it", async () => {
  const { session, stream } = await start();
  stream.hold();
  // Is read nevertheless: the client had asked for it already.
  session.send("first");
  await turns(5);
  session.send("x".repeat(99));
  await turns(5);
  expect(session.transport.bufferedBytes).toBe(101);
  expect(session.transport.writable).toBe(false);
  session.send("behind");
  await turns(2);
  expect(session.bufferedBytes).toBeGreaterThan(101);
  stream.release();
  expect([await stream.next(), await stream.next(), await stream.next()]).toEqual([
    "4first",
    `4${"x".repeat(99)}`,
    "4behind",
  ]);
  await until(() => session.bufferedBytes === 0 && session.transport.writable, "an empty buffer");
});

describe("what a listener throws", () => {
  test("on a message is reported, and the next message is read", async () => {
    const { engine, session, stream } = await start();
    const reported = once<[Error, object]>(engine, "listener_error");
    const received: unknown[] = [];
    session.on("message", (data: unknown) => {
      received.push(data);
      if (data === "bad") throw new Error("listener");
    });
    await stream.send("4bad", "4good");
    const [error, context] = await reported;
    expect(error.message).toBe("listener");
    expect(context).toMatchObject({ kind: "engine-listener", event: "message", args: ["bad"] });
    await until(() => received.length === 2, "both messages");
    expect([received, session.readyState]).toEqual([["bad", "good"], "open"]);
  });

  test("on a drain is reported, and the next message leaves", async () => {
    const { engine, session, stream } = await start();
    const reported = once<[Error]>(engine, "listener_error");
    session.once("drain", () => {
      throw new Error("listener");
    });
    session.send("one");
    expect(await stream.next()).toBe("4one");
    expect((await reported)[0].message).toBe("listener");
    session.send("two");
    expect(await stream.next()).toBe("4two");
  });
});
