// Everwire in Next.js: a custom server, whose HTTP server both share. Next.js gets every request that is not under /socket.io, and its
// own upgrade requests (hot reloading) too. `node server.js` serves in development, `npm run build` and NODE_ENV=production otherwise.
import { createServer } from "node:http";
import { Server } from "@everwire/server";
import next from "next";

const httpServer = createServer();
const app = next({ dev: process.env.NODE_ENV !== "production", dir: import.meta.dirname });
await app.prepare();
const handle = app.getRequestHandler();

httpServer.on("request", (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (request.method === "POST" && pathname === "/announce") {
    io.emit("announcement", String(searchParams.get("text")).slice(0, 200));
    response.writeHead(204).end();
  } else void handle(request, response);
});

// After Next.js: Everwire takes what is under its path, and hands on the rest.
const io = new Server(httpServer);
io.on("connection", (socket) => {
  socket.on("say", (text, ack) => {
    socket.broadcast.emit("said", text);
    if (typeof ack === "function") ack({ heardBy: io.of("/").sockets.size - 1 });
  });
});

httpServer.listen(process.env.PORT || 3000, () => {
  console.log(`Listening at http://localhost:${httpServer.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await io.close();
    await app.close();
    process.exit();
  });
}
