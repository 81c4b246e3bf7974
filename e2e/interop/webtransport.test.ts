// WebTransport between our client and our server, and each with the stock other side, in Node over HTTP/2 sessions: alone, and reached from
// polling. What a browser does stands in ../browser/webtransport.spec.ts.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as everwireClient from "@everwire/client";
import * as everwireServer from "@everwire/server";
import { type EmitterLike, once as onceOf, turns, until, within } from "@everwire/testkit";
import * as stockServer from "socket.io";
import * as stockClient from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { installWebTransport } from "../support/webtransport.js";
import { CLIENT_OPTIONS, startWebTransport, type SessionTaker } from "../support/webtransport-server.js";
import type { ClientModule, JsClientSocket, JsServer, JsServerSocket, ServerModule } from "./support/js-modules.js";

const PATH = "/socket.io/";

interface Pairing {
  readonly name: string;
  readonly client: ClientModule;
  readonly server: ServerModule;
  /** The stock ones leave rejected promises behind when a session ends, and lose what is sent right before a close. */
  readonly isOurs: { readonly client: boolean; readonly server: boolean };
}

const OURS = { client: everwireClient as unknown as ClientModule, server: everwireServer as unknown as ServerModule };
const STOCK = { client: stockClient as unknown as ClientModule, server: stockServer as unknown as ServerModule };

const PAIRINGS: Pairing[] = [
  {
    name: "everwire client -> everwire server",
    client: OURS.client,
    server: OURS.server,
    isOurs: { client: true, server: true },
  },
  {
    name: "stock client -> everwire server",
    client: STOCK.client,
    server: OURS.server,
    isOurs: { client: false, server: true },
  },
  {
    name: "everwire client -> stock server",
    client: OURS.client,
    server: STOCK.server,
    isOurs: { client: true, server: false },
  },
];

/** Port of the sessions by the port of the server. */
const ports = new Map<string, number>();
beforeAll(() => {
  afterAll(installWebTransport((port) => ports.get(port)));
});

/** The stated emitters have fewer methods than every emitter has. */
function once<Args extends unknown[] = unknown[]>(emitter: object, event: string): Promise<Args> {
  return onceOf<Args>(emitter as EmitterLike, event);
}

interface Running {
  readonly io: JsServer & { engine: SessionTaker & { close(): void; use(middleware: unknown): void } };
  readonly url: string;
  readonly sessions: readonly { close(): void }[];
}

async function start({ server }: Pairing, options: Record<string, unknown> = {}): Promise<Running> {
  const http = createServer();
  const io = new server.Server(http, {
    transports: ["polling", "websocket", "webtransport"],
    maxHttpBufferSize: 4e6,
    ...options,
  }) as Running["io"];
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const sessions = await startWebTransport(io.engine, PATH);
  ports.set(String(port), sessions.port);
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => (args.pop() as (...args: unknown[]) => void)(...args));
    socket.on("bounce", (...args: unknown[]) => void socket.emit("bounced", ...args));
  });
  onTestFinished(async () => {
    await io.close();
    sessions.close();
  });
  return { io, url: `http://127.0.0.1:${String(port)}`, sessions: sessions.sessions };
}

type Mode = "alone" | "from polling";

async function connect(
  { client }: Pairing,
  url: string,
  mode: Mode,
  options: Record<string, unknown> = {},
): Promise<JsClientSocket> {
  const transports = mode === "alone" ? ["webtransport"] : ["polling", "webtransport"];
  const socket = client.io(url, {
    forceNew: true,
    reconnectionDelay: 10,
    transports,
    transportOptions: { webtransport: CLIENT_OPTIONS },
    ...options,
  });
  onTestFinished(() => void socket.disconnect());
  const refused = once<[Error]>(socket, "connect_error").then(([error]) => {
    throw error;
  });
  await Promise.race([once(socket, "connect"), refused]);
  refused.catch(() => undefined);
  await until(() => socket.io.engine.transport.name === "webtransport", "WebTransport");
  return socket;
}

async function connected(
  pairing: Pairing,
  mode: Mode,
): Promise<Running & { socket: JsClientSocket; peer: JsServerSocket }> {
  const running = await start(pairing);
  const opened = once<[JsServerSocket]>(running.io, "connection");
  const socket = await connect(pairing, running.url, mode);
  const [peer] = await opened;
  await until(() => peer.conn.transport.name === "webtransport", "WebTransport on the server");
  return { ...running, socket, peer };
}

