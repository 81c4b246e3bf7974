// Every case of RFC 6455 that the public list of the Autobahn test suite names, over TCP. Three servers echo: an engine as it comes, whose
// frames are read by our own hand; one with another WebSocket engine, where `ws` reads; and the reader alone. They have to agree.
import { createServer } from "node:http";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { WebSocketServer } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  LARGEST_BYTES,
  Opcode,
  RFC6455_CASES,
  RawEngineClient,
  RawTcp,
  acceptKey,
  readFrame,
  runCase,
  startEngine,
  upgradeRequest,
} from "@everwire/testkit";
import type { StartEngineOptions } from "@everwire/testkit";
import type { Socket } from "@everwire/server/engine";
import { Deadlines } from "../deadlines.js";
import { PlainWebSocket } from "./plain-websocket.js";

/** A server whose every WebSocket echoes. */
interface Echo {
  /** In front of every text: the type of an Engine.IO message. */
  readonly prefix: string;
  /** A connection whose handshake is done. */
  open(): Promise<RawTcp>;
  /** Throws unless a connection that was opened before all others still gets its echo. */
  checkBystander(): Promise<void>;
  close(): Promise<void>;
}

// Room for the prefix.
const maxHttpBufferSize = LARGEST_BYTES + 1;

async function startEngineEcho(options: StartEngineOptions = {}): Promise<Echo> {
  const { engine, port, url, close } = await startEngine({ maxHttpBufferSize, ...options });
  engine.on("connection", (session: Socket) => {
    session.on("message", (data: string | Buffer | undefined) => session.send(data ?? ""));
  });
  const bystander = await new RawEngineClient(url, { path: "/engine.io/" }).websocket();
  let lastCheck = Promise.resolve();
  return {
    prefix: "4",
    open: async () => {
      const tcp = await handshake(port, "/engine.io/?EIO=4&transport=websocket");
      await readFrame(tcp);
      return tcp;
    },
    checkBystander: () => {
      lastCheck = lastCheck.then(async () => {
        bystander.send("4alive");
        expect(await bystander.next()).toBe("4alive");
      });
      return lastCheck;
    },
    close,
  };
}

async function startPlainEcho(): Promise<Echo> {
  const deadlines = new Deadlines();
  const http = createServer();
  http.on("upgrade", ({ headers }, socket: TcpSocket, head: Buffer) => {
    const response = `HTTP/1.1 101 x\r\nSec-WebSocket-Accept: ${acceptKey(headers["sec-websocket-key"] ?? "")}\r\n\r\n`;
    const webSocket = new PlainWebSocket(socket, response, head, deadlines, maxHttpBufferSize);
    webSocket.on("message", (data: Buffer, isBinary: boolean) => webSocket.send(data, { binary: isBinary }));
    webSocket.on("ping", (data: Buffer) => webSocket.pong(data));
    webSocket.respond();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const open = (): Promise<RawTcp> => handshake((http.address() as AddressInfo).port, "/");
  return {
    prefix: "",
    open,
    checkBystander: async () => (await open()).destroy(),
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function handshake(port: number, target: string): Promise<RawTcp> {
  const tcp = await RawTcp.open(port);
  tcp.write(upgradeRequest(target));
  await tcp.readThrough("\r\n\r\n");
  return tcp;
}

class OtherEngine extends WebSocketServer {}

/** Where `ws` differs: it takes no more than 16384 fragments, whatever is in them, and refuses more with 1008. Ours counts their bytes too. */
const REFUSED_BY_WS = new Set([
  "text of 4096 KiB in fragments of 64 bytes",
  "binary of 4096 KiB in fragments of 64 bytes",
]);
const POLICY_VIOLATION = { opcode: Opcode.CLOSE, payload: String.fromCharCode(1008 >> 8, 1008 & 0xff) };

describe.each([
  ["the engine", () => startEngineEcho(), new Set<string>()],
  ["the engine on ws", () => startEngineEcho({ wsEngine: OtherEngine }), REFUSED_BY_WS],
  ["the reader alone", startPlainEcho, new Set<string>()],
])("%s", (_name, start, refused) => {
  let echo: Echo;
  beforeAll(async () => {
    echo = await start();
  });
  afterAll(() => echo.close());

  for (const [chapter, cases] of Object.entries(RFC6455_CASES)) {
    describe(chapter, () => {
      // Of many small cases some at a time.
      const tests = cases.length > 100 ? test.concurrent : test;
      tests.each(cases.map((each) => [each.id, each.what, each] as const))("%s %s", async (_id, _what, each) => {
        const tcp = await echo.open();
        try {
          const { frames, expected, bytesBehind } = await runCase(tcp, each, echo.prefix);
          expect(frames).toEqual(refused.has(each.what) ? [POLICY_VIOLATION] : expected);
          expect(bytesBehind).toBe(0);
        } finally {
          tcp.destroy();
        }
        if (each.close !== undefined) await echo.checkBystander();
      });
    });
  }
});
