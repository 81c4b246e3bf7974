// Login by passport: only who is logged in may connect, and is known at `socket.request.user`. Engine middleware runs for every request
// of a connection; the user is looked up for its first one alone.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { Server } from "@everwire/server";
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";
import { isPassword } from "./users.js";

passport.use(
  new Strategy({ usernameField: "name" }, (name, password, done) => {
    isPassword(name, password).then((isRight) => done(null, isRight && { name }), done);
  }),
);
passport.serializeUser((user, done) => done(null, user.name));
passport.deserializeUser((name, done) => {
  console.log(`looked up ${name}`);
  done(null, { name });
});

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

const sessionMiddleware = session({
  secret: process.env.SESSION_SECRET || randomBytes(32).toString("hex"),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax", secure: "auto" },
});
app.get("/", (request, response) => {
  response.sendFile(join(import.meta.dirname, "pages", "cookie.html"));
});
app.use(sessionMiddleware, passport.session(), express.json());
app.post("/login", passport.authenticate("local"), (request, response) => {
  response.sendStatus(204);
});
app.post("/logout", (request, response, next) => {
  const { user } = request;
  request.logout((error) => {
    if (error) return next(error);
    // Everywhere: the sockets of this user in other browsers as well.
    if (user) io.in(roomOf(user)).disconnectSockets(true);
    response.sendStatus(204);
  });
});

const roomOf = ({ name }) => `user:${name}`;

// The first request of a connection has no session id yet; the polls and the upgrade after it have.
const onlyAtHandshake = (middleware) => (request, response, next) => {
  if (request._query.sid === undefined) middleware(request, response, next);
  else next();
};
io.engine.use(onlyAtHandshake(sessionMiddleware));
io.engine.use(onlyAtHandshake(passport.session()));
io.use((socket, next) => {
  if (socket.request.user) next();
  else next(new Error("not logged in"));
});
io.on("connection", (socket) => {
  const { user } = socket.request;
  socket.join(roomOf(user));
  socket.emit("welcome", user.name);
  let count = 0;
  socket.on("count", (ack) => {
    count += 1;
    if (typeof ack === "function") ack(count);
  });
});

httpServer.listen(process.env.PORT || 3000, () => {
  console.log(`Listening at http://localhost:${httpServer.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
