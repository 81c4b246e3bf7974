import { describe, expect, test } from "vitest";
import { collect, once, turns, until } from "@everwire/testkit";
import { OutgoingPacket } from "@everwire/server/engine";
import type { Socket, Transport } from "@everwire/server/engine";
import { start, overWebSocket, overPolling } from "../../test/raw-session.js";

describe("messages", () => {
  test("go both ways, text and binary, over each transport", async () => {
    const { client, engine } = await start();
    engine.on("connection", (session: Socket) => session.on("message", (data: string | Buffer) => session.send(data)));
    const socket = await client.websocket();
    socket.send("4text é 🎉");
    expect(await socket.next()).toBe("4text é 🎉");
    socket.send(Buffer.from([0, 255]));
    expect(await socket.next()).toEqual(Buffer.from([0, 255]));
    const polling = await client.polling();
    await polling.push("4text é 🎉", `b${Buffer.from([0, 255]).toString("base64")}`);
    expect(await polling.packets()).toEqual(["4text é 🎉", `b${Buffer.from([0, 255]).toString("base64")}`]);
  });

  test("reach the layer above before the events, and the events under both names", async () => {
    const { session, socket } = await overWebSocket();
    const log: unknown[] = [];
    session.handler = { onMessage: (data) => log.push(["handler", data]), onClose: () => undefined };
    session.on("data", (data) => log.push(["data", data]));
    session.on("message", (data) => log.push(["message", data]));
    session.on("packet", (packet) => log.push(["packet", packet]));
    socket.send("4hi");
    socket.send("6");
    await until(() => log.length === 5, "the packets");
    expect(log).toEqual([
      ["packet", { type: "message", data: "hi" }],
      ["handler", "hi"],
      ["data", "hi"],
      ["message", "hi"],
      ["packet", { type: "noop" }],
    ]);
  });

  test.each([
    [1.5, "1.5"],
    [0, ""],
    ["", ""],
    [null, ""],
    [undefined, ""],
    [true as unknown as string, "true"],
  ])("sends %o as text", async (data, text) => {
    const { session, socket } = await overWebSocket();
    expect(session.send(data)).toBe(session);
    expect(session.write(data)).toBe(session);
    expect(await socket.next()).toBe(`4${text}`);
    expect(await socket.next()).toBe(`4${text}`);
  });

  test.each([
    ["a Buffer", Buffer.from([1, 2])],
    ["a typed array", new Int16Array([513])],
    ["a part of a typed array", new Uint8Array([0, 1, 2, 3]).subarray(1, 3)],
    ["a DataView", new DataView(new Uint8Array([1, 2]).buffer)],
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer],
  ])("sends %s as its bytes", async (_name, data) => {
    const { session, socket } = await overWebSocket();
    session.send(data);
    expect(await socket.next()).toEqual(Buffer.from([1, 2]));
  });

  test.each([null, undefined, {}])("take %o for options", async (options) => {
    const { session, socket } = await overWebSocket();
    const sent = new Promise((resolve) => session.send("a", options as object, resolve));
    expect(await socket.next()).toBe("4a");
    expect(await sent).toBe(session.transport);
    session.send("b", undefined, null as unknown as undefined);
    expect(await socket.next()).toBe("4b");
  });

  test("are base64 text for a WebSocket client that asked for it", async () => {
    const setup = await start();
    const [session, socket] = await Promise.all([setup.next(), setup.client.websocket({ b64: "1" })]);
    session.send(Buffer.from([1, 2, 3]));
    expect(await socket.next()).toBe("bAQID");
    const received = once(session, "message");
    socket.send("bAQID");
    expect(await received).toEqual([Buffer.from([1, 2, 3])]);
  });

  test("of one turn keep their order and leave in one batch", async () => {
    const { session, socket } = await overWebSocket();
    const batches = collect<[OutgoingPacket[]]>(session, "flush", 1);
    for (let index = 0; index < 50; index++) session.send(index % 7 === 0 ? Buffer.from([index]) : `m${index}`);
    expect(session.writeBuffer).toHaveLength(50);
    expect((await batches)[0]?.[0]).toHaveLength(50);
    for (let index = 0; index < 50; index++) {
      expect(await socket.next()).toEqual(index % 7 === 0 ? Buffer.from([index]) : `4m${index}`);
    }
  });

  test("given with a ready frame leave as that frame over WebSocket, and by themselves over polling", async () => {
    const wsPreEncodedFrame = [Buffer.from([0x81, 6]), Buffer.from("4ready")];
    const { session, socket, client, next } = await overWebSocket();
    session.send("plain", { wsPreEncodedFrame });
    expect(await socket.next()).toBe("4ready");
    const [other, polling] = await Promise.all([next(), client.polling()]);
    other.send("plain", { wsPreEncodedFrame });
    expect((await polling.poll()).text).toBe("4plain");
  });

  test("that many sessions share go out to each", async () => {
    const { client, engine } = await start();
    const sockets = await Promise.all(Array.from({ length: 5 }, () => client.websocket()));
    const polling = await client.polling();
    const packet = new OutgoingPacket("message", "to all");
    for (const session of Object.values(engine.clients)) session.sendPacket(packet);
    for (const socket of sockets) expect(await socket.next()).toBe("4to all");
    expect(await polling.next()).toBe("4to all");
  });
});

