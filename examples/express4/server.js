// Everwire with express 4; express 5 takes the same lines. Give the HTTP server to both, never `app.listen()`.
import { createServer } from "node:http";
import { Server } from "@everwire/server";
import express from "express";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Everwire on express 4</title><ul></ul>
<script type="module">
  import { io } from "/socket.io/everwire.esm.min.js";
  const line = (text) => document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: text }));
  const socket = io();
  socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => line("heard by " + heardBy)));
  for (const event of ["said", "announcement"]) socket.on(event, line);
</script></html>`;

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

app.get("/", (request, response) => {
  response.send(PAGE);
});
app.post("/announce", (request, response) => {
  io.emit("announcement", String(request.query.text).slice(0, 200));
  response.sendStatus(204);
});
app.use((request, response) => {
  response.status(404).send("express 4: not found");
});

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
