// What users of the published engine reach for by name, and the order of the events that they hear.
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { RawEngineClient, once, startEngine, turns, until } from "@everwire/testkit";
import type { StartEngineOptions, StartedEngine } from "@everwire/testkit";
import { OutgoingPacket, Server, Socket, Transport, transports } from "@everwire/server/engine";

const NAMES = ["polling", "websocket"] as const;

interface Setup extends StartedEngine {
  readonly client: RawEngineClient;
}

async function start(options: StartEngineOptions = {}): Promise<Setup> {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  return { ...started, client: new RawEngineClient(started.url, { path: "/engine.io/" }) };
}

interface Opened extends Setup {
  readonly session: Socket;
  say(text: string): unknown;
  /** Takes what waits; a WebSocket has nothing to ask for. */
  poll(): Promise<string>;
}

async function overWebSocket(options: StartEngineOptions = {}): Promise<Opened> {
  const setup = await start(options);
  const [[session], socket] = await Promise.all([once<[Socket]>(setup.engine, "connection"), setup.client.websocket()]);
  return { ...setup, session, say: (text) => socket.send(text), poll: () => Promise.resolve("") };
}

async function overPolling(options: StartEngineOptions = {}): Promise<Opened> {
  const setup = await start(options);
  const [[session], polling] = await Promise.all([once<[Socket]>(setup.engine, "connection"), setup.client.polling()]);
  onTestFinished(() => polling.release());
  return { ...setup, session, say: (text) => polling.push(text), poll: async () => (await polling.poll()).text };
}

describe("the server", () => {
  test("knows its sessions by id, live, and counts them", async () => {
    const { engine, session } = await overWebSocket();
    const { clients } = engine;
    expect([Object.keys(clients), engine.clientsCount]).toEqual([[session.id], 1]);
    expect(clients[session.id]).toBe(session);
    expect(clients["__proto__"]).toBeUndefined();
    session.close();
    expect([Object.keys(clients), engine.clientsCount]).toEqual([[], 0]);
    expect(engine.clients).toBe(clients);
  });

  test("takes any text for an id without taking it for something of the language", async () => {
    const { engine, client } = await start();
    const ids = ["constructor", "__proto__", "7"];
    engine.generateId = () => ids.shift() ?? "";
    for (const id of [...ids]) {
      const polling = await client.polling();
      expect(polling.sid).toBe(id);
      expect((await polling.push("4a")).text).toBe("ok");
    }
    expect(engine.clientsCount).toBe(3);
    engine.close();
    expect([engine.clientsCount, Object.keys(engine.clients)]).toEqual([0, []]);
  });

  test("says what each transport may be upgraded to", () => {
    expect(new Server().upgrades("polling")).toEqual(["websocket", "webtransport"]);
    expect(new Server().upgrades("websocket")).toEqual([]);
    expect(new Server({ allowUpgrades: false }).upgrades("polling")).toEqual([]);
    expect(new Server().upgrades("constructor")).toEqual([]);
  });

  test("shows the headers of a body to who may change them", async () => {
    const { engine, client } = await start();
    const seen: OutgoingHttpHeaders[] = [];
    engine.on("initial_headers", (headers: OutgoingHttpHeaders) => seen.push({ ...headers }));
    const { opening } = await client.polling();
    expect(seen).toEqual([
      {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Length": Buffer.byteLength(opening.text),
        "cache-control": "no-store",
      },
    ]);
  });
});

const open = { polling: overPolling, websocket: overWebSocket } as const;