describe("callbacks and events of sending", () => {
  test("run once each, in order, with the transport, when the batch has left", async () => {
    const { session, socket } = await overWebSocket();
    const log: unknown[] = [];
    session.send("a", (transport: Transport) => log.push(["a", transport.name]));
    session.send("b", { compress: false }, () => log.push("b"));
    session.send("c");
    session.send("d", undefined, () => log.push("d"));
    expect(log).toEqual([]);
    for (const expected of ["4a", "4b", "4c", "4d"]) expect(await socket.next()).toBe(expected);
    expect(log).toEqual([["a", "websocket"], "b", "d"]);
  });

  test("run for polling once the response is out, batch by batch", async () => {
    const { session, polling } = await overPolling();
    const log: string[] = [];
    session.send("a", () => log.push("a"));
    await turns();
    expect(log).toEqual([]);
    expect(await polling.packets()).toEqual(["4a"]);
    await until(() => log.length === 1, "the first callback");
    session.send("b", () => log.push("b"));
    expect(await polling.packets()).toEqual(["4b"]);
    await until(() => log.length === 2, "the second callback");
    expect(log).toEqual(["a", "b"]);
  });

  test("do not run for what was not sent", async () => {
    const { session, polling } = await overPolling();
    let count = 0;
    session.send("a", () => (count += 1));
    session.close(true);
    session.send("b", () => (count += 1));
    await turns();
    expect(count).toBe(0);
    polling.release();
  });

  test("flush and drain are on the session and on the server", async () => {
    const { session, socket, engine } = await overWebSocket();
    const log: unknown[] = [];
    engine.on("flush", (flushed: Socket, packets: OutgoingPacket[]) =>
      log.push(["server flush", flushed === session, packets.length]),
    );
    engine.on("drain", (drained: Socket) => log.push(["server drain", drained === session]));
    session.on("flush", (packets: OutgoingPacket[]) => log.push(["flush", packets.map(({ data }) => data)]));
    session.on("drain", () => log.push(["drain", session.writeBuffer.length]));
    session.send("a").send("b");
    await socket.next();
    expect(log).toEqual([
      ["flush", ["a", "b"]],
      ["server flush", true, 2],
      ["drain", 0],
      ["server drain", true],
    ]);
  });

  test("a listener of flush may close the session, and nothing follows the close frame", async () => {
    const { session, socket } = await overWebSocket();
    session.on("flush", () => session.close(true));
    const tcp = session.request.socket;
    const before = tcp.bytesWritten;
    session.send("late");
    const [code] = await once<[number]>(socket.ws, "close");
    expect([code, tcp.bytesWritten - before]).toEqual([1005, 2]);
  });

  test("packetCreate shows each packet", async () => {
    const { session } = await overWebSocket();
    const created = collect<[OutgoingPacket]>(session, "packetCreate", 2);
    session.send("a", { compress: false }).send(Buffer.from([1]));
    const [[first], [second]] = (await created) as [[OutgoingPacket], [OutgoingPacket]];
    expect([first.type, first.data, first.options.compress]).toEqual(["message", "a", false]);
    expect([second.data, second.options.compress]).toEqual([Buffer.from([1]), true]);
  });

  test("what a callback sends goes with the next turn", async () => {
    const { session, socket } = await overWebSocket();
    session.send("a", () => session.send("b"));
    expect(await socket.next()).toBe("4a");
    expect(await socket.next()).toBe("4b");
  });

  test("the layer above hears when everything has left", async () => {
    const { session, socket } = await overWebSocket();
    let drains = 0;
    session.handler = { onMessage: () => undefined, onClose: () => undefined, onDrain: () => (drains += 1) };
    session.send("a").send("b");
    await socket.next();
    expect(drains).toBe(1);
  });
});

describe("writable", () => {
  test("is false once something is queued in this turn, and true again in the next", async () => {
    const { session, socket } = await overWebSocket();
    expect(session.writable).toBe(true);
    session.send("a");
    expect(session.writable).toBe(false);
    await socket.next();
    expect(session.writable).toBe(true);
    session.close();
    expect(session.writable).toBe(false);
  });

  test("on polling is true while a poll waits", async () => {
    const { session, polling } = await overPolling();
    expect(session.writable).toBe(false);
    const poll = polling.packets();
    await until(() => session.writable, "the poll");
    session.send("a");
    expect(session.writable).toBe(false);
    expect(await poll).toEqual(["4a"]);
    expect(session.writable).toBe(false);
  });
});
