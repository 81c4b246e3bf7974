import { describe, expect, onTestFinished, test } from "vitest";
import {
  Opcode,
  RawEngineClient,
  RawTcp,
  closeCode,
  encodeFrame,
  once,
  readFrame,
  startEngine,
  turns,
  until,
  upgradeRequest,
} from "@everwire/testkit";
import type { Frame, StartEngineOptions, StartedEngine } from "@everwire/testkit";
import type { Socket, TransportError } from "@everwire/server/engine";

interface Setup extends StartedEngine {
  readonly client: RawEngineClient;
}

async function start(options: StartEngineOptions = {}): Promise<Setup> {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  return { ...started, client: new RawEngineClient(started.url, { path: "/engine.io/" }) };
}

const TARGET = "/engine.io/?EIO=4&transport=websocket";

/** A session on a bare TCP connection, its open packet read. */
async function startRaw(options: StartEngineOptions = {}, headers: Record<string, string> = {}) {
  const setup = await start(options);
  const connected = once<[Socket]>(setup.engine, "connection");
  const tcp = await RawTcp.open(setup.port);
  onTestFinished(() => tcp.destroy());
  tcp.write(upgradeRequest(TARGET, headers));
  await tcp.readThrough("\r\n\r\n");
  await readFrame(tcp);
  const [session] = await connected;
  const ended = once<[string, TransportError | undefined]>(session, "close");
  // Some tests end before the session does.
  ended.catch(() => undefined);
  return { ...setup, tcp, session, ended };
}

/** The code of the close frame, read behind whatever else there is. */
async function closedWith(tcp: RawTcp): Promise<number> {
  let frame: Frame;
  do frame = await readFrame(tcp);
  while (frame.opcode !== Opcode.CLOSE);
  return closeCode(frame);
}

describe("reading", () => {
  test("takes a message in fragments", async () => {
    const { tcp, session } = await startRaw();
    const message = once(session, "message");
    tcp.write(
      encodeFrame("4a", { fin: false }),
      encodeFrame("b", { fin: false, opcode: Opcode.CONTINUATION }),
      encodeFrame("c", { opcode: Opcode.CONTINUATION }),
    );
    expect(await message).toEqual(["abc"]);
  });

  test("takes frames cut at every byte", async () => {
    const { tcp, session } = await startRaw();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    for (const byte of Buffer.concat([
      encodeFrame("4é"),
      encodeFrame(Buffer.from([1, 2]), { opcode: Opcode.BINARY }),
    ])) {
      tcp.write(Buffer.from([byte]));
      await turns(1);
    }
    await until(() => messages.length === 2, "both messages");
    expect(messages).toEqual(["é", Buffer.from([1, 2])]);
  });

  test("takes an empty message, text and binary", async () => {
    const { tcp, session } = await startRaw();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    tcp.write(encodeFrame("4"), encodeFrame("", { opcode: Opcode.BINARY }), encodeFrame("4end"));
    await until(() => messages.length === 3, "the messages");
    expect(messages).toEqual([undefined, Buffer.alloc(0), "end"]);
  });

  test.each(["abc", "", "7x"])("ends with a parse error on %o, which is no packet", async (text) => {
    const { tcp, ended } = await startRaw();
    tcp.write(encodeFrame(text));
    expect(await ended).toMatchObject(["parse error", { code: "ERR_PACKET_MALFORMED" }]);
    await closedWith(tcp);
    await tcp.closed();
  });

  test("ends with a transport error and 1009 on a message over the limit", async () => {
    const { tcp, ended } = await startRaw({ maxHttpBufferSize: 10 });
    tcp.write(encodeFrame("4234567890"));
    tcp.write(encodeFrame("42345678901"));
    expect(await closedWith(tcp)).toBe(1009);
    expect(await ended).toMatchObject(["transport error", { code: "ERR_WEBSOCKET_FAILED" }]);
  });

  test("ends with 1007 on text that is no UTF-8", async () => {
    const { tcp, ended } = await startRaw();
    tcp.write(encodeFrame(Buffer.from([0x34, 0xff, 0xfe]), { opcode: Opcode.TEXT }));
    expect(await closedWith(tcp)).toBe(1007);
    expect((await ended)[0]).toBe("transport error");
  });

  test("answers a close frame", async () => {
    const { tcp, ended } = await startRaw();
    tcp.write(encodeFrame(Buffer.from([0x03, 0xe8]), { opcode: Opcode.CLOSE }));
    expect(await closedWith(tcp)).toBe(1000);
    expect(await ended).toEqual(["transport close", undefined]);
    await tcp.closed();
  });

  test("answers a ping with its data", async () => {
    const { tcp } = await startRaw();
    tcp.write(encodeFrame("data", { opcode: Opcode.PING }));
    const { opcode, payload } = await readFrame(tcp);
    expect([opcode, payload.toString()]).toEqual([Opcode.PONG, "data"]);
  });

  test("answers a ping where permessage-deflate was negotiated", async () => {
    const { tcp } = await startRaw({ perMessageDeflate: true }, { "Sec-WebSocket-Extensions": "permessage-deflate" });
    tcp.write(encodeFrame("data", { opcode: Opcode.PING }));
    const { opcode, payload } = await readFrame(tcp);
    expect([opcode, payload.toString()]).toEqual([Opcode.PONG, "data"]);
  });
});

