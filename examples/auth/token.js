// Login by token: the page gets a JWT of a few minutes and gives it as `auth`. The socket ends when the token does; the page asks for
// a new one, which the cookie of the login is good for, and connects again.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { Server } from "@everwire/server";
import express from "express";
import { errors, jwtVerify, SignJWT } from "jose";
import { isPassword } from "./users.js";

const KEY = new TextEncoder().encode(process.env.TOKEN_SECRET || randomBytes(32).toString("hex"));
const TOKEN_SECONDS = Number(process.env.TOKEN_SECONDS || 300);
const CLAIMS = { issuer: "everwire-example", audience: "sockets" };
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer);

// Who logged in, by the random value of a cookie that no script of the page can read. An application keeps them in a store, with an end.
const logins = new Map();
const loginOf = (request) => /(?:^|; )login=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];

app.use(express.json());
app.get("/", (request, response) => {
  response.sendFile(join(import.meta.dirname, "pages", "token.html"));
});
app.post("/login", async (request, response) => {
  const { name, password } = request.body ?? {};
  if (!(await isPassword(name, password))) return response.sendStatus(401);
  const login = randomBytes(24).toString("base64url");
  logins.set(login, name);
  response.cookie("login", login, { httpOnly: true, sameSite: "strict", secure: request.secure }).sendStatus(204);
});
app.post("/token", async (request, response) => {
  const name = logins.get(loginOf(request));
  if (name === undefined) return response.sendStatus(401);
  const token = new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject(name).setIssuer(CLAIMS.issuer);
  const expiry = Math.floor(Date.now() / 1000) + TOKEN_SECONDS;
  response.json({ token: await token.setAudience(CLAIMS.audience).setExpirationTime(expiry).sign(KEY) });
});
app.post("/logout", (request, response) => {
  const name = logins.get(loginOf(request));
  logins.delete(loginOf(request));
  if (name !== undefined) io.in(`user:${name}`).disconnectSockets(true);
  response.clearCookie("login").sendStatus(204);
});

const refusal = (message, code) => Object.assign(new Error(message), { data: { code } });

io.use(async (socket, next) => {
  try {
    const options = { ...CLAIMS, algorithms: ["HS256"], requiredClaims: ["exp", "sub"] };
    const { payload } = await jwtVerify(socket.handshake.auth.token, KEY, options);
    socket.data = { user: payload.sub, expiresMs: payload.exp * 1000 };
    next();
  } catch (error) {
    if (error instanceof errors.JWTExpired) next(refusal("token expired", "expired"));
    else next(refusal("not logged in", "invalid"));
  }
});
io.on("connection", (socket) => {
  const { user, expiresMs } = socket.data;
  const end = setTimeout(() => socket.disconnect(true), Math.min(expiresMs - Date.now(), MAX_TIMEOUT_MS));
  socket.on("disconnect", () => clearTimeout(end));
  socket.join(`user:${user}`);
  socket.emit("welcome", user);
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
