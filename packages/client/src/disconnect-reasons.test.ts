// What a Socket is told when its session ends, over a raw server; each of these is followed by a reconnection.
import { afterEach, expect, test, vi } from "vitest";
import { closeAll, event, startRawEngine, track, type RawEngine } from "./engine/raw-engine.test.node.js";
import type { RawEngineOptions } from "./engine/raw-engine.test.node.js";
import { TransportError } from "./errors.js";
import { Manager } from "./manager.js";
import type { Socket } from "./socket.js";

afterEach(async () => {
  vi.restoreAllMocks();
  await closeAll();
});

async function connected(
  transport: string,
  engine: RawEngineOptions = {},
): Promise<{ server: RawEngine; socket: Socket }> {
  const server = await startRawEngine(engine);
  server.on("packet", (packet) => {
    if (packet === "40") server.send('40{"sid":"a"}');
  });
  const options = { transports: [transport], path: "/engine.io", reconnectionDelay: 1, randomizationFactor: 0 };
  const manager = new Manager(server.url, options);
  track({
    close: () => {
      manager.disconnect();
    },
  });
  const socket = manager.socket("/");
  await event(socket, "connect");
  return { server, socket };
}

test("no ping from the server is `ping timeout`, and the socket comes back", async () => {
  const { socket } = await connected("websocket", { handshake: { pingInterval: 20, pingTimeout: 10 } });
  expect(await event(socket, "disconnect")).toEqual(["ping timeout", undefined]);
  expect(socket.active).toBe(true);
  await event(socket, "connect");
});

test("a lost connection is `transport close`, with what the transport knows, and the socket comes back", async () => {
  const { server, socket } = await connected("websocket");
  server.webSocket?.close(4001, "bye");
  expect(await event(socket, "disconnect")).toMatchObject([
    "transport close",
    { description: "websocket connection closed", context: { code: 4001, reason: "bye" } },
  ]);
  await event(socket, "connect");
});

test("a refused request is `transport error`, with the error, and the socket comes back", async () => {
  const { server, socket } = await connected("polling");
  server.options.intercept = (_request, response) => !!response.writeHead(400).end();
  const gone = event<[string, TransportError]>(socket, "disconnect");
  server.send("6");
  const [reason, error] = await gone;
  expect([reason, error.message, error.description]).toEqual(["transport error", "xhr poll error", 400]);
  expect(error).toBeInstanceOf(TransportError);
  delete server.options.intercept;
  await event(socket, "connect");
});

test("an emit after a long sleep is not lost in the dead session: it waits for the next one", async () => {
  const { server, socket } = await connected("websocket");
  const gone = event(socket, "disconnect");
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 45_001);
  socket.emit("awake");
  expect(socket.sendBuffer).toHaveLength(1);
  clock.mockRestore();
  expect(await gone).toEqual(["ping timeout", undefined]);
  expect(server.packets).not.toContain('42["awake"]');
  await event(socket, "connect");
  await vi.waitFor(() => expect(server.packets).toContain('42["awake"]'));
});
