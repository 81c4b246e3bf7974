// Everwire with fastify, which owns its HTTP server: `app.server` is there before it listens.
import { Server } from "@everwire/server";
import Fastify from "fastify";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Everwire on fastify</title><ul></ul>
<script type="module">
  import { io } from "/socket.io/everwire.esm.min.js";
  const line = (text) => document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: text }));
  const socket = io();
  socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => line("heard by " + heardBy)));
  for (const event of ["said", "announcement"]) socket.on(event, line);
</script></html>`;

const app = Fastify();
const io = new Server(app.server);

app.get("/", (request, reply) => reply.type("text/html; charset=utf-8").send(PAGE));
app.post("/announce", (request, reply) => {
  io.emit("announcement", String(request.query.text).slice(0, 200));
  return reply.code(204).send();
});
app.setNotFoundHandler((request, reply) => reply.code(404).send("fastify: not found"));

// Before fastify waits for its connections to end: they are ours.
app.addHook("preClose", () => io.close());

io.on("connection", (socket) => {
  socket.on("say", (text, ack) => {
    socket.broadcast.emit("said", text);
    if (typeof ack === "function") ack({ heardBy: io.of("/").sockets.size - 1 });
  });
});

// One address: for "localhost" fastify makes a second server, which knows nothing of Everwire.
await app.listen({ port: Number(process.env.PORT || 3000), host: "127.0.0.1" });
console.log(`Listening at http://127.0.0.1:${app.server.address().port}`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
