// A room, served in a process of its own so that its memory can be measured (`--expose-gc`): whoever connects is in it, and in "deaf" if
// the handshake says so. Told what to send by backpressure-room.test.ts.
import { createServer } from "node:http";
import { Server } from "@everwire/server";

const httpServer = createServer();
const io = new Server(httpServer, { serveClient: false, maxBufferedBytes: Number(process.argv[2]) });
const reasons = [];
const turn = () => new Promise((resolve) => setImmediate(resolve));

io.on("connection", (socket) => {
  socket.join(socket.handshake.query.deaf === "1" ? ["room", "deaf"] : "room");
  socket.on("disconnect", (reason) => reasons.push(reason));
});

function measure() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const commands = {
  /** Until the kernel takes no more for any of those that do not read. */
  async fill() {
    const isFull = ({ bufferedBytes }) => bufferedBytes > 0;
    const deaf = [...io.of("/").sockets.values()].filter(({ rooms }) => rooms.has("deaf"));
    while (!deaf.every(isFull)) {
      for (const socket of deaf) if (!isFull(socket)) socket.emit("fill", "x".repeat(60_000));
      await turn();
    }
  },
  say({ first, count, bytes }) {
    for (let i = first; i < first + count; i++) io.to("room").emit("news", i, "x".repeat(bytes));
  },
  status: () => ({ memory: measure(), reasons, clients: io.engine.clientsCount }),
};

process.on("disconnect", () => process.exit());
process.on("message", async ({ command, ...rest }) =>
  process.send({ done: command, ...(await commands[command](rest)) }),
);
httpServer.listen(0, "127.0.0.1", () => process.send({ port: httpServer.address().port }));