describe("writing", () => {
  test("puts pongs and messages on the wire as whole frames, whatever their order", async () => {
    const { tcp, session } = await startRaw();
    const expected = new Set<string>();
    for (let round = 0; round < 20; round++) {
      tcp.write(encodeFrame(`ping ${round}`, { opcode: Opcode.PING }));
      session.send(`message ${round}`).send(Buffer.alloc(20_000, round));
      expected.add(`4message ${round}`);
      await turns(2);
    }
    while (expected.size > 0) {
      const { opcode, payload } = await readFrame(tcp);
      if (opcode === Opcode.TEXT) expect(expected.delete(payload.toString())).toBe(true);
      else if (opcode === Opcode.BINARY) expect(payload).toHaveLength(20_000);
      else expect(opcode).toBe(Opcode.PONG);
    }
  });

  test("puts the close frame behind everything that was sent", async () => {
    const { tcp, session } = await startRaw();
    session.send("a").send("b");
    session.close();
    expect((await readFrame(tcp)).payload.toString()).toBe("4a");
    expect((await readFrame(tcp)).payload.toString()).toBe("4b");
    expect((await readFrame(tcp)).opcode).toBe(Opcode.CLOSE);
  });

  test("of a large message waits for the socket before the next batch", async () => {
    const { tcp, session } = await startRaw();
    tcp.socket.pause();
    session.send(Buffer.alloc(10_000_000));
    await turns();
    expect(session.transport.writable).toBe(false);
    session.send("behind");
    tcp.socket.resume();
    expect((await readFrame(tcp)).payload).toHaveLength(10_000_000);
    expect((await readFrame(tcp)).payload.toString()).toBe("4behind");
  });

  test("runs the callbacks of a batch that had to wait once it has left", async () => {
    const { tcp, session } = await startRaw();
    tcp.socket.pause();
    const log: string[] = [];
    session.send(Buffer.alloc(10_000_000), () => log.push("first"));
    session.send("second", () => log.push("second"));
    await turns();
    expect(log).toEqual([]);
    tcp.socket.resume();
    await until(() => log.length === 2, "the callbacks");
    expect(log).toEqual(["first", "second"]);
  });
});

