// Messages over WebSocket: Engine.IO protocol v4, "WebSocket", on RFC 6455.
import {
  collect,
  deferred,
  encodeFrame,
  once,
  Opcode,
  RawTcp,
  readFrame,
  upgradeRequest,
  within,
} from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { engineUnderTest } from "./support.js";

const TARGET = "/engine.io/?EIO=4&transport=websocket";

describe("messages", () => {
  test("text goes both ways, one packet a frame", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    expect(session.transport.name).toBe("websocket");
    const heard = collect(session, "message", 3);
    for (const text of ["hello", "€uro 🎉", "x".repeat(70_000)]) socket.send(`4${text}`);
    expect((await heard).map(([data]) => data)).toEqual(["hello", "€uro 🎉", "x".repeat(70_000)]);
    session.send("back €");
    session.send("y".repeat(70_000));
    session.send("");
    expect(await socket.nextText()).toBe("4back €");
    expect(await socket.nextText()).toBe(`4${"y".repeat(70_000)}`);
    expect(await socket.nextText()).toBe("4");
    await socket.close();
  });

  test("binary goes as bare frames both ways", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const heard = collect(session, "message", 2);
    socket.send(Buffer.from([1, 2, 3, 255]));
    socket.send(Buffer.alloc(0));
    expect((await heard).map(([data]) => data)).toEqual([Buffer.from([1, 2, 3, 255]), Buffer.alloc(0)]);
    session.send(Buffer.from([9, 8]));
    session.send(new Uint16Array([0x0102, 0x0304]).subarray(1));
    session.send(Buffer.alloc(100_000, 5));
    expect(await socket.next()).toEqual(Buffer.from([9, 8]));
    expect(await socket.next()).toEqual(Buffer.from(new Uint16Array([0x0304]).buffer));
    expect(await socket.next()).toEqual(Buffer.alloc(100_000, 5));
    await socket.close();
  });

  test("text and binary keep their order, many of them", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const expected: (string | Buffer)[] = [];
    for (let i = 0; i < 200; i++) {
      const size = i % 7 === 0 ? 20_000 : i;
      const data = i % 2 === 0 ? "t".repeat(size) : Buffer.alloc(size, i);
      session.send(data);
      expected.push(typeof data === "string" ? `4${data}` : data);
    }
    for (const data of expected) expect(await socket.next()).toEqual(data);
    await socket.close();
  });

  test("send callbacks fire once each, in order", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const order: number[] = [];
    const last = new Promise<void>((resolve) => {
      for (let i = 0; i < 5; i++) {
        session.send(String(i), {}, () => {
          if (order.push(i) === 5) resolve();
        });
      }
    });
    for (let i = 0; i < 5; i++) await socket.next();
    await last;
    expect(order).toEqual([0, 1, 2, 3, 4]);
    await socket.close();
  });

  test("a message in fragments is one message", async () => {
    const { port, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest(TARGET));
    await tcp.readThrough("\r\n\r\n");
    const session = await connected;
    const heard = once(session, "message");
    tcp.write(
      encodeFrame("4he", { fin: false }),
      encodeFrame("l", { fin: false, opcode: Opcode.CONTINUATION }),
      encodeFrame("ping between", { opcode: Opcode.PING }),
      encodeFrame("lo", { opcode: Opcode.CONTINUATION }),
    );
    expect((await heard)[0]).toBe("hello");
    const open = await readFrame(tcp);
    expect(open.payload.toString()).toMatch(/^0\{/);
    const pong = await readFrame(tcp);
    expect(pong).toMatchObject({ opcode: Opcode.PONG, payload: Buffer.from("ping between") });
    tcp.destroy();
  });

  test("frames that arrive byte by byte are whole messages", async () => {
    const { port, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const tcp = await RawTcp.open(port);
    for (const byte of Buffer.from(upgradeRequest(TARGET), "latin1")) tcp.write(Buffer.from([byte]));
    await tcp.readThrough("\r\n\r\n");
    const session = await connected;
    const heard = collect(session, "message", 2);
    for (const byte of Buffer.concat([encodeFrame("4one"), encodeFrame("4€")])) tcp.write(Buffer.from([byte]));
    expect((await heard).map(([data]) => data)).toEqual(["one", "€"]);
    tcp.destroy();
  });

  test("a first message in the same segment as the upgrade request is heard", async () => {
    const { port, engine } = await engineUnderTest();
    const heard = deferred<unknown>();
    engine.on("connection", (session: Session) => {
      session.on("message", heard.resolve);
    });
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest(TARGET), encodeFrame("4early"));
    expect(await within(heard.promise, "the early message")).toBe("early");
    tcp.destroy();
  });
});

