import { Duplex } from "node:stream";
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
import type { StartEngineOptions } from "@everwire/testkit";
import type { Socket } from "@everwire/server/engine";
import { Deadlines } from "../deadlines.js";
import { PlainWebSocket } from "./plain-websocket.js";

const TARGET = "/engine.io/?EIO=4&transport=websocket";

/** A session on a bare TCP connection, its open packet read, and its WebSocket on the server. */
async function start(options: StartEngineOptions = {}) {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  const connected = once<[Socket]>(started.engine, "connection");
  const tcp = await RawTcp.open(started.port);
  onTestFinished(() => tcp.destroy());
  tcp.write(upgradeRequest(TARGET));
  await tcp.readThrough("\r\n\r\n");
  await readFrame(tcp);
  const [session] = await connected;
  const { socket: webSocket } = session.transport as unknown as { readonly socket: unknown };
  if (!(webSocket instanceof PlainWebSocket)) throw new Error("it is not our own");
  return { ...started, tcp, session, webSocket };
}

function closeFrame(code: number): Buffer {
  return encodeFrame(Buffer.from([code >> 8, code & 0xff]), { opcode: Opcode.CLOSE });
}

describe("closing", () => {
  test("what was sent in the same turn goes before the close frame, and nothing goes behind it", async () => {
    const { tcp, session, webSocket } = await start();
    session.send("before");
    webSocket.close(1000);
    session.send("behind");
    expect((await readFrame(tcp)).payload.toString()).toBe("4before");
    expect(closeCode(await readFrame(tcp))).toBe(1000);
    tcp.write(closeFrame(1000));
    await tcp.closed();
    expect(tcp.unreadBytes).toBe(0);
  });

  test("a ping right before the close frame of the client is answered", async () => {
    const { tcp } = await start();
    tcp.write(encodeFrame("x", { opcode: Opcode.PING }), closeFrame(1000));
    expect((await readFrame(tcp)).opcode).toBe(Opcode.PONG);
    expect((await readFrame(tcp)).opcode).toBe(Opcode.CLOSE);
  });

  test("a listener may close with another code while the rest leaves", async () => {
    const { tcp, session, webSocket } = await start();
    session.once("flush", () => webSocket.close(4001, "mine"));
    session.send("before");
    webSocket.close(1000);
    const frames = [await readFrame(tcp), await readFrame(tcp)];
    expect(frames.map(({ opcode }) => opcode)).toContain(Opcode.CLOSE);
    expect(closeCode(frames.find(({ opcode }) => opcode === Opcode.CLOSE)!)).toBe(4001);
  });

  test("ends at once when the client breaks the rules instead of answering", async () => {
    const { tcp, session } = await start();
    session.close();
    expect((await readFrame(tcp)).opcode).toBe(Opcode.CLOSE);
    tcp.write(encodeFrame("4a", { rsv2: true }));
    await tcp.closed();
  });

  test("ends at once, though a listener has paused the connection, when the client closes", async () => {
    const { tcp, session, webSocket } = await start();
    session.on("message", () => webSocket.pause());
    const ended = once<[string]>(session, "close");
    // What is behind the close frame waits in the paused socket, and its end behind that.
    tcp.write(encodeFrame("4a"), closeFrame(1001), Buffer.alloc(300_000));
    expect(closeCode(await readFrame(tcp))).toBe(1001);
    expect((await ended)[0]).toBe("transport close");
    await tcp.closed();
  });

  test("a paused connection takes nothing until it goes on", async () => {
    const { tcp, session, webSocket } = await start();
    const messages: unknown[] = [];
    session.on("message", (data) => messages.push(data));
    webSocket.pause();
    expect(webSocket.isPaused).toBe(true);
    tcp.write(encodeFrame("4a"));
    await until(() => tcp.socket.writableLength === 0, "the write");
    await turns(5);
    expect(messages).toEqual([]);
    webSocket.resume();
    await until(() => messages.length === 1, "the message");
  });

  test("of a connection that a listener has cut nothing more is heard", async () => {
    const { tcp, session, webSocket } = await start();
    const messages: unknown[] = [];
    session.on("message", (data) => {
      messages.push(data);
      webSocket.terminate();
    });
    const ended = once(session, "close");
    tcp.write(encodeFrame("4a"), encodeFrame("4b"), encodeFrame("x", { opcode: Opcode.PING }));
    await ended;
    expect(messages).toEqual(["a"]);
    await tcp.closed();
  });

  test("of a session that a listener has closed nothing more is heard, and the closing handshake is carried out", async () => {
    const { tcp, session } = await start();
    const messages: unknown[] = [];
    session.on("message", (data) => {
      messages.push(data);
      session.send("last");
      session.close();
    });
    tcp.write(encodeFrame("4a"), encodeFrame("4b"));
    expect((await readFrame(tcp)).payload.toString()).toBe("4last");
    expect((await readFrame(tcp)).opcode).toBe(Opcode.CLOSE);
    tcp.write(closeFrame(1000));
    await tcp.closed();
    expect(messages).toEqual(["a"]);
  });

  test("a client that ends its side without a close frame is let go", async () => {
    const { tcp, session, connections } = await start();
    const ended = once<[string]>(session, "close");
    tcp.socket.end();
    expect((await ended)[0]).toBe("transport close");
    await until(() => connections.size === 0, "the end of the connection");
  });

  test("a client that ends its side and reads nothing is let go with the heartbeat", async () => {
    const { tcp, session, connections } = await start({ pingInterval: 50, pingTimeout: 50 });
    const ended = once(session, "close");
    tcp.socket.pause();
    session.send(Buffer.alloc(20_000_000));
    tcp.socket.end();
    await ended;
    await until(() => connections.size === 0, "the end of the connection");
  });
});

