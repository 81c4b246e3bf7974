// The types of options and members that applications use, beside events. Compiled against the stock server's typings too, as types.test.ts is
// (e2e/interop/moving-types.test.ts): what compiles there has to compile here.
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expectTypeOf, it } from "vitest";
import { WebSocketServer } from "ws";
import { type DisconnectReason, Server, type ServerOptions, type Socket } from "@everwire/server";

/** Compiled, never run. */
const compiles = (check: (io: Server, socket: Socket) => unknown): void => {
  expectTypeOf(check).toBeFunction();
};

describe("types of the server", () => {
  it("name the options", () => {
    const options: Partial<ServerOptions>[] = [
      {
        path: "/x",
        addTrailingSlash: false,
        destroyUpgrade: false,
        destroyUpgradeTimeout: 1,
        serveClient: false,
        connectTimeout: 1,
        connectionStateRecovery: { maxDisconnectionDuration: 1, skipMiddlewares: false },
        cleanupEmptyChildNamespaces: true,
      },
      {
        pingInterval: 1,
        pingTimeout: 1,
        upgradeTimeout: 1,
        maxHttpBufferSize: 1,
        transports: ["polling", "websocket", "webtransport"],
        allowUpgrades: false,
        allowEIO3: true,
        perMessageDeflate: { threshold: 1 },
        httpCompression: { threshold: 1 },
        wsEngine: WebSocketServer,
        initialPacket: "hello",
        cookie: { name: "x", path: "/", httpOnly: true, sameSite: "strict", secure: true, maxAge: 1 },
        cors: { origin: ["https://a.com", /b/], methods: ["GET"], allowedHeaders: ["x"], credentials: true },
        allowRequest: (request, decide) => decide(null, request.url !== "/"),
      },
      { cors: { origin: (origin, decide) => decide(null, origin) }, cookie: true, perMessageDeflate: true },
      { cors: { origin: true }, cookie: false, httpCompression: false },
    ];
    expectTypeOf(Server).toBeConstructibleWith(options[0]);
    // @ts-expect-error -- no such option
    expectTypeOf<{ pingIntervall: number }>().toExtend<Partial<ServerOptions>>();
  });

  it("name the reasons of disconnections", () => {
    const reasons: DisconnectReason[] = [
      "transport error",
      "transport close",
      "forced close",
      "ping timeout",
      "parse error",
      "server shutting down",
      "forced server close",
      "client namespace disconnect",
      "server namespace disconnect",
    ];
    expectTypeOf(reasons).not.toBeAny();
    // @ts-expect-error -- no such reason
    expectTypeOf<"because">().toExtend<DisconnectReason>();
  });

  it("know the members of the engine", () => {
    compiles((io) => {
      io.engine.use((request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => {
        response.setHeader("x", String(request.url));
        next();
      });
      io.engine.on("initial_headers", (headers: Record<string, string>, request: IncomingMessage) => {
        headers["x"] = String(request.url);
      });
      io.engine.on("connection_error", (error: { req: IncomingMessage; code: number; context: unknown }) => error.code);
      io.engine.generateId = (request: IncomingMessage) => String(request.url);
      expectTypeOf(io.engine.clientsCount).toEqualTypeOf<number>();
      return [io.engine.opts.pingInterval, io.engine.close()];
    });
  });

  it("know the members of servers, namespaces and adapters", () => {
    compiles((io) => {
      expectTypeOf(io.close()).toEqualTypeOf<Promise<void>>();
      expectTypeOf(io.path()).toEqualTypeOf<string>();
      expectTypeOf(io.path("/x").serveClient(true).connectTimeout(1)).toEqualTypeOf<Server>();
      expectTypeOf(io.of("/").adapter.rooms).toEqualTypeOf<Map<string, Set<string>>>();
      expectTypeOf(io.of("/").adapter.sids).toEqualTypeOf<Map<string, Set<string>>>();
      io.of("/").adapter.on("join-room", (room: string, id: string) => [room, id]);
      io.attach(3000, { path: "/x" });
      io.in("a").socketsJoin(["b", "c"]);
      io.to("a").except(["b"]).socketsLeave("c");
      io.to(["a", "b"]).disconnectSockets(true);
      io.listen(3000);
      expectTypeOf(io.in("a").allSockets()).toEqualTypeOf<Promise<Set<string>>>(); // eslint-disable-line @typescript-eslint/no-deprecated -- as users may still do
    });
  });

  it("know the members of sockets", () => {
    compiles((io, socket) => {
      expectTypeOf(socket.id).toEqualTypeOf<string>();
      expectTypeOf(socket.rooms).toEqualTypeOf<Set<string>>();
      expectTypeOf([socket.connected, socket.disconnected, socket.recovered]).toEqualTypeOf<boolean[]>();
      expectTypeOf(socket.handshake.query["x"]).toEqualTypeOf<string | string[] | undefined>();
      expectTypeOf(socket.handshake.headers.cookie).toEqualTypeOf<string | undefined>();
      expectTypeOf(socket.handshake.auth["token"]).toBeAny();
      expectTypeOf(socket.handshake.issued).toEqualTypeOf<number>();
      expectTypeOf(socket.request).toEqualTypeOf<IncomingMessage>();
      expectTypeOf(socket.conn.transport.name).toExtend<string>();
      expectTypeOf(socket.conn.protocol).toExtend<number>();
      socket.conn.once("upgrade", () => undefined);
      socket.conn.on("packet", ({ type, data }: { type: string; data?: unknown }) => [type, data]);
      io.on("connection", async (one) => {
        await one.join(["a", "b"]);
      });
      return [socket.leave("a"), socket.disconnect(true), socket.listenersAny(), socket.offAny(), socket.client.conn];
    });
  });
});
