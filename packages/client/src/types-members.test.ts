// The types of members that pages use, beside events. Compiled against the stock client's typings too, as types.test.ts is
// (e2e/interop/moving-types.test.ts): what compiles there has to compile here.
import { describe, expectTypeOf, test } from "vitest";
import { io, Manager, type ManagerOptions, type Socket } from "@everwire/client";

/** Compiled, never run. */
const compiles = (check: (socket: Socket, manager: Manager) => unknown): void => {
  expectTypeOf(check).toBeFunction();
};

describe("types of the client", () => {
  test("the options of the engine are named", () => {
    const options: Partial<ManagerOptions> = {
      host: "x",
      hostname: "x",
      port: 1,
      secure: true,
      addTrailingSlash: false,
      forceBase64: true,
      timestampParam: "t",
      timestampRequests: true,
      transports: ["polling", "websocket", "webtransport"],
      tryAllTransports: true,
      rememberUpgrade: true,
      requestTimeout: 1,
      protocols: ["x"],
      perMessageDeflate: { threshold: 1 },
      transportOptions: { polling: { extraHeaders: { a: "b" } } },
      ca: "x",
      cert: "x",
      key: "x",
      rejectUnauthorized: false,
      autoUnref: true,
      closeOnBeforeunload: true,
      useNativeTimers: true,
    };
    expectTypeOf(Manager).toBeConstructibleWith("http://127.0.0.1:1", options);
  });

  test("the members of a Manager are known", () => {
    compiles((_socket, manager) => {
      expectTypeOf(manager.reconnection()).toExtend<boolean | undefined>();
      manager.reconnection(true).reconnectionAttempts(1).reconnectionDelay(1).reconnectionDelayMax(1).timeout(1);
      manager.open((error) => error?.message);
      manager.opts.query = { a: "b" };
      manager.opts.transports = ["websocket"];
      manager.on("packet", (packet) => packet.nsp);
      return [manager.connect(), manager.socket("/x", { auth: { a: 1 } })];
    });
  });

  test("the members of a socket are known", () => {
    compiles((socket) => {
      expectTypeOf([socket.connected, socket.disconnected, socket.active, socket.recovered]).toEqualTypeOf<boolean[]>();
      expectTypeOf(socket.io.engine.transport.name).toExtend<string>();
      socket.auth = { token: "x" };
      socket.auth = (answer) => answer({ token: "x" });
      socket.io.engine.once("upgrade", () => undefined);
      socket.io.engine.on("packet", ({ type, data }) => [type, data]);
      socket.io.engine.on("close", (reason) => reason);
      socket.io.on("reconnect_failed", () => undefined);
      socket
        .offAny()
        .prependAny(() => undefined)
        .onAnyOutgoing(() => undefined);
      return [socket.open(), socket.close(), socket.send("x"), socket.sendBuffer.length, socket.removeAllListeners()];
    });
    expectTypeOf(io("http://127.0.0.1:1", { autoConnect: false }).disconnect()).toEqualTypeOf<Socket>();
  });
});