describe.each(NAMES)("a session over %s", (name) => {
  test("has the members that users know", async () => {
    const { engine, session } = await open[name]();
    expect(session).toBeInstanceOf(Socket);
    expect(session.transport).toBeInstanceOf(Transport);
    expect(session.transport).toBeInstanceOf(transports[name]);
    expect(session.transport.name).toBe(name);
    expect([session.protocol, session.readyState, session.upgrading, session.upgraded]).toEqual([
      4,
      "open",
      false,
      false,
    ]);
    expect(session.remoteAddress).toMatch(/127\.0\.0\.1$/);
    expect(session.server).toBe(engine);
    expect(session.writeBuffer).toEqual([]);
    const { _query } = session.request as IncomingMessage & { _query: Record<string, string> };
    expect({ ..._query }).toMatchObject({ EIO: "4", transport: name });
    expect(Object.getPrototypeOf(_query)).toBeNull();
  });

  test("has a write buffer that is the list itself, readable on close and empty a tick later", async () => {
    const { session } = await open[name]();
    const lengths: number[] = [];
    session.on("close", () => lengths.push(session.writeBuffer.length));
    (session.writeBuffer as OutgoingPacket[]).push(new OutgoingPacket("message", "foo"));
    expect(session.writable).toBe(false);
    session.close(true);
    expect(lengths).toEqual([1]);
    await turns(1);
    expect(session.writeBuffer).toHaveLength(0);
  });

  test("tells of what comes and goes in this order", async () => {
    const { engine, session, say, poll } = await open[name]();
    const log: string[] = [];
    const typesOf = (packets: readonly OutgoingPacket[]): string => packets.map(({ type }) => type).join();
    session.on("packet", (packet: { type: string; data: string }) => log.push(`packet ${packet.type} ${packet.data}`));
    session.on("data", (data: string) => log.push(`data ${data}`));
    session.on("message", (data: string) => log.push(`message ${data}`));
    session.on("packetCreate", ({ type, data }: { type: string; data: string }) =>
      log.push(`packetCreate ${type} ${data}`),
    );
    session.on("flush", (packets: OutgoingPacket[]) => log.push(`flush ${typesOf(packets)}`));
    engine.on("flush", (of: Socket, packets: OutgoingPacket[]) =>
      log.push(`engine flush ${typesOf(packets)} ${of === session}`),
    );
    session.on("drain", () => log.push(`drain ${session.writeBuffer.length}`));
    engine.on("drain", (of: Socket) => log.push(`engine drain ${of === session}`));
    session.on("message", () => {
      session.send("pong", (transport: Transport) => log.push(`sent by ${transport.name}`));
    });
    const drained = once(engine, "drain");
    const polled = poll();
    await until(() => session.transport.writable, "the poll");
    await say("4ping");
    await drained;
    await polled;
    expect(log).toEqual([
      "packet message ping",
      "data ping",
      "message ping",
      "packetCreate message pong",
      "flush message",
      "engine flush message true",
      `sent by ${name}`,
      "drain 0",
      "engine drain true",
    ]);
  });

  test("that times out closes its transport, which says so", async () => {
    const { session } = await open[name]({ pingInterval: 20, pingTimeout: 20 });
    const closed = once(session, "close");
    await once(session.transport, "close");
    expect((await closed)[0]).toBe("ping timeout");
    expect(session.transport.readyState).toBe("closed");
  });
});

test("the ping waits its turn behind what was sent before", async () => {
  const { session, poll } = await overPolling({ pingInterval: 20 });
  for (let index = 0; index < 100; index += 1) session.send("x".repeat(1000));
  const [packet] = await once<[OutgoingPacket]>(session, "packetCreate");
  expect(packet.type).toBe("ping");
  const text = await poll();
  expect(text.endsWith(`${"x".repeat(1000)}\x1e2`)).toBe(true);
});

test("a polling transport shows the headers of each answer", async () => {
  const { session, poll } = await overPolling();
  const shown = once<[OutgoingHttpHeaders, IncomingMessage]>(session.transport, "headers");
  session.send("hi");
  const answer = await poll();
  const [headers, request] = await shown;
  expect(headers["Content-Length"]).toBe(answer.length);
  expect(request.method).toBe("GET");
});

test("the WebSocket is on its transport; with permessage-deflate what is sent passes through it", async () => {
  const { client, engine } = await start({ perMessageDeflate: { threshold: 10 } });
  const connected = once<[Socket]>(engine, "connection");
  const socket = await client.websocket({}, { perMessageDeflate: true });
  const { transport } = (await connected)[0];
  if (!(transport instanceof transports.websocket)) throw new Error("no WebSocket");
  const webSocket = transport.socket;
  expect(webSocket).toBeInstanceOf(WebSocket);
  const compressed: unknown[] = [];
  const send = webSocket.send.bind(webSocket) as (...args: unknown[]) => void;
  webSocket.send = (...args: unknown[]) => {
    compressed.push((args[1] as { compress: boolean }).compress);
    send(...args);
  };
  engine.clients[socket.handshake.sid]?.send("tiny").send("large enough").send("large enough", { compress: false });
  for (let index = 0; index < 3; index += 1) await socket.next();
  expect(compressed).toEqual([false, true, false]);
});
