// Everwire with hono on Node: `serve()` gives the HTTP server that both share.
import { serve } from "@hono/node-server";
import { Server } from "@everwire/server";
import { Hono } from "hono";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Everwire on hono</title><ul></ul>
<script type="module">
  import { io } from "/socket.io/everwire.esm.min.js";
  const line = (text) => document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: text }));
  const socket = io();
  socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => line("heard by " + heardBy)));
  for (const event of ["said", "announcement"]) socket.on(event, line);
</script></html>`;

const app = new Hono();
app.get("/", (context) => context.html(PAGE));
app.post("/announce", (context) => {
  io.emit("announcement", String(context.req.query("text")).slice(0, 200));
  return context.body(null, 204);
});
app.notFound((context) => context.text("hono: not found", 404));

const httpServer = serve({ fetch: app.fetch, port: Number(process.env.PORT || 3000) }, ({ port }) => {
  console.log(`Listening at http://localhost:${port}`);
});
const io = new Server(httpServer);
io.on("connection", (socket) => {
  socket.on("say", (text, ack) => {
    socket.broadcast.emit("said", text);
    if (typeof ack === "function") ack({ heardBy: io.of("/").sockets.size - 1 });
  });
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
