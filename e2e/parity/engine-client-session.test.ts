// The engine client with a session: its members, messages in both directions, events and their order, batches, the heartbeat.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { collect, deferred, once, turns, until } from "@everwire/testkit";
import { startEngine } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import { NAMES, connect, everwire, journal, pair, raw } from "./support/engine-client.js";
import type { AnyListener } from "./support/engine-client.js";

describe.each(PEERS)("$name: an opened client", (peer) => {
  test.each(NAMES)("tells it in this order, over %s", async (transport) => {
    const { url } = await startEngine(everwire, { pingInterval: 111_000, pingTimeout: 222, maxHttpBufferSize: 333 });
    const client = connect(peer, url, { transports: [transport] });
    const seen = journal(client, ["open", "handshake", "packet", "heartbeat"]);
    await once(client, "open");
    expect(seen.map(([event]) => event)).toEqual(["packet", "heartbeat", "handshake", "open"]);
    expect(seen[2]?.[1]).toEqual({
      sid: client.id,
      upgrades: transport === "polling" ? ["websocket"] : [],
      pingInterval: 111_000,
      pingTimeout: 222,
      maxPayload: 333,
    });
    expect(seen[0]?.[1]).toMatchObject({ type: "open" });
    expect(seen[3]).toEqual(["open"]);
    expect([client.readyState, client.transport.name, client.transport.writable]).toEqual(["open", transport, true]);
    expect(client.transport.query).toMatchObject({ sid: client.id, transport });
  });

  test("has an emitter's methods", async () => {
    const { client } = await pair(peer);
    for (const name of [
      "on",
      "once",
      "off",
      "emit",
      "listeners",
      "hasListeners",
      "addEventListener",
      "removeListener",
      "removeAllListeners",
      "removeEventListener",
      "send",
      "write",
      "close",
    ])
      expect([name, typeof (client as unknown as Record<string, unknown>)[name]]).toEqual([name, "function"]);
    const seen: unknown[] = [];
    const listener = (value: unknown): void => void seen.push(value);
    const emitter = client as unknown as {
      on(event: string, listener: AnyListener): unknown;
      once(event: string, listener: AnyListener): unknown;
      off(event?: string, listener?: AnyListener): unknown;
      emit(event: string, ...args: unknown[]): unknown;
      listeners(event: string): unknown[];
      hasListeners(event: string): boolean;
    };
    expect(emitter.on("x", listener)).toBe(client);
    expect(emitter.once("x", listener)).toBe(client);
    expect(emitter.listeners("x")).toHaveLength(2);
    emitter.emit("x", 1);
    emitter.emit("x", 2);
    expect(seen).toEqual([1, 1, 2]);
    expect(emitter.off("x", listener)).toBe(client);
    expect(emitter.hasListeners("x")).toBe(false);
    emitter.on("y", listener);
    emitter.off();
    expect(emitter.hasListeners("y")).toBe(false);
    expect(emitter.listeners("never")).toEqual([]);
  });

  test("keeps the order of its listeners, whoever is removed meanwhile", async () => {
    const { client } = await pair(peer);
    const seen: string[] = [];
    const emitter = client as unknown as Record<
      "on" | "off" | "emit",
      (event: string, listener?: AnyListener) => unknown
    >;
    const second = (): void => void seen.push("second");
    const added = (): void => void seen.push("added");
    emitter.on("x", () => {
      seen.push("first");
      emitter.off("x", second);
      emitter.on("x", added);
    });
    emitter.on("x", second);
    emitter.emit("x");
    expect(seen).toEqual(["first", "second"]);
    emitter.emit("x");
    expect(seen).toEqual(["first", "second", "first", "added"]);
  });

  test("throws no error that nobody listens to", async () => {
    const client = connect(peer, "http://127.0.0.1:1");
    expect((await once(client, "close"))[0]).toBe("transport error");
  });
});

