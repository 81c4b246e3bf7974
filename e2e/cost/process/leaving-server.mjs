// A server whose process ends, in the way that `process.argv[2]` names, right after it has emitted to whoever connects: `argv[3]` events of
// `argv[4]` characters. Driven by exits.test.ts.
import { createServer } from "node:http";
import { Server } from "@everwire/server";

const [, , way, count, length] = process.argv;
const httpServer = createServer();
const io = new Server(httpServer, { serveClient: false, maxBufferedBytes: 256 * 1024 * 1024 });

function emitAll(socket) {
  for (let index = 0; index < Number(count); index += 1) socket.emit("n", index, "x".repeat(Number(length)));
}

const ways = {
  async flushed(socket) {
    emitAll(socket);
    await socket.flushed();
    process.exit(0);
  },
  "disconnect, then exit in the next turn"(socket) {
    emitAll(socket);
    socket.disconnect(true);
    setImmediate(() => process.exit(0));
  },
  "io.close, then exit"(socket) {
    emitAll(socket);
    void io.close().then(() => process.exit(0));
  },
  "exit in the next turn"(socket) {
    emitAll(socket);
    setImmediate(() => process.exit(0));
  },
  "throw in the next turn"(socket) {
    emitAll(socket);
    setImmediate(() => {
      throw new Error("a crash that was asked for");
    });
  },
  "exit in the same turn"(socket) {
    emitAll(socket);
    process.exit(0);
  },
  "throw in the same turn"(socket) {
    setTimeout(() => {
      emitAll(socket);
      throw new Error("a crash that was asked for");
    }, 1);
  },
};

io.on("connection", (socket) => socket.on("go", () => ways[way](socket)));
process.on("disconnect", () => process.exit());
httpServer.listen(0, "127.0.0.1", () => process.send({ port: httpServer.address().port }));
