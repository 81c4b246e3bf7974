// The engine as a module: its exports, its options and their defaults, the ways to start one.
import { describe, expect, onTestFinished, test } from "vitest";
import { deferred, httpRequest } from "@everwire/testkit";
import { closeHttp, startEngine } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";

describe.each(PEERS)("$name: the engine's exports", (peer) => {
  test("are named as documented", () => {
    const { Server, Socket, Transport, attach, listen, parser, protocol, transports } = peer.engine;
    for (const each of [Server, Socket, Transport, attach, listen]) expect(each).toBeTypeOf("function");
    expect(protocol).toBe(4);
    expect(Object.keys(transports)).toEqual(expect.arrayContaining(["polling", "websocket"]));
    expect(Object.keys(parser)).toEqual(
      expect.arrayContaining([
        "createPacketDecoderStream",
        "createPacketEncoderStream",
        "decodePacket",
        "decodePayload",
        "encodePacket",
        "encodePayload",
        "protocol",
      ]),
    );
    expect(parser.protocol).toBe(4);
  });

  test("hold the maps of errors", () => {
    expect(peer.engine.Server.errors).toEqual({
      UNKNOWN_TRANSPORT: 0,
      UNKNOWN_SID: 1,
      BAD_HANDSHAKE_METHOD: 2,
      BAD_REQUEST: 3,
      FORBIDDEN: 4,
      UNSUPPORTED_PROTOCOL_VERSION: 5,
    });
    expect(peer.engine.Server.errorMessages).toEqual({
      0: "Transport unknown",
      1: "Session ID unknown",
      2: "Bad handshake method",
      3: "Bad request",
      4: "Forbidden",
      5: "Unsupported protocol version",
    });
  });

  test("give a server with the options that are documented", () => {
    const engine = new peer.engine.Server();
    onTestFinished(() => void engine.close());
    expect(engine).toBeInstanceOf(peer.engine.Server);
    expect(engine.opts).toMatchObject({
      pingTimeout: 20_000,
      pingInterval: 25_000,
      upgradeTimeout: 10_000,
      maxHttpBufferSize: 1e6,
      transports: ["polling", "websocket"],
      allowUpgrades: true,
      httpCompression: { threshold: 1024 },
      cors: false,
      allowEIO3: false,
    });
    expect(engine.opts.perMessageDeflate).toBeFalsy();
    expect(engine.opts.cookie).toBeFalsy();
    expect(engine.opts.initialPacket).toBeUndefined();
    expect(engine.opts.wsEngine).toBeTypeOf("function");
    expect([engine.clientsCount, engine.clients]).toEqual([0, {}]);
    expect(engine.httpServer).toBeUndefined();
  });

  test.each<[EngineOptions, object]>([
    [{ perMessageDeflate: true }, { perMessageDeflate: { threshold: 1024 } }],
    [{ perMessageDeflate: { threshold: 9 } }, { perMessageDeflate: { threshold: 9 } }],
    [
      { perMessageDeflate: { serverNoContextTakeover: true } },
      { perMessageDeflate: { threshold: 1024, serverNoContextTakeover: true } },
    ],
    [{ httpCompression: false }, { httpCompression: false }],
    [
      { pingInterval: 1, pingTimeout: 2 },
      { pingInterval: 1, pingTimeout: 2 },
    ],
    [{ cookie: true }, { cookie: { name: "io", path: "/", httpOnly: true, sameSite: "lax" } }],
    [{ cookie: { name: "a", path: false } }, { cookie: { name: "a", path: false, httpOnly: true, sameSite: "lax" } }],
  ])("merge options: %o", (options, expected) => {
    const engine = new peer.engine.Server(options);
    onTestFinished(() => void engine.close());
    expect(engine.opts).toMatchObject(expected);
  });

  test("listen(port, options, callback) keeps its HTTP server, which answers 501", async () => {
    const { promise, resolve } = deferred();
    const engine = peer.engine.listen(0, { pingInterval: 9 }, resolve);
    const { httpServer } = engine;
    if (httpServer === undefined) throw new Error("no server");
    onTestFinished(() => {
      engine.close();
      closeHttp(httpServer);
    });
    await promise;
    expect(engine).toBeInstanceOf(peer.engine.Server);
    const url = `http://localhost:${(httpServer.address() as { port: number }).port}`;
    const other = await httpRequest(`${url}/other`);
    expect([other.status, other.text]).toEqual([501, "Not Implemented"]);
    const answer = await httpRequest(`${url}/engine.io/?EIO=4&transport=polling`);
    expect(JSON.parse(answer.text.slice(1))).toMatchObject({ pingInterval: 9 });
  });

  test("listen(port, callback)", async () => {
    const { promise, resolve } = deferred();
    const engine = peer.engine.listen(0, resolve);
    onTestFinished(() => {
      engine.close();
      if (engine.httpServer !== undefined) closeHttp(engine.httpServer);
    });
    await promise;
  });

  test("take a first argument that is no options object", () => {
    const engine = new peer.engine.Server({ on: () => undefined } as never, { pingInterval: 3 });
    onTestFinished(() => void engine.close());
    expect(engine.clientsCount).toBe(0);
  });

  test("make methods that chain", async () => {
    const { engine } = await startEngine(peer);
    expect(engine.on("x", () => undefined)).toBe(engine);
    expect(engine.close()).toBe(engine);
  });
});