describe("limits and faults", () => {
  test("a message at the limit is taken; one byte over closes with 1009", async () => {
    const { client, nextSession } = await engineUnderTest({ maxHttpBufferSize: 1_000 });
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const heard = once(session, "message");
    socket.send(`4${"x".repeat(999)}`);
    expect(String((await heard)[0])).toHaveLength(999);
    const closed = once(session, "close");
    socket.send(`4${"x".repeat(1_000)}`);
    expect((await socket.closed()).code).toBe(1009);
    expect((await closed)[0]).toBe("transport error");
  });

  test.each(["9", "hello", "x", "7"])("the packet %j ends the session with a parse error", async (packet) => {
    const { client, nextSession, engine } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    socket.send(packet);
    expect((await closed)[0]).toBe("parse error");
    await socket.closed();
    expect(engine.clientsCount).toBe(0);
  });

  test.each([
    { title: "a frame that is not masked", frame: encodeFrame("4x", { mask: false }) },
    { title: "an unknown opcode", frame: encodeFrame("4x", { opcode: 3 }) },
    { title: "a continuation of nothing", frame: encodeFrame("4x", { opcode: Opcode.CONTINUATION }) },
    { title: "a control frame in fragments", frame: encodeFrame("x", { opcode: Opcode.PING, fin: false }) },
    { title: "a control frame of 126 bytes", frame: encodeFrame("x".repeat(126), { opcode: Opcode.PING }) },
    { title: "text that is not UTF-8", frame: encodeFrame(Buffer.from([0x34, 0xff, 0xfe]), { opcode: Opcode.TEXT }) },
    { title: "a close frame of one byte", frame: encodeFrame("x", { opcode: Opcode.CLOSE }) },
  ])("$title ends the session; another one goes on", async ({ frame }) => {
    const { port, client, nextSession, engine } = await engineUnderTest();
    const other = await client.websocket();
    const connected = nextSession();
    const tcp = await RawTcp.open(port);
    tcp.write(upgradeRequest(TARGET));
    await tcp.readThrough("\r\n\r\n");
    const session = await connected;
    const closed = once(session, "close");
    tcp.write(frame);
    await tcp.closed();
    expect((await closed)[0]).toBe("transport error");
    expect(engine.clientsCount).toBe(1);
    await other.close();
  });

  test("a connection that breaks ends the session", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    socket.terminate();
    expect((await closed)[0]).toMatch(/^transport (close|error)$/);
  });

  test("what was sent to a session that closed is dropped, and its callback with it", async () => {
    const { client, nextSession } = await engineUnderTest();
    const connected = nextSession();
    const socket = await client.websocket();
    const session = await connected;
    const closed = once(session, "close");
    await socket.close();
    await closed;
    let called = false;
    session.send("late", {}, () => {
      called = true;
    });
    await (await client.websocket()).close();
    expect(called).toBe(false);
  });
});

describe("per-message deflate", () => {
  test("is not negotiated by default", async () => {
    const { client } = await engineUnderTest();
    const socket = await client.websocket({}, { perMessageDeflate: true });
    expect(socket.headers["sec-websocket-extensions"]).toBeUndefined();
    await socket.close();
  });

  test("is negotiated when it is on, and messages of every size survive it in order", async () => {
    const { client, nextSession } = await engineUnderTest({ perMessageDeflate: { threshold: 100 } });
    const connected = nextSession();
    const socket = await client.websocket({}, { perMessageDeflate: true });
    expect(socket.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    const session = await connected;
    const texts = ["small", "x".repeat(5_000), "small again", "€".repeat(3_000)];
    for (const text of texts) session.send(text);
    session.send(Buffer.alloc(4_000, 1));
    session.send("not compressed".repeat(100), { compress: false });
    for (const text of texts) expect(await socket.next()).toBe(`4${text}`);
    expect(await socket.next()).toEqual(Buffer.alloc(4_000, 1));
    expect(await socket.next()).toBe(`4${"not compressed".repeat(100)}`);
    const heard = once(session, "message");
    socket.send(`4${"z".repeat(10_000)}`);
    expect((await heard)[0]).toBe("z".repeat(10_000));
    await socket.close();
  });
});
