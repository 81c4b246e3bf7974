// A room: who is there, and what they say. `node server.js` serves the page as Vite makes it in development, hot reloading included;
// with NODE_ENV=production the page is built first, and served from `dist`. One HTTP server carries the page and the wire.
import { Server } from "@everwire/server";
import { build, createServer, preview } from "vite";

const KEPT = 50;
const options = { root: import.meta.dirname, appType: "mpa" };
const listen = { host: "127.0.0.1", port: Number(process.env.PORT || 3000), strictPort: true };

let vite;
if (process.env.NODE_ENV === "production") {
  await build({ ...options, logLevel: "warn" });
  vite = await preview({ ...options, preview: listen });
} else {
  vite = await createServer({ ...options, server: listen });
}

const io = new Server(vite.httpServer);
const lines = [];

/** Whatever a page sends is checked here. */
const clean = (text, limit) => (typeof text === "string" ? text.trim().slice(0, limit) : "");

const tellPeople = () =>
  io.emit(
    "people",
    [...io.of("/").sockets.values()].map(({ id, data }) => ({ id, name: data.name })),
  );

io.on("connection", (socket) => {
  socket.data.name = clean(socket.handshake.auth.name, 24) || "Somebody";
  socket.emit("lines", lines);
  tellPeople();
  socket.on("disconnect", tellPeople);
  socket.on("say", (words, answer) => {
    const text = clean(words, 500);
    if (!text || typeof answer !== "function") return;
    const line = { key: crypto.randomUUID(), from: socket.id, name: socket.data.name, text, at: Date.now() };
    lines.splice(0, lines.length - KEPT + 1);
    lines.push(line);
    io.emit("said", line);
    answer(line.key);
  });
});

await vite.listen?.();
console.log(`Listening at http://localhost:${vite.httpServer.address().port}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await io.close();
    await vite.close();
    process.exit(0);
  });
}
