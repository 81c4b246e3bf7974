// Sockets with `retries`: what waits for its turn, how much of it there may be, and what is sent again.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Server } from "socket.io";
import "./engine/register-every.js";
import { io } from "./lookup.js";
import type { SocketOptions } from "./options.js";
import type { Socket } from "./socket.js";

let server: Server;
let socket: Socket;
const got: unknown[] = [];

beforeEach(() => {
  got.length = 0;
  server = new Server(0, { serveClient: false });
});
afterEach(async () => {
  socket.disconnect();
  await server.close();
});

function connect(options: Partial<SocketOptions>, autoConnect = true): Socket {
  const { port } = server.httpServer.address() as { port: number };
  return io(`http://127.0.0.1:${String(port)}`, { forceNew: true, reconnectionDelay: 10, autoConnect, ...options });
}

/** The server answers what its `judge` says yes to. */
function answering(judge: (event: string) => boolean): void {
  server.on("connection", (there) => {
    there.onAny((event: string, ...args: unknown[]) => {
      got.push(event);
      if (judge(event)) (args.pop() as (answer: string) => void)(`to ${event}`);
    });
  });
}

test("an emit over the cap of packets or bytes throws, and an answer makes room", async () => {
  answering(() => true);
  socket = connect({ retries: 1, maxBufferPackets: 2, maxBufferBytes: 100 }, false);
  const first = socket.emitWithAck("a", "x".repeat(20));
  expect(() => socket.emit("b", "x".repeat(100))).toThrow(expect.objectContaining({ code: "ERR_SEND_BUFFER_FULL" }));
  const second = socket.emitWithAck("c");
  expect(() => socket.emit("d")).toThrow(expect.objectContaining({ code: "ERR_SEND_BUFFER_FULL" }));
  socket.connect();
  expect(await first).toBe("to a");
  // Beside the second, which still waits for its answer.
  const third = socket.emitWithAck("e", "x".repeat(70));
  expect(await Promise.all([second, third])).toEqual(["to c", "to e"]);
  expect(got).toEqual(["a", "c", "e"]);
});

test("a try that a lost connection ended counts, and one that could not be made does not", async () => {
  let tries = 0;
  answering(() => ++tries > 2);
  socket = connect({ retries: 2 }, false);
  const answer = socket.emitWithAck("a");
  for (let n = 1; n <= 2; n++) {
    socket.connect();
    await vi.waitUntil(() => got.length === n);
    socket.disconnect();
  }
  socket.connect();
  expect(await answer).toBe("to a");
  expect(got).toEqual(["a", "a", "a"]);
});

test("what a callback emits goes behind what waits", async () => {
  answering(() => true);
  socket = connect({ retries: 1 });
  const all = new Promise((resolve) => {
    socket.emit("a", () => socket.emit("c", resolve));
    socket.emit("b");
  });
  await all;
  expect(got).toEqual(["a", "b", "c"]);
});
