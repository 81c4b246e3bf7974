// A server that tells what it allocates and what it holds (`--expose-gc`): of this project, or of bare `ws` or bare TCP for scale. The first two
// echo what they are told. Driven by allocations.test.ts.
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { createServer as createTcpServer } from "node:net";
import { Server } from "@everwire/server";
import { WebSocketServer } from "ws";

const SAMPLE_BYTES = 1024;

const way = process.argv[2];
const listener = way === "tcp" ? createTcpServer({ noDelay: true }) : createServer();
const profiler = new Session();
profiler.connect();
const turn = () => new Promise((resolve) => setImmediate(resolve));

const servers = {
  everwire() {
    const io = new Server(listener, { serveClient: false });
    io.on("connection", (socket) => socket.on("say", (text) => socket.emit("said", text)));
    return { broadcast: (text) => io.emit("said", text), count: () => io.engine.clientsCount };
  },
  ws() {
    const { clients } = new WebSocketServer({ server: listener, perMessageDeflate: false }).on("connection", (ws) =>
      ws.on("message", (data) => ws.send(data.toString())),
    );
    return {
      broadcast(text) {
        for (const client of clients) client.send(text);
      },
      count: () => clients.size,
    };
  },
  /** A frame for a write is all there is to a delivery. */
  tcp() {
    const sockets = new Set();
    listener.on("connection", (socket) => {
      sockets.add(socket.on("error", () => undefined).resume());
      socket.write(" ".repeat(300));
    });
    return {
      broadcast(text) {
        const frame = Buffer.from(text);
        for (const socket of sockets) socket.write(frame);
      },
      count: () => sockets.size,
    };
  },
};
const server = servers[way]();

const sum = ({ selfSize, children }) => children.reduce((total, child) => total + sum(child), selfSize);

const commands = {
  /** Bytes that are held, when all garbage is gone. */
  async held() {
    for (let i = 0; i < 4; i++) {
      await turn();
      globalThis.gc();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  async start() {
    globalThis.gc();
    await profiler.post("HeapProfiler.startSampling", {
      samplingInterval: SAMPLE_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    return 0;
  },
  /** Bytes of the heap that were allocated since the start, those that are garbage now among them. */
  async stop() {
    const { profile } = await profiler.post("HeapProfiler.stopSampling");
    return sum(profile.head);
  },
  async broadcast({ rounds, text }) {
    for (let i = 0; i < rounds; i++) {
      server.broadcast(text);
      await turn();
      await turn();
    }
    return rounds;
  },
  count: () => server.count(),
};

process.on("disconnect", () => process.exit());
process.on("message", async ({ command, ...rest }) => process.send({ result: await commands[command](rest) }));
listener.listen(0, "127.0.0.1", () => process.send({ port: listener.address().port }));
