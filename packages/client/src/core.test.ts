// The entry that knows no transport: what it takes, what it says without one, and how it moves up. Nothing here may import the package
// itself, which would make its transports known to the whole process.
import { Server } from "@everwire/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Manager, Polling, Socket, WebSocketTransport, io, useUpgrade } from "@everwire/client/core";
import * as core from "@everwire/client/core";

let server: Server;
let url: string;

beforeAll(() => {
  server = new Server(0, { serveClient: false });
  url = `http://127.0.0.1:${String((server.httpServer?.address() as { port: number }).port)}`;
  server.on("connection", (socket) => {
    socket.on("echo", (value: unknown, ack: (value: unknown) => void) => ack(value));
  });
});
afterAll(() => server.close());

const connected = (socket: Socket): Promise<Error | undefined> =>
  new Promise((resolve) => {
    socket.on("connect", () => resolve(undefined));
    socket.on("connect_error", resolve);
  });

it("exports what takes transports, and each of them", () => {
  expect(Object.keys(core).sort()).toEqual(
    [
      ...["ConnectError", "EverwireError", "Fetch", "Manager", "Polling", "Socket", "TransportError"],
      ...["WebSocketTransport", "WebTransportTransport", "XHR", "connect", "io", "protocol", "setTrace", "useUpgrade"],
    ].sort(),
  );
});

it.each([{}, { transports: ["websocket", "polling"] }, { transports: [] }])(
  "has no transport of its own: %j",
  async (options) => {
    const socket = io(url, { ...options, forceNew: true, reconnection: false });
    const errors: unknown[] = [];
    socket.io.on("error", (error) => errors.push(error.message));
    expect(await connected(socket)).toMatchObject({ message: "No transports available" });
    socket.disconnect();
    expect(errors).toEqual(["No transports available"]);
  },
);

it("carries sockets over the one that it is given", async () => {
  for (const transport of [WebSocketTransport, Polling]) {
    const manager = new Manager(url, { transports: [transport] });
    const socket = manager.socket("/");
    expect(await connected(socket)).toBeUndefined();
    expect(socket).toBeInstanceOf(Socket);
    expect(await socket.emitWithAck("echo", "ä")).toBe("ä");
    expect(manager.engine.transport).toBeInstanceOf(transport);
    socket.disconnect();
  }
});

it("moves up only when it was told how", async () => {
  const options = { transports: [Polling, WebSocketTransport], forceNew: true };
  const staying = io(url, options);
  expect(await connected(staying)).toBeUndefined();
  // An upgrade would begin with the answer to the handshake, long before this.
  for (let n = 0; n < 5; n++) expect(await staying.emitWithAck("echo", n)).toBe(n);
  expect([staying.io.engine.upgrading, staying.io.engine.transport.name]).toEqual([false, "polling"]);
  staying.disconnect();

  useUpgrade();
  const moving = io(url, options);
  const upgrade = new Promise<string>((resolve) => {
    moving.io.engine.on("upgrade", ({ name }) => resolve(name));
  });
  expect(moving.io.engine.transport.name).toBe("polling");
  expect(await upgrade).toBe("websocket");
  expect(await moving.timeout(5000).emitWithAck("echo", "up")).toBe("up");
  moving.disconnect();
});
