// What waits for a client that is slower than what is emitted: who is asked, what is dropped, whole messages only, and who is told when
// it is over. The room with a thousand readers has a file of its own.
import { once, RawTcp, turns, until } from "@everwire/testkit";
import type { RawMessage, RawSession } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { engineUnderTest, serverUnderTest, SOCKET_PATH, type ServerUnderTest } from "./support.js";

type Options = Parameters<typeof serverUnderTest>[0];

interface Pair extends ServerUnderTest {
  readonly served: Socket;
  readonly wire: RawSession;
}

async function pair(options: Options = {}, query: Record<string, string> = {}): Promise<Pair> {
  const started = await serverUnderTest(options);
  const connection = once<[Socket]>(started.io, "connection");
  const wire = await started.client.websocket(query);
  wire.send("40");
  await wire.nextText();
  const [served] = await connection;
  return { ...started, served, wire };
}

/** Stops reading, and has so much sent that nothing more leaves: what is sent now waits. */
async function stopReading({ wire, served }: Pair): Promise<void> {
  wire.ws.pause();
  while (served.conn.transport.writable) {
    served.emit("fill", "x".repeat(200_000));
    await turns(1);
  }
}

/** All events after those that filled the line, up to `end`. */
async function eventsUntilEnd(wire: RawSession): Promise<RawMessage[]> {
  const messages: RawMessage[] = [];
  wire.ws.resume();
  for (;;) {
    const message = await wire.next();
    if (message === '42["end"]') return messages;
    if (typeof message !== "string" || !message.startsWith('42["fill"')) messages.push(message);
  }
}

const MIB = 1024 * 1024;

describe("what finds no room", () => {
  test("is asked about once a message, with the size of all its parts, and dropped with its attachments", async () => {
    const asked: unknown[] = [];
    const both = await pair({
      maxBufferedBytes: 8 * MIB,
      onOverflow: (session, packet, bytes) => {
        asked.push([
          session.id === both.served.conn.id,
          typeof packet.data === "string" ? packet.data.slice(0, 8) : packet.data,
          bytes > 10 * MIB,
        ]);
        return "drop";
      },
    });
    await stopReading(both);
    const { served, io } = both;
    served.emit("small", Buffer.from([1]));
    served.emit("large", Buffer.alloc(10 * MIB), Buffer.from([2]));
    io.emit("large", Buffer.alloc(10 * MIB), Buffer.from([2]));
    served.emit("small", Buffer.from([3]));
    served.emit("end");
    expect(await eventsUntilEnd(both.wire)).toEqual([
      '451-["small",{"_placeholder":true,"num":0}]',
      Buffer.from([1]),
      '451-["small",{"_placeholder":true,"num":0}]',
      Buffer.from([3]),
    ]);
    expect(asked).toEqual([
      [true, '52-["lar', true],
      [true, '52-["lar', true],
    ]);
  });

  test("is not counted when it is dropped: a session that is resumed misses nothing else, and has nothing twice", async () => {
    let drops = 0;
    const both = await pair(
      {
        maxBufferedBytes: 8 * MIB,
        resume: { maxBufferBytes: 64 * MIB },
        onOverflow: () => {
          drops += 1;
          return "drop";
        },
      },
      { ew: "1" },
    );
    await stopReading(both);
    const { served, wire, client } = both;
    served.emit("first");
    served.emit("too large", Buffer.alloc(10 * MIB));
    served.emit("second");
    served.emit("end");
    const suspended = once(served.conn, "suspend");
    wire.ws.terminate();
    await suspended;
    // It has received its CONNECT, and nothing of what filled the line.
    const again = await client.socket({ ew: "1", sid: wire.handshake.sid, resume: "1", leg: "1" });
    expect((await again.nextText()).startsWith("0{")).toBe(true);
    const events = await eventsUntilEnd(Object.assign(again, { handshake: wire.handshake }));
    expect(events).toEqual(['42["first"]', '42["second"]']);
    expect(drops).toBe(1);
    served.emit("after");
    expect(await again.nextText()).toBe('42["after"]');
  });

  test("in a suspended session is asked about too, and the session can be resumed without it", async () => {
    let drops = 0;
    const drop = (): "drop" => {
      drops += 1;
      return "drop";
    };
    const { served, wire, client } = await pair({ onOverflow: drop, resume: { maxBufferBytes: 10_000 } }, { ew: "1" });
    const suspended = once(served.conn, "suspend");
    wire.ws.terminate();
    await suspended;
    served.emit("kept", "x".repeat(5_000));
    served.emit("dropped", "x".repeat(8_000));
    served.emit("end");
    const again = await client.socket({ ew: "1", sid: wire.handshake.sid, resume: "1", leg: "1" });
    expect((await again.nextText()).startsWith("0{")).toBe(true);
    expect(await eventsUntilEnd(Object.assign(again, { handshake: wire.handshake }))).toEqual([
      `42["kept","${"x".repeat(5_000)}"]`,
    ]);
    expect(drops).toBe(1);
  });

  test("with drop-volatile takes the place of volatile ones, whole, and keeps their order", async () => {
    const { served, wire } = await pair({ maxBufferedBytes: 100_000, onOverflow: "drop-volatile" });
    // Of one turn: the line is free, so the volatile one is taken until something needs its place.
    served.volatile.emit("picture", Buffer.alloc(40_000), Buffer.alloc(40_000));
    served.emit("one", "x".repeat(10_000));
    expect(served.conn.writeBuffer).toHaveLength(4);
    served.emit("two", Buffer.alloc(50_000));
    expect(served.conn.writeBuffer).toHaveLength(3);
    served.emit("end");
    expect(await eventsUntilEnd(wire)).toEqual([
      `42["one","${"x".repeat(10_000)}"]`,
      '451-["two",{"_placeholder":true,"num":0}]',
      Buffer.alloc(50_000),
    ]);
  });

  test("with drop-volatile is dropped itself if it is volatile, and the end of the session if that is not enough", async () => {
    const { served, wire } = await pair({ maxBufferedBytes: 100_000, onOverflow: "drop-volatile" });
    served.volatile.emit("picture", Buffer.alloc(200_000));
    served.emit("end");
    expect(await eventsUntilEnd(wire)).toEqual([]);
    const ended = once(served, "disconnect");
    served.emit("plain", Buffer.alloc(200_000));
    expect(await ended).toMatchObject(["buffer overflow", { code: "ERR_BUFFER_OVERFLOW" }]);
    await wire.closed();
  });

  test.each(["disconnect" as const, undefined])("is the end of the session with %s", async (onOverflow) => {
    const { served, wire } = await pair({ maxBufferedBytes: 100_000, ...(onOverflow && { onOverflow }) });
    const ended = once(served, "disconnect");
    served.emit("plain", Buffer.alloc(200_000));
    expect((await ended)[0]).toBe("buffer overflow");
    await wire.closed();
  });

  test("is never a ping: a client that is spared is asked whether it lives", async () => {
    const types: string[] = [];
    const { client, nextSession } = await engineUnderTest({
      maxBufferedBytes: 2_000,
      pingInterval: 20,
      onOverflow: (_session, packet) => {
        types.push(packet.type);
        return "drop";
      },
    });
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    // To the brim.
    while (types.length < 3) session.send("");
    await until(() => session.writeBuffer.some(({ type }) => type === "ping"), "a ping");
    expect(new Set(types)).toEqual(new Set(["message"]));
    expect((await polling.packets()).at(-1)).toBe("2");
    polling.release();
  });
});

