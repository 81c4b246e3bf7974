// A session of express-session shared with the sockets: who is logged in by cookie is known at `socket.request.session`, a listener can
// write to the session, and a logout ends every socket of it, in all tabs.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { Server } from "@everwire/server";
import express from "express";
import session from "express-session";
import { isPassword } from "./users.js";

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

const sessionMiddleware = session({
  secret: process.env.SESSION_SECRET || randomBytes(32).toString("hex"),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax", secure: "auto" },
});
app.use(sessionMiddleware);
app.use(express.json());

app.get("/", (request, response) => {
  response.sendFile(join(import.meta.dirname, "pages", "cookie.html"));
});
app.post("/login", async (request, response) => {
  const { name, password } = request.body ?? {};
  if (!(await isPassword(name, password))) return response.sendStatus(401);
  // A new id: one that somebody planted before the login is worth nothing.
  request.session.regenerate((error) => {
    if (error) return response.sendStatus(500);
    request.session.user = name;
    request.session.save(() => response.sendStatus(204));
  });
});
app.post("/logout", (request, response) => {
  const { id } = request.session;
  request.session.destroy(() => {
    io.in(roomOf(id)).disconnectSockets(true);
    response.clearCookie("connect.sid").sendStatus(204);
  });
});

const roomOf = (sessionId) => `session:${sessionId}`;

io.engine.use(sessionMiddleware);
io.use((socket, next) => {
  if (socket.request.session.user) next();
  else next(new Error("not logged in"));
});
io.on("connection", (socket) => {
  const { request } = socket;
  socket.join(roomOf(request.session.id));
  // The session as it is now: another tab or an HTTP request may have changed it. It fails if the session is over.
  const withSession = (use) => {
    request.session.reload((error) => {
      if (error) socket.disconnect(true);
      else use(request.session);
    });
  };
  // The logout may have come between the handshake and the join.
  withSession(({ user }) => socket.emit("welcome", user));
  socket.on("count", (ack) => {
    withSession((session) => {
      session.count = (session.count ?? 0) + 1;
      session.save(() => typeof ack === "function" && ack(session.count));
    });
  });
});

httpServer.listen(process.env.PORT || 3000, () => {
  console.log(`Listening at http://localhost:${httpServer.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