describe.each(PEERS)("$name: messages", (peer) => {
  const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);

  describe.each(NAMES)("over %s", (transport) => {
    test.each<[string, unknown, unknown]>([
      ["text", "a", "a"],
      ["text beyond ASCII", "€ 石室詩士 🎉", "€ 石室詩士 🎉"],
      ["a number", 42, "42"],
      ["a Buffer", Buffer.from(bytes), Buffer.from(bytes)],
      ["a Uint8Array", bytes, Buffer.from(bytes)],
      ["a part of an ArrayBuffer", bytes.subarray(2, 4), Buffer.from([2, 253])],
      ["an ArrayBuffer", bytes.buffer, Buffer.from(bytes)],
      ["a DataView", new DataView(bytes.buffer, 1, 2), Buffer.from([1, 2])],
    ])("%s", async (_what, data, expected) => {
      const { client, session } = await pair(peer, { transports: [transport] });
      const heard = once(session, "message");
      expect(client.send(data as string)).toBe(client);
      expect((await heard)[0]).toEqual(expected);
    });

    test("come with all their events", async () => {
      const { client, session } = await pair(peer, { transports: [transport] });
      const seen = journal(client, ["packet", "heartbeat", "data", "message"]);
      session.send("a");
      await until(() => seen.length === 4, "the events");
      expect(seen).toMatchObject([
        ["packet", { type: "message", data: "a" }],
        ["heartbeat"],
        ["data", "a"],
        ["message", "a"],
      ]);
    });

    test.each(["nodebuffer", "arraybuffer"] as const)("are binary in the form of %s", async (binaryType) => {
      const { client, session } = await pair(peer, { transports: [transport] });
      client.binaryType = binaryType;
      const heard = once(client, "message");
      session.send(Buffer.from([1, 2, 3]));
      const [data] = await heard;
      expect(data).toBeInstanceOf(binaryType === "nodebuffer" ? Buffer : ArrayBuffer);
      expect(Buffer.from(data as ArrayBuffer)).toEqual(Buffer.from([1, 2, 3]));
    });

    test("leave in order, and tell of themselves", async () => {
      const { client, session } = await pair(peer, { transports: [transport] });
      await turns();
      const seen = journal(client, ["packetCreate", "flush", "drain"]);
      const heard = collect(session, "message", 2);
      client.send("a");
      client.write("b");
      expect(client.writeBuffer.length).toBeGreaterThan(0);
      expect((await heard).flat()).toEqual(["a", "b"]);
      await until(() => seen.at(-1)?.[0] === "drain" && client.writeBuffer.length === 0, "the drain");
      expect(seen.filter(([event]) => event === "packetCreate")).toMatchObject([
        ["packetCreate", { type: "message", data: "a", options: { compress: true } }],
        ["packetCreate", { type: "message", data: "b" }],
      ]);
      expect(seen.some(([event]) => event === "flush")).toBe(true);
    });

    test("run their callbacks", async () => {
      const { client } = await pair(peer, { transports: [transport] });
      const seen: string[] = [];
      const all = deferred();
      client.send("a", () => seen.push("a"));
      client.send("b", { compress: false }, () => {
        seen.push("b");
        all.resolve();
      });
      await all.promise;
      expect(seen).toEqual(["a", "b"]);
    });
  });

  test("are base64 text where forceBase64 asks for it", async () => {
    const { client, session } = await pair(peer, { transports: ["websocket"], forceBase64: true });
    const heard = once(session, "message");
    client.send(Buffer.from([1, 2]));
    expect((await heard)[0]).toEqual(Buffer.from([1, 2]));
    const answer = once(client, "message");
    session.send(Buffer.from([3]));
    expect((await answer)[0]).toEqual(Buffer.from([3]));
  });

  test("go over the WebSocket that the transport shows", async () => {
    const { client } = await pair(peer, { transports: ["websocket"] });
    expect((client.transport as unknown as { ws: { readyState: number } }).ws.readyState).toBe(1);
  });

  test("may be sent before it opens", async () => {
    const started = await startEngine(everwire);
    const opened = started.session();
    const client = connect(peer, started.url);
    client.send("early");
    const session = await opened;
    expect((await once(session, "message"))[0]).toBe("early");
  });

  test("stay within maxPayload where they go by POST", async () => {
    const server = await raw({ maxPayload: 10 });
    const client = connect(peer, server.url, { transports: ["polling"] });
    await once(client, "open");
    // Where the bodies end is not visible here: that all of them come, in order, is.
    for (const text of ["aaa", "bbb", "€€€", "a single one that is too long", "ccc"]) client.send(text);
    for (const text of ["aaa", "bbb", "€€€", "a single one that is too long", "ccc"])
      expect(await server.next()).toBe(`4${text}`);
  });

  test.each<[number, unknown[], string[]]>([
    [10, ["aaaa", "bbb", "cc"], ["4aaaa\x1e4bbb", "4cc"]],
    [10, ["aaaa", "bbbb"], ["4aaaa", "4bbbb"]],
    [9, ["€", "€"], ["4€\x1e4€"]],
    [8, ["€", "€"], ["4€", "4€"]],
    [5, ["aaaaaaaaaa", "b"], ["4aaaaaaaaaa", "4b"]],
    [20, [Buffer.alloc(6), Buffer.alloc(6)], ["bAAAAAAAA\x1ebAAAAAAAA"]],
    [0, ["a", "b"], ["4a\x1e4b"]],
  ])("with maxPayload %i %o go as %o", async (maxPayload, sent, bodies) => {
    const posts: string[] = [];
    const held = deferred();
    const server = createServer((request, response) => {
      if (request.method === "GET") {
        const handshake = {
          sid: "a",
          upgrades: [],
          pingInterval: 60_000,
          pingTimeout: 60_000,
          ...(maxPayload > 0 && { maxPayload }),
        };
        if (request.url?.includes("sid=") !== true) response.end(`0${JSON.stringify(handshake)}`);
        return;
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        posts.push(Buffer.concat(chunks).toString());
        void held.promise.then(() => response.end("ok"));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const client = connect(peer, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      transports: ["polling"],
    });
    await once(client, "open");
    // Behind a POST that is not answered yet.
    client.send("");
    await until(() => posts.length === 1, "the first body");
    for (const data of sent) client.send(data as string);
    await turns();
    held.resolve();
    await until(() => posts.length === bodies.length + 1, "the bodies");
    expect(posts.slice(1)).toEqual(bodies);
  });

  test.each<[boolean | { threshold: number } | undefined, number, boolean, boolean]>([
    [undefined, 1024, true, true],
    [undefined, 1000, true, false],
    [undefined, 2000, false, false],
    [{ threshold: 10 }, 20, true, true],
  ])(
    "with perMessageDeflate %o and %i bytes, compress %s: %s",
    async (perMessageDeflate, length, compress, isCompressed) => {
      const { client, session } = await pair(
        peer,
        { transports: ["websocket"], ...(perMessageDeflate === undefined ? {} : { perMessageDeflate }) },
        { perMessageDeflate: { threshold: 1e9 } },
      );
      const { socket } = session.request;
      const before = socket.bytesRead;
      const heard = once(session, "message");
      client.send("x".repeat(length), { compress });
      await heard;
      expect(socket.bytesRead - before < length).toBe(isCompressed);
    },
  );
});

describe.each(PEERS)("$name: the heartbeat", (peer) => {
  test.each(NAMES)("answers pings and tells of them, over %s", async (transport) => {
    const { client, session } = await pair(peer, { transports: [transport] }, { pingInterval: 20 });
    const seen = journal(client, ["packet", "heartbeat", "ping", "pong"]);
    await once(session, "heartbeat");
    expect(seen.slice(0, 4).map(([event]) => event)).toEqual(["packet", "heartbeat", "ping", "pong"]);
    expect(seen[0]?.[1]).toMatchObject({ type: "ping" });
  });

  test.each(NAMES)("ends a session without pings, over %s", async (transport) => {
    const server = await raw({ pingInterval: 20, pingTimeout: 20 });
    const client = connect(peer, server.url, { transports: [transport] });
    const [reason, details] = await once<[string, unknown]>(client, "close");
    expect([reason, details, client.readyState]).toEqual(["ping timeout", undefined, "closed"]);
  });
});
