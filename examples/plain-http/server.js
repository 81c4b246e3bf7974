// Everwire beside your own handler, on node:http alone. The same shape serves a Next.js custom server.
import { createServer } from "node:http";
import { Server } from "@everwire/server";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Everwire on node:http</title><ul></ul>
<script type="module">
  import { io } from "/socket.io/everwire.esm.min.js";
  const line = (text) => document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: text }));
  const socket = io();
  socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => line("heard by " + heardBy)));
  for (const event of ["said", "announcement"]) socket.on(event, line);
</script></html>`;

const httpServer = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (request.method === "GET" && pathname === "/") {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(PAGE);
  } else if (request.method === "POST" && pathname === "/announce") {
    io.emit("announcement", String(searchParams.get("text")).slice(0, 200));
    response.writeHead(204).end();
  } else {
    response.writeHead(404).end("plain http: not found");
  }
});

// Requests under /socket.io are Everwire's; all others reach the handler above.
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
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