describe("drain", () => {
  test("is emitted once when much has left, to all sockets of the connection, and not for little", async () => {
    const both = await pair();
    const { served, wire, io } = both;
    const other = once<[Socket]>(io.of("/other"), "connection");
    wire.send("40/other,");
    await wire.nextText();
    const log: string[] = [];
    served.on("drain", () => log.push("main"));
    (await other)[0].on("drain", () => log.push("other"));
    served.emit("small");
    await wire.nextText();
    expect([log, served.writableNeedDrain]).toEqual([[], false]);
    await stopReading(both);
    expect([served.writableNeedDrain, (await other)[0].writableNeedDrain]).toEqual([true, true]);
    log.length = 0;
    served.emit("end");
    await eventsUntilEnd(wire);
    await until(() => log.length > 0, "drain");
    await turns(5);
    expect([log, served.writableNeedDrain]).toEqual([["main", "other"], false]);
  });

  test("lets a producer go as fast as the client reads, as with a stream", async () => {
    const { served, wire } = await pair();
    let sent = 0;
    let peakBytes = 0;
    const pump = (): void => {
      while (sent < 200 && !served.writableNeedDrain) {
        served.emit("chunk", sent++, "x".repeat(50_000));
        peakBytes = Math.max(peakBytes, served.bufferedBytes);
      }
      if (sent === 200) served.emit("end");
    };
    served.on("drain", pump);
    pump();
    expect((await eventsUntilEnd(wire)).map((event) => /^42\["chunk",(\d+)/.exec(String(event))?.[1])).toEqual(
      Array.from({ length: 200 }, (_, index) => String(index)),
    );
    expect(peakBytes).toBeLessThan(200_000);
  });

  test("is emitted when it was much only in sum", async () => {
    const { served, wire } = await pair();
    wire.ws.pause();
    while (served.conn.transport.writable) {
      for (let i = 0; i < 10; i++) served.emit("fill", "x".repeat(1_000));
      await turns(1);
    }
    const drained = once(served, "drain");
    wire.ws.resume();
    await drained;
  });

  test("comes over polling when the answer has left", async () => {
    const { io, client } = await serverUnderTest();
    const connection = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    await polling.packets();
    const [served] = await connection;
    let drains = 0;
    served.on("drain", () => (drains += 1));
    served.emit("small");
    await polling.packets();
    served.emit("large", "x".repeat(100_000));
    await turns(5);
    expect([drains, served.writableNeedDrain]).toEqual([0, true]);
    await polling.packets();
    await until(() => drains === 1, "drain");
    expect(served.writableNeedDrain).toBe(false);
    polling.release();
  });

  test("comes after a suspension, once the client is back and has been sent it all", async () => {
    const { served, wire, client } = await pair({}, { ew: "1" });
    let drains = 0;
    served.on("drain", () => (drains += 1));
    const suspended = once(served.conn, "suspend");
    wire.ws.terminate();
    await suspended;
    served.emit("large", "x".repeat(100_000));
    let isFlushed = false;
    const flushed = served.flushed().then(() => (isFlushed = true));
    await turns(5);
    expect([drains, isFlushed, served.writableNeedDrain]).toEqual([0, false, true]);
    const again = await client.socket({ ew: "1", sid: wire.handshake.sid, resume: "1", leg: "1" });
    await flushed;
    await until(() => drains === 1, "drain");
    expect((await again.nextText()).startsWith("0{")).toBe(true);
    expect((await again.nextText()).startsWith('42["large"')).toBe(true);
  });

  test("is told to listeners that come later, and to none that have gone", async () => {
    const both = await pair();
    const { served, wire } = both;
    await stopReading(both);
    const none = (): never => {
      throw new Error("gone");
    };
    served.on("drain", none);
    served.off("drain", none);
    const drained = once(served, "drain");
    served.emit("end");
    await eventsUntilEnd(wire);
    await drained;
  });
});

describe("flushed", () => {
  test("does not wait for the little that the connection holds back while it takes more", async () => {
    const both = await pair();
    const { served, wire } = both;
    wire.ws.pause();
    // Until the kernel takes no more, by steps that are smaller than what makes a stream say so.
    for (let i = 0; served.bufferedBytes === 0 && i < 20_000; i++) {
      for (let j = 0; j < 10; j++) served.emit("little", "x".repeat(1_000));
      await turns(1);
    }
    await served.flushed();
    expect(served.bufferedBytes).toBeGreaterThan(0);
    wire.ws.terminate();
  });

  test("does not wait for a transport that the session has left", async () => {
    const { io, client, port } = await serverUnderTest({ maxBufferedBytes: 64 * MIB });
    const connection = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    await polling.packets();
    const [served] = await connection;
    const wire = await client.probe(polling.sid);
    const tcp = await RawTcp.open(port, { paused: true });
    tcp.write(`GET ${SOCKET_PATH}?EIO=4&transport=polling&sid=${polling.sid} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await until(() => served.conn.transport.writable, "a poll");
    served.emit("large", "x".repeat(32 * MIB));
    await turns(2);
    const flushed = served.flushed();
    wire.send("5");
    await flushed;
    expect(served.conn.transport.name).toBe("websocket");
    tcp.destroy();
    polling.release();
  });
});

test("over polling, readers that never poll again are cut and the others get everything, in order", async () => {
  const { io, client } = await serverUnderTest({ maxBufferedBytes: 200_000 });
  const reasons: string[] = [];
  io.on("connection", (socket) => {
    void socket.join("room");
    socket.on("disconnect", (reason) => reasons.push(reason));
  });
  const join = async () => {
    const polling = await client.polling();
    await polling.push("40");
    expect((await polling.packets())[0]?.startsWith("40{")).toBe(true);
    return polling;
  };
  const readers = await Promise.all(Array.from({ length: 20 }, join));
  const deaf = await Promise.all(Array.from({ length: 10 }, join));
  for (let i = 0; i < 60; i++) {
    io.to("room").emit("news", i, "x".repeat(5_000));
    for (const polling of readers) expect((await polling.next()).startsWith(`42["news",${i},`)).toBe(true);
  }
  expect(reasons).toEqual(Array(10).fill("buffer overflow"));
  expect(io.engine.clientsCount).toBe(20);
  for (const polling of [...readers, ...deaf]) polling.release();
});