describe.each(PAIRINGS)("$name", (pairing) => {
  const { isOurs } = pairing;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  const isAllOurs = isOurs.client && isOurs.server;

  // The runner counts rejected promises as errors of its own: not for those of the stock side.
  const others = process.listeners("unhandledRejection");
  beforeAll(() => {
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", onRejection);
  });
  afterAll(async () => {
    await turns(20);
    process.off("unhandledRejection", onRejection);
    for (const listener of others) process.on("unhandledRejection", listener);
  });
  afterEach(async () => {
    await turns(20);
    if (isAllOurs) expect(rejections).toEqual([]);
  });

  describe.each<Mode>(["alone", "from polling"])("%s", (mode) => {
    test("carries JSON and text outside the basic plane, with acks", async () => {
      const { socket } = await connected(pairing, mode);
      const values = ["€ 𝒳 👩🏽‍🚀 \u0000 \u001e", 0, -1.5, true, null, [], { deep: [{ a: "ü" }] }];
      for (const value of values) expect(await socket.timeout(5_000).emitWithAck("echo", value)).toEqual(value);
    });

    test("carries binary, nested and empty, both ways", async () => {
      const { socket } = await connected(pairing, mode);
      const value = { bytes: Buffer.from([0, 1, 255]), list: [Buffer.from("x"), "text"], empty: Buffer.alloc(0) };
      const bounced = once(socket, "bounced");
      if (isOurs.client && isOurs.server) {
        socket.emit("bounce", value, Buffer.alloc(0));
        expect(await bounced).toEqual([value, Buffer.alloc(0)]);
      } else {
        // A frame can't be empty, and the stock sides send one.
        const { empty, ...rest } = value;
        expect(empty).toHaveLength(0);
        socket.emit("bounce", rest);
        expect(await bounced).toEqual([rest]);
      }
    });

    test("carries a megabyte each way, text and binary", async () => {
      const { socket } = await connected(pairing, mode);
      const text = "ü".repeat(500_000);
      const binary = Buffer.alloc(1_000_000, 7);
      expect(await socket.timeout(20_000).emitWithAck("echo", text)).toBe(text);
      const answer = (await socket.timeout(20_000).emitWithAck("echo", binary)) as Buffer;
      expect(Buffer.compare(answer, binary)).toBe(0);
    });

    test("keeps the order of what is sent from the first moment on, over the upgrade too", async () => {
      const { io, url } = await start(pairing);
      const received: number[] = [];
      io.on("connection", (peer) => {
        peer.on("number", (value) => {
          received.push(value as number);
        });
        for (let index = 0; index < 200; index++) peer.emit("number", index);
      });
      const seen: number[] = [];
      const transports = mode === "alone" ? ["webtransport"] : ["polling", "webtransport"];
      const socket = pairing.client.io(url, {
        forceNew: true,
        transports,
        transportOptions: { webtransport: CLIENT_OPTIONS },
      });
      onTestFinished(() => void socket.disconnect());
      socket.on("number", (value) => {
        seen.push(value as number);
      });
      for (let index = 0; index < 100; index++) socket.emit("number", index);
      await once(socket, "connect");
      for (let index = 100; index < 200; index++) {
        socket.emit("number", index);
        if (index % 10 === 0) await turns(2);
      }
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      await until(() => received.length >= 200 && seen.length >= 200, "all numbers", { timeoutMs: 15_000 });
      expect([received, seen]).toEqual([numbers, numbers]);
    });

    test("tells the server that the client left", async () => {
      const { socket, peer } = await connected(pairing, mode);
      const gone = once(peer, "disconnect");
      socket.disconnect();
      const [reason] = await gone;
      expect(reason).toMatch(
        isOurs.client ? /^client namespace disconnect$/ : /^(client namespace disconnect|transport close)$/,
      );
    });

    test("tells the client that the server put it out", async () => {
      const { socket, peer } = await connected(pairing, mode);
      const gone = once(socket, "disconnect");
      peer.disconnect(true);
      const [reason] = await gone;
      expect(reason).toMatch(isOurs.server ? /^io server disconnect$/ : /^(io server disconnect|transport close)$/);
    });

    test("is a transport close for both when the session ends, and the client comes back", async () => {
      const { socket, peer, sessions, io } = await connected(pairing, mode);
      const gone = Promise.all([once(socket, "disconnect"), once(peer, "disconnect")]);
      const again = once<[JsServerSocket]>(io, "connection");
      const back = once(socket, "connect");
      sessions[0]?.close();
      const [[onClient], [onServer]] = await gone;
      expect([onClient, onServer]).toEqual(["transport close", "transport close"]);
      await again;
      await back;
      expect(await socket.timeout(5_000).emitWithAck("echo", "back")).toBe("back");
    });

    test("ends when the client sends more than the server takes", async () => {
      const { socket, peer } = await connected(pairing, mode);
      const gone = Promise.all([once(socket, "disconnect"), once(peer, "disconnect")]);
      socket.emit("bounce", "x".repeat(4_100_000));
      const [[onClient], [onServer]] = await within(gone, "the end", { timeoutMs: 15_000 });
      expect([onClient, onServer]).toEqual(["transport close", "parse error"]);
    });
  });

  // Refused, the stock client waits in silence until its timeout.
  if (!isOurs.client) return;

  test("is refused when the server has middleware in its engine", async () => {
    const { io, url } = await start(pairing);
    io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
    await expect(connect(pairing, url, "alone", { reconnection: false })).rejects.toThrow("transport close");
  });
});
