// A session of the engine from the application's side: members, messages in both directions, callbacks, events and their order. Each
// over both transports, by the raw clients.
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { collect, deferred, once, turns, until } from "@everwire/testkit";
import { startEngine } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { NAMES, endOf, open } from "./support/wire.js";

describe.each(PEERS)("$name: a session", (peer) => {
  test.each(NAMES)("has its members, over %s", async (name) => {
    const { session, engine } = await open(peer, name);
    expect(session).toBeInstanceOf(peer.engine.Socket);
    expect(session).toBeInstanceOf(EventEmitter);
    expect(session.id).toBeTypeOf("string");
    expect([session.protocol, session.readyState, session.upgrading, session.upgraded]).toEqual([
      4,
      "open",
      false,
      false,
    ]);
    expect(session.remoteAddress).toBe("127.0.0.1");
    expect(session.transport).toBeInstanceOf(peer.engine.Transport);
    expect(session.transport.name).toBe(name);
    expect(session.request.url).toContain(`transport=${name}`);
    expect(session.request.method).toBe("GET");
    expect((session.request as unknown as { _query: object })._query).toMatchObject({ transport: name, EIO: "4" });
    expect(engine.clients[session.id]).toBe(session);
    expect(engine.clientsCount).toBe(1);
    expect(session.writeBuffer).toHaveLength(0);
  });

  test("keeps the headers of its first request", async () => {
    const { raw, session } = await startEngine(peer);
    const [, opened] = await Promise.all([raw.polling({ headers: { "x-custom-header": "a" } }), session()]);
    expect(opened.request.headers["x-custom-header"]).toBe("a");
  });

  test.each(NAMES)("tells that it has opened, and its engine, in this order, over %s", async (name) => {
    const { engine, raw } = await startEngine(peer);
    const seen: string[] = [];
    engine.on("connection", (session) => seen.push(`connection ${session.readyState}`));
    engine.on("flush", (_session, packets: { type: string }[]) => seen.push(`flush ${packets[0]?.type}`));
    await raw[name]();
    expect(seen.sort()).toEqual(["connection open", "flush open"]);
  });
});

