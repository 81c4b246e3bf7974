// Everwire with koa: `app.callback()` is the request listener of the HTTP server that both share.
import { createServer } from "node:http";
import { Server } from "@everwire/server";
import Koa from "koa";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Everwire on koa</title><ul></ul>
<script type="module">
  import { io } from "/socket.io/everwire.esm.min.js";
  const line = (text) => document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: text }));
  const socket = io();
  socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => line("heard by " + heardBy)));
  for (const event of ["said", "announcement"]) socket.on(event, line);
</script></html>`;

const app = new Koa();
app.use(({ method, path, query, response }) => {
  if (method === "GET" && path === "/") {
    response.type = "html";
    response.body = PAGE;
  } else if (method === "POST" && path === "/announce") {
    io.emit("announcement", String(query.text).slice(0, 200));
    response.status = 204;
  } else {
    response.status = 404;
    response.body = "koa: not found";
  }
});

// After the last `use`: the callback is what koa has been given until then.
const httpServer = createServer(app.callback());
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
