// A small chat on Everwire: two rooms, nicknames, presence, typing, the last messages, images, delivery receipts.
// Whatever a browser sends is checked here; the page in public/ only makes it pleasant.
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "@everwire/server";
import express from "express";

const LIMITS = { nickname: 24, text: 2_000, imageBytes: 500_000, imageSide: 20_000, history: 50 };
/** To Safari before 15.4 a WebSocket is not 'self', so that the host is named: the one that the browser asked for. */
const headersFor = (host = "") => ({
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
    `connect-src 'self'${/^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : ""}; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "X-Content-Type-Options": "nosniff",
});
// The first bytes of a file tell its type; the name and the type that a browser claims prove nothing.
const IMAGES = { png: /^89504e470d0a/, jpeg: /^ffd8ff/, gif: /^47494638/, webp: /^52494646.{8}57454250/ };
const BOOT = randomUUID(); // a page that meets another one knows that the server was restarted
const rooms = new Map(["lounge", "workshop"].map((name) => [name, { history: [], images: new Map() }]));
const online = new Set();

const app = express().disable("x-powered-by");
app.use(
  express.static(`${import.meta.dirname}/public`, {
    setHeaders: (response) => response.set(headersFor(response.req.headers.host)),
  }),
);
const httpServer = createServer(app);
const io = new Server(httpServer, {
  maxHttpBufferSize: LIMITS.imageBytes + 20_000,
  connectionStateRecovery: { skipMiddlewares: false }, // after a short break: the same rooms, and what was missed
});

/** Why something is not done, in words for the person: goes back in the ack, or refuses the connection. */
class Refusal extends Error {}
function must(holds, otherwise) {
  if (!holds) throw new Refusal(otherwise);
}

/** A token bucket: `burst` events at once, then `perSecond` of them. */
function createBudget(burst, perSecond) {
  let [left, last] = [burst, Date.now()];
  return () => {
    [left, last] = [Math.min(burst, left + ((Date.now() - last) / 1000) * perSecond), Date.now()];
    must(left >= 1, "That was too fast. Wait a moment, then try again.");
    left -= 1;
  };
}

const fold = (name) => name.normalize("NFKC").toLowerCase();
function cleanText(value, what, limit, forbidden) {
  const text = typeof value === "string" ? value.normalize("NFC").trim() : "";
  must(text && text.length <= limit && !forbidden.test(text), `A ${what} has 1 to ${limit} printable characters.`);
  return text;
}

function findRoom(name) {
  must(rooms.has(name), "There is no such room.");
  return rooms.get(name);
}

/** Who is where, to everybody: two windows of one person are one entry. */
function announcePeople() {
  const people = Object.fromEntries([...rooms.keys()].map((name) => [name, {}]));
  for (const { data } of online) people[data.room][data.author] = data.nickname;
  io.emit("people", people);
}

/** Into the room and out of the others. What it returns is what the page shows. */
function enter(socket, name) {
  const { history } = findRoom(name);
  for (const other of rooms.keys()) if (other !== name) socket.leave(other);
  socket.join(name);
  socket.data.room = name;
  announcePeople();
  return { history };
}

/** Checks a draft and keeps it. One that comes twice, because its ack was lost, is kept once: `isNew` is false then. */
function post(author, nickname, { id, room: name, text, image, width, height }) {
  const room = findRoom(name);
  const known = room.history.find((message) => message.id === id);
  if (known?.author === author) return { message: known, isNew: false };
  must(!known && typeof id === "string" && /^[\w-]{8,36}$/.test(id), "The message has no id of its own.");
  const message = { id, room: name, author, nickname, at: Date.now() };
  if (image === undefined) {
    message.text = cleanText(text, "message", LIMITS.text, /[^\P{Cc}\n\t]/u);
  } else {
    const head = Buffer.isBuffer(image) ? image.toString("hex", 0, 12) : "";
    const type = Object.keys(IMAGES).find((key) => IMAGES[key].test(head));
    must(type, "Only PNG, JPEG, GIF and WebP images can be sent.");
    const isSide = (pixels) => Number.isInteger(pixels) && pixels > 0 && pixels <= LIMITS.imageSide;
    must(image.length <= LIMITS.imageBytes && isSide(width) && isSide(height), "The image is too large.");
    message.image = { type: `image/${type}`, width, height };
    room.images.set(id, image);
  }
  if (room.history.push(message) > LIMITS.history) room.images.delete(room.history.shift().id);
  return { message, isNew: true };
}

io.use((socket, next) => {
  try {
    const { key, nickname: wanted, room } = Object(socket.handshake.auth);
    must(typeof key === "string" && key.length >= 16 && key.length <= 64, "The session has no key.");
    const nickname = cleanText(wanted, "nickname", LIMITS.nickname, /[^\P{C}\u200d]/u).replace(/\s+/g, " ");
    // The key stays secret; its hash says who wrote what, the same after a reconnect and after a reload.
    const author = createHash("sha256").update(key).digest("base64url").slice(0, 12);
    const taken = [...online].some(({ data }) => data.author !== author && fold(data.nickname) === fold(nickname));
    must(!taken, `Somebody here is called “${nickname}” already. Choose another name.`);
    must(rooms.has(room), "There is no such room.");
    next(void Object.assign(socket.data, { author, nickname, room }));
  } catch (error) {
    next(error);
  }
});

io.on("connection", (socket) => {
  const data = socket.data;
  const [spendEvent, spendMessage] = [createBudget(100, 20), createBudget(40, 2)];
  /** What the handler returns, or why it refuses, is the ack. */
  const on = (event, handler) =>
    socket.on(event, (payload, answer) => {
      const reply = typeof answer === "function" ? answer : () => {};
      try {
        spendEvent();
        reply({ ok: true, ...handler(payload) });
      } catch (error) {
        reply({ ok: false, error: error instanceof Refusal ? error.message : "That went wrong on the server." });
        if (!(error instanceof Refusal)) console.error(error);
      }
    });
  online.add(socket);
  socket.on("disconnect", () => online.delete(socket) && announcePeople());
  const joined = enter(socket, data.room);
  if (!socket.recovered) socket.emit("welcome", { boot: BOOT, ...data, ...joined });
  on("echo", () => {});
  on("room", (name) => enter(socket, name));
  on("typing", (typing) => socket.to(data.room).volatile.emit("typing", { ...data, typing: typing === true }));
  on("image", (wanted) => ({ bytes: findRoom(Object(wanted).room).images.get(Object(wanted).id) }));
  on("message", (draft) => {
    spendMessage();
    const { message, isNew } = post(data.author, data.nickname, Object(draft));
    if (isNew) socket.to(message.room).emit("message", { ...message, bytes: draft.image });
    return { at: message.at };
  });
});

const port = Number(process.env.PORT || 3000);
httpServer.on("error", ({ code, message }) => {
  console.error(code === "EADDRINUSE" ? `Port ${port} is in use. Choose another one: PORT=3001 npm start` : message);
  process.exit(1);
});
httpServer.listen(port, () => console.log(`The chat is at http://localhost:${httpServer.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