describe("permessage-deflate", () => {
  const DEFLATE = { perMessageDeflate: { threshold: 100 } };

  test("is off unless asked for", async () => {
    const { client } = await start();
    const socket = await client.websocket({}, { perMessageDeflate: true });
    expect(socket.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  test("carries messages and callbacks in order", async () => {
    const { client, engine } = await start(DEFLATE);
    const log: string[] = [];
    engine.on("connection", (session: Socket) => {
      session.on("message", (data: string | Buffer) => session.send(data, () => log.push("sent")));
    });
    const socket = await client.websocket({}, { perMessageDeflate: true });
    expect(socket.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    const messages = ["4small", `4${"large".repeat(1000)}`, Buffer.alloc(5000, 1), "4end"];
    for (const message of messages) socket.send(message);
    for (const message of messages) expect(await socket.next()).toEqual(message);
    expect(log).toHaveLength(4);
  });

  test("leaves alone what is below the threshold, or not to be compressed", async () => {
    const { tcp, session } = await startRaw(DEFLATE, { "Sec-WebSocket-Extensions": "permessage-deflate" });
    const text = "x".repeat(200);
    session.send("small").send(text, { compress: false }).send(text);
    expect((await readFrame(tcp)).rsv1).toBe(false);
    expect((await readFrame(tcp)).rsv1).toBe(false);
    const last = await readFrame(tcp);
    expect(last.rsv1).toBe(true);
    expect(last.payload.length).toBeLessThan(50);
  });

  test("is not forced on a client that does not offer it", async () => {
    const { tcp, session } = await startRaw(DEFLATE);
    session.send("x".repeat(200));
    expect((await readFrame(tcp)).rsv1).toBe(false);
  });
});

describe("attacks", () => {
  test.each([
    ["RSV2", { rsv2: true }],
    ["RSV3", { rsv3: true }],
    ["an unknown opcode", { opcode: 3 }],
    ["no mask", { mask: false }],
    ["a fragment of nothing", { opcode: Opcode.CONTINUATION }],
    ["a fragmented ping", { opcode: Opcode.PING, fin: false }],
  ])("S5 a frame with %s in the segment of the handshake ends that session only", async (_name, options) => {
    const { client, engine, port } = await start();
    const other = await client.websocket();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest(TARGET), encodeFrame("4a", options));
    await tcp.readThrough("\r\n\r\n");
    expect(await closedWith(tcp)).toBe(1002);
    await tcp.closed();
    await until(() => engine.clientsCount === 1, "the end of the session");
    engine.clients[other.handshake.sid]?.send("alive");
    expect(await other.next()).toBe("4alive");
  });

  test.each([0x8000000000000001n, 0xffffffffffffffffn])("S12 a length of %i is closed with 1002", async (claim) => {
    const { tcp, ended, client } = await startRaw();
    tcp.write(encodeFrame("4a", { claim }));
    expect(await closedWith(tcp)).toBe(1002);
    expect((await ended)[0]).toBe("transport error");
    await tcp.closed();
    await client.websocket();
  });

  test("S14 a ping flood whose pongs are never read costs no memory", async () => {
    const { tcp, session, client } = await startRaw();
    tcp.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    const flood = Buffer.concat(
      Array.from({ length: 2000 }, () => encodeFrame("x".repeat(125), { opcode: Opcode.PING })),
    );
    let highest = 0;
    for (let round = 0; round < 100; round++) {
      tcp.socket.write(flood);
      await turns(3);
      highest = Math.max(highest, session.bufferedBytes);
    }
    expect(highest).toBeLessThan(256 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
    await client.websocket();
  });

  test("S14 of many pings in one turn only the last is answered", async () => {
    const { tcp } = await startRaw();
    tcp.write(...Array.from({ length: 100 }, (_, index) => encodeFrame(String(index), { opcode: Opcode.PING })));
    let frame = await readFrame(tcp);
    let pongs = 1;
    while (frame.payload.toString() !== "99") {
      frame = await readFrame(tcp);
      pongs += 1;
    }
    expect(pongs).toBeLessThan(50);
  });

  test.each([
    ["one-byte", "x"],
    ["empty", ""],
  ])("S14 %s fragments without end are cut off", async (_name, payload) => {
    const { tcp, ended, client } = await startRaw();
    tcp.write(encodeFrame("4", { fin: false }));
    const fragments = Buffer.concat(
      Array.from({ length: 20_000 }, () => encodeFrame(payload, { fin: false, opcode: Opcode.CONTINUATION })),
    );
    tcp.write(fragments);
    expect((await ended)[0]).toBe("transport error");
    await closedWith(tcp);
    await client.websocket();
  });

  test("S15 a decompression bomb is aborted while it inflates", async () => {
    const { client, engine } = await start({ perMessageDeflate: true, maxHttpBufferSize: 100_000 });
    const other = await client.websocket();
    const socket = await client.websocket({}, { perMessageDeflate: true });
    const ended = once<[string]>(engine.clients[socket.handshake.sid] as Socket, "close");
    socket.send("4".repeat(50_000_000));
    expect((await socket.closed()).code).toBe(1009);
    expect((await ended)[0]).toBe("transport error");
    expect(other.isOpen).toBe(true);
  });

  test("S18 a frame over the limit is refused on its header", async () => {
    const { tcp, ended } = await startRaw({ maxHttpBufferSize: 1000 });
    tcp.write(encodeFrame("4", { claim: 1001n }));
    expect(await closedWith(tcp)).toBe(1009);
    expect((await ended)[0]).toBe("transport error");
  });

  test("S20 silence after the open packet ends with the heartbeat", async () => {
    const { tcp, ended } = await startRaw({ pingInterval: 20, pingTimeout: 20 });
    expect((await ended)[0]).toBe("ping timeout");
    await closedWith(tcp);
  });
});