describe("what may be sent", () => {
  test("no control frame with more than 125 bytes, and no code that has no place on the wire", async () => {
    const { tcp, webSocket } = await start();
    expect(() => webSocket.ping("x".repeat(126))).toThrow(RangeError);
    expect(() => webSocket.pong("é".repeat(63))).toThrow(RangeError);
    expect(() => webSocket.close(1000, "x".repeat(124))).toThrow(RangeError);
    expect(() => webSocket.close(1005)).toThrow(RangeError);
    expect(webSocket.readyState).toBe(1);
    webSocket.ping("x".repeat(125));
    webSocket.close(1000, "x".repeat(123));
    expect((await readFrame(tcp)).payload).toHaveLength(125);
    expect((await readFrame(tcp)).payload).toHaveLength(125);
  });
});

describe("the socket below", () => {
  test("has no timeout of the HTTP server any more", async () => {
    const { connections, tcp, session } = await start({ http: { prepare: (http) => void (http.timeout = 60_000) } });
    expect([...connections].map(({ timeout }) => timeout)).toEqual([0]);
    const message = once(session, "message");
    tcp.write(encodeFrame("4a"));
    expect(await message).toEqual(["a"]);
  });

  test("may be one of TLS", async () => {
    const started = await startEngine({ http: { secure: true } });
    onTestFinished(() => started.close());
    started.engine.on("connection", (session: Socket) => {
      session.on("message", (data: string | Buffer) => session.send(data));
    });
    const socket = await new RawEngineClient(started.url, { path: "/engine.io/" }).websocket();
    const sent: (string | Buffer)[] = [];
    for (const length of [1, 125, 126, 16_384, 65_535, 65_536, 200_000]) {
      sent.push(`4${"é".repeat(length)}`, Buffer.alloc(length, length));
    }
    for (const message of sent) socket.send(message);
    for (const message of sent) expect(await socket.next()).toEqual(message);
    await socket.close();
  });

  test("may bring frames, whole and begun, with the request", async () => {
    const started = await startEngine();
    onTestFinished(() => started.close());
    const messages: unknown[] = [];
    started.engine.on("connection", (session: Socket) => {
      session.on("message", (data: string) => messages.push(data));
    });
    const tcp = await RawTcp.open(started.port);
    onTestFinished(() => tcp.destroy());
    const last = encodeFrame(`4${"c".repeat(300)}`);
    tcp.write(upgradeRequest(TARGET), encodeFrame("4a"), encodeFrame("4b"), last.subarray(0, 100));
    await tcp.readThrough("\r\n\r\n");
    await until(() => messages.length === 2, "the whole messages");
    tcp.write(last.subarray(100));
    await until(() => messages.length === 3, "the last message");
    expect(messages).toEqual(["a", "b", "c".repeat(300)]);
  });

  test("is cut when a listener of the WebSocket throws, for what follows can't be told apart any more", () => {
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const webSocket = new PlainWebSocket(socket, "", Buffer.alloc(0), new Deadlines(), 1_000);
    const heard: string[] = [];
    webSocket.on("message", (data: Buffer) => {
      heard.push(data.toString());
      throw new Error("of the user");
    });
    const chunk = Buffer.concat([encodeFrame("a"), encodeFrame("b")]);
    expect(() => socket.emit("data", chunk)).toThrow("of the user");
    expect(socket.destroyed).toBe(true);
    socket.emit("data", encodeFrame("c"));
    expect(heard).toEqual(["a"]);
  });
});
