// Sockets that leave, come back and are cut at random moments: nothing arrives twice or out of order, nothing stays behind.
import { expect, test, vi } from "vitest";
import { Server } from "socket.io";
import "./engine/register-every.js";
import { Manager } from "./manager.js";

/** The same series for the same seed (mulberry32). */
function series(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) % below;
  };
}

const wait = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
const TRANSPORTS = [["polling", "websocket"], ["polling"], ["websocket"]];

test("random interruptions double nothing, keep the order, and leave nothing behind", { timeout: 30_000 }, async () => {
  const server = new Server(0, { serveClient: false, pingInterval: 300, pingTimeout: 200 });
  const url = `http://127.0.0.1:${String((server.httpServer.address() as { port: number }).port)}`;
  const times = new Map<number, number>();
  server.on("connection", (there) =>
    there.on("n", (n: number, answer?: (n: number) => void) => {
      times.set(n, (times.get(n) ?? 0) + 1);
      answer?.(n);
    }),
  );
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  process.on("uncaughtException", onFault);
  let sent = 0;

  const run = async (seed: number): Promise<void> => {
    const random = series(seed);
    const manager = new Manager(url, {
      reconnectionDelay: 5,
      reconnectionDelayMax: 20,
      transports: TRANSPORTS[seed % 3] as string[],
      forceBase64: seed % 5 === 0,
    });
    const socket = manager.socket("/");
    let last = 0;
    const steps = [
      () => socket.disconnect(),
      () => socket.connect(),
      () => manager.engine.close(),
      () => manager.engine.transport.close(),
      () => manager.engine.transport.handler?.onClose({ description: "cut" }),
    ];
    const speak = (): void => {
      socket.emit("n", ++sent, (n: number) => {
        if (n <= last) faults.push(`seed ${String(seed)}: ${String(n)} after ${String(last)}`);
        last = n;
      });
      socket.timeout(50).emit("n", ++sent, () => undefined);
      socket.volatile.emit("n", ++sent);
    };
    for (let step = 0; step < 8; step++) {
      (steps[random(8)] ?? speak)();
      await wait(random(60));
    }
    // However it stands: it comes back and is heard. What the last cut took along is said again.
    socket.connect();
    const isHeard = (): Promise<boolean> =>
      socket
        .timeout(2000)
        .emitWithAck("n", ++sent)
        .then(
          () => true,
          () => false,
        );
    while (!(await isHeard()));
    socket.disconnect();
    manager.disconnect();
  };

  await Promise.all(Array.from({ length: 30 }, (_, seed) => run(seed + 1)));
  await vi.waitFor(() => expect(server.engine.clientsCount).toBe(0), 10_000);
  await server.close();
  process.off("uncaughtException", onFault);
  expect(faults).toEqual([]);
  expect([...times].filter(([, count]) => count > 1)).toEqual([]);
  expect(times.size).toBeGreaterThanOrEqual(30);
});