describe.each(PEERS)("$name: messages", (peer) => {
  const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);
  const sent: [string, unknown, string | Buffer][] = [
    ["text", "a", "4a"],
    ["text beyond ASCII", "cash money €€€ 🎉", "4cash money €€€ 🎉"],
    ["an empty text", "", "4"],
    ["a number", 42, "442"],
    ["zero", 0, "4"],
    ["null", null, "4"],
    ["undefined", undefined, "4"],
    ["false", false, "4"],
    ["true", true, "4true"],
    ["an object with a text", { toString: () => "hi" }, "4hi"],
    ["a list", [1, 2], "41,2"],
    ["a Buffer", Buffer.from(bytes), Buffer.from(bytes)],
    ["an empty Buffer", Buffer.alloc(0), Buffer.alloc(0)],
    ["a Uint8Array", bytes, Buffer.from(bytes)],
    ["a part of an ArrayBuffer", bytes.subarray(2, 4), Buffer.from([2, 253])],
    ["an Int16Array", new Int16Array([1, -2]), Buffer.from([1, 0, 254, 255])],
    ["a Float64Array", new Float64Array([1]), Buffer.from([0, 0, 0, 0, 0, 0, 240, 63])],
    ["a DataView", new DataView(bytes.buffer, 1, 2), Buffer.from([1, 2])],
    ["an ArrayBuffer", bytes.buffer, Buffer.from(bytes)],
  ];

  describe.each(NAMES)("to the client over %s", (name) => {
    test.each(sent)("%s", async (_what, data, packet) => {
      const { session, next } = await open(peer, name);
      expect(session.send(data as string)).toBe(session);
      const expected =
        typeof packet === "string" ? packet : name === "polling" ? `b${packet.toString("base64")}` : packet;
      expect(await next()).toEqual(expected);
    });
  });

  test("are base64 text for a client that asks for it, over WebSocket", async () => {
    const { websocket } = await startEngine(peer);
    const { client, session } = await websocket({ b64: "1" });
    session.send(Buffer.from([1, 2]));
    expect(await client.nextRaw()).toBe("bAQI=");
  });

  describe.each(NAMES)("to the server over %s", (name) => {
    test.each<[string, string | Buffer, unknown]>([
      ["text", "4a", "a"],
      ["text beyond ASCII", "4石室詩士施氏🎉", "石室詩士施氏🎉"],
      ["an empty text", "4", undefined],
      ["base64", "bAQID", Buffer.from([1, 2, 3])],
      ["empty base64", "b", Buffer.alloc(0)],
    ])("%s", async (_what, packet, data) => {
      const { session, push } = await open(peer, name);
      const seen: unknown[][] = [];
      for (const event of ["packet", "data", "message"]) session.on(event, (...args) => seen.push([event, ...args]));
      await push(packet);
      await until(() => seen.length === 3, "the message");
      expect(seen[0]).toMatchObject(["packet", { type: "message", ...(data === undefined ? {} : { data }) }]);
      expect(seen.slice(1)).toEqual([
        ["data", data],
        ["message", data],
      ]);
    });
  });

  test("are Buffers where they come as binary frames", async () => {
    const { session, push } = await open(peer, "websocket");
    const heard = once(session, "message");
    await push(Buffer.from([1, 2]));
    const [data] = await heard;
    expect(Buffer.isBuffer(data)).toBe(true);
    expect(data).toEqual(Buffer.from([1, 2]));
  });

  test.each(NAMES)("keep their order, over %s", async (name) => {
    const { session, push, next } = await open(peer, name);
    const heard = collect(session, "message", 5);
    await push("40", "41", "42", "43", "44");
    expect((await heard).flat()).toEqual(["0", "1", "2", "3", "4"]);
    for (let index = 0; index < 5; index++) session.send(`${index}`);
    for (let index = 0; index < 5; index++) expect(await next()).toBe(`4${index}`);
  });

  test("leave together where a poll comes later", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    session
      .send("a")
      .send(Buffer.from([1]))
      .write("c");
    const answer = await client.poll();
    expect(answer.text).toBe("4a\x1ebAQ==\x1e4c");
    expect(answer.headers["content-type"]).toBe("text/plain; charset=UTF-8");
  });

  test.each(NAMES)("tell of themselves by events, over %s", async (name) => {
    const { session, engine, next } = await open(peer, name);
    await turns();
    const seen: unknown[][] = [];
    session.on("packetCreate", (packet) => seen.push(["packetCreate", packet.type, packet.data]));
    session.on("flush", (packets) => seen.push(["flush", packets.length]));
    session.on("drain", () => seen.push(["drain"]));
    engine.on("flush", (...args) => seen.push(["engine flush", args[0] === session, args[1].length]));
    engine.on("drain", (...args) => seen.push(["engine drain", args[0] === session]));
    session.send("a");
    await next();
    await until(() => seen.length === 5, "all events");
    expect(seen).toEqual([
      ["packetCreate", "message", "a"],
      ["flush", 1],
      ["engine flush", true, 1],
      ["drain"],
      ["engine drain", true],
    ]);
  });

  test("tell packetCreate of their options", async () => {
    const { session } = await open(peer, "websocket");
    const packets: { options: { compress: boolean } }[] = [];
    session.on("packetCreate", (packet) => packets.push(packet));
    session.send("a");
    session.send("b", { compress: false });
    expect(packets.map(({ options }) => options.compress)).toEqual([true, false]);
  });

  test("wait in writeBuffer for a poll", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    session.send("a");
    session.send("b");
    expect(session.writeBuffer).toMatchObject([
      { type: "message", data: "a" },
      { type: "message", data: "b" },
    ]);
    await client.poll();
    expect(session.writeBuffer).toHaveLength(0);
  });
});

describe.each(PEERS)("$name: the callback of a send", (peer) => {
  test.each(NAMES)("runs once for each, in order, with the transport, over %s", async (name) => {
    const { session, next } = await open(peer, name);
    const seen: unknown[] = [];
    const all = deferred();
    session.send("a", (transport) => seen.push("a", transport));
    session.send("b", {}, () => seen.push("b"));
    session.send("c");
    session.write("d", { compress: false }, () => {
      seen.push("d");
      all.resolve();
    });
    for (let index = 0; index < 4; index++) await next();
    await all.promise;
    expect(seen).toEqual(["a", session.transport, "b", "d"]);
  });

  test("does not run while nobody polls", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    let count = 0;
    session.send("a", () => count++);
    await turns(10);
    expect(count).toBe(0);
    await client.poll();
    await until(() => count === 1, "the callback");
  });

  test("does not run when the session ends before", async () => {
    const { polling } = await startEngine(peer);
    const { client, session } = await polling();
    let count = 0;
    session.send("a", () => count++);
    const ended = endOf(session);
    await client.push("1");
    await ended;
    await turns(10);
    expect(count).toBe(0);
  });

  test("of a send after the close never runs, and nothing is kept", async () => {
    const { session } = await open(peer, "websocket");
    session.close(true);
    let count = 0;
    expect(session.send("a", () => count++)).toBe(session);
    await turns(10);
    expect([count, session.writeBuffer.length]).toEqual([0, 0]);
  });

  test("may send more", async () => {
    const { session, next } = await open(peer, "websocket");
    session.send("a", () => session.send("b", () => session.send("c")));
    expect([await next(), await next(), await next()]).toEqual(["4a", "4b", "4c"]);
  });
});
