// The page: joins, talks, and leaves. The parts of the screen live in wire.js (the status line), log.js (the messages) and
// people.js; this file holds the socket and passes things between it and them.
import { io } from "/socket.io/everwire.esm.min.js";
import { prepareImage } from "./image.js";
import { MessageLog } from "./log.js";
import { People } from "./people.js";
import { showWire } from "./wire.js";

const ROOMS = {
  lounge: { title: "Lounge", topic: "Small talk, pictures, the weather" },
  workshop: { title: "Workshop", topic: "What we are building, and what broke" },
};
const TYPING_EVERY_MS = 2_000;
const SAVED_AS = "everwire-chat";

const byId = (id) => document.getElementById(id);
const randomId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

// Kept for this window only: a reload stays the same person, a second window is another one.
let me = JSON.parse(sessionStorage.getItem(SAVED_AS) ?? "null");
const save = () => sessionStorage.setItem(SAVED_AS, JSON.stringify(me));

// `auth` is asked at each connection, so that a reconnect comes back to the room of now. With `retries`, what is emitted
// while there is no connection waits in a queue, goes out in order, and is sent again until the server has confirmed it.
const socket = io({
  autoConnect: false,
  auth: (answer) => answer({ key: me.key, nickname: me.nickname, room: me.room }),
  retries: 8,
  ackTimeout: 15_000,
  reconnectionDelay: 400,
  reconnectionDelayMax: 3_000,
});

const wire = showWire(socket);
const people = new People();
const log = new MessageLog({ loadImage, retry: deliver, view });

// ---- in and out ----

const join = byId("join");
const door = byId("door");
const chat = byId("chat");

join.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(join);
  const nickname = form.get("nickname").trim();
  if (nickname === "") return refuse("Please say what you are called.");
  byId("join-error").textContent = "";
  join.ariaBusy = "true";
  me = { key: me?.key ?? randomId(), nickname, room: form.get("room") };
  socket.connect();
});

function refuse(why) {
  socket.disconnect();
  join.ariaBusy = "false";
  chat.hidden = true;
  door.hidden = false;
  const nickname = byId("nickname");
  nickname.value ||= me?.nickname ?? "";
  nickname.setAttribute("aria-invalid", "true");
  byId("join-error").textContent = why;
  nickname.focus();
}

function openChat() {
  save();
  if (!chat.hidden) return;
  join.ariaBusy = "false";
  byId("nickname").removeAttribute("aria-invalid");
  door.hidden = true;
  chat.hidden = false;
  showRoom();
  // On a phone the keyboard would cover what there is to read.
  (matchMedia("(pointer: coarse)").matches ? byId("room-title") : byId("text")).focus();
}

byId("leave").addEventListener("click", () => {
  socket.disconnect();
  sessionStorage.removeItem(SAVED_AS);
  location.reload(); // drops the drafts, the pictures and the key
});

// ---- what the server says ----

socket.on("welcome", ({ boot, author, nickname, room, history }) => {
  Object.assign(me, { author, nickname });
  openChat();
  log.load(room, history);
  wire.welcomed(boot);
});

/** Whether what is written can leave: a socket stays connected while its session is suspended. */
const isOnline = () => socket.connected && socket.io.engine.readyState === "open";

function goOn() {
  for (const message of log.pending()) if (message.state === "waiting") log.settle(message, "sending");
}

function pause() {
  for (const message of log.pending()) if (message.state === "sending") log.settle(message, "waiting");
  people.nobodyTypes();
}

socket.io.on("suspend", pause);
socket.io.on("resume", goOn);
socket.on("disconnect", pause);
socket.on("connect", () => {
  goOn();
  if (socket.recovered) loadRoom(); // no welcome comes then, and the room may be another one than before
});

socket.on("connect_error", (error) => {
  if (!socket.active)
    refuse(error.message); // the server said no; a network that fails is tried again by itself
  else if (chat.hidden) byId("join-error").textContent = "The server does not answer. Trying again.";
});

socket.on("message", (message) => {
  people.typing(message);
  log.add(message);
  if (document.hidden) showUnread(unread + 1);
});

socket.on("people", (byRoom) => people.update(byRoom, me.room, me.author));
socket.on("typing", (typing) => typing.room === me.room && people.typing(typing));

// ---- rooms ----

for (const button of document.querySelectorAll("#rooms [data-room]"))
  button.addEventListener("click", () => {
    const { room } = button.dataset;
    if (room === me.room) return;
    me.room = room;
    save();
    showRoom();
    if (socket.connected) loadRoom(); // it waits while the session is suspended; else `auth` will bring us there
  });

function loadRoom() {
  const { room } = me;
  socket.emit("room", room, (error, answer) => {
    if (!error && answer.ok) log.load(room, answer.history);
  });
}

function showRoom() {
  const { title, topic } = ROOMS[me.room];
  byId("room-title").textContent = title;
  byId("topic").textContent = topic;
  byId("log").ariaLabel = `Messages in the ${title}`;
  byId("text").placeholder = `Message the ${title}`;
  people.nobodyTypes();
  people.show(me.room, me.author);
  log.show(me.room, me.author);
}

// ---- writing ----

const text = byId("text");
let typedAt = -Infinity;

function send(content, shown = content) {
  const { author, nickname, room } = me;
  const id = randomId();
  const message = { id, room, author, nickname, at: Date.now(), ...shown, draft: { id, room, ...content } };
  message.state = isOnline() ? "sending" : "waiting";
  log.add(message);
  deliver(message);
}

/** Emits the draft; it may wait in the socket's queue. The id makes a second arrival of the same draft harmless. */
function deliver(message) {
  log.settle(message, isOnline() ? "sending" : "waiting");
  socket.emit("message", message.draft, (error, answer) => {
    if (error) log.settle(message, "failed", { error: "the server did not confirm it." });
    else if (answer.ok) log.settle(message, "delivered", answer);
    else log.settle(message, "failed", answer);
  });
}

function submit() {
  const content = text.value.trim();
  if (content === "") return;
  send({ text: content });
  text.value = "";
  fit();
  note("");
  typedAt = -Infinity;
  socket.volatile.emit("typing", false);
}

/** The field grows with its text. */
function fit() {
  text.style.height = "auto";
  text.style.height = `${String(text.scrollHeight)}px`;
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});

text.addEventListener("input", () => {
  fit();
  if (text.value === "" || performance.now() - typedAt < TYPING_EVERY_MS) return;
  typedAt = performance.now();
  socket.volatile.emit("typing", true);
});

addEventListener("beforeunload", (event) => {
  if (log.pending().some(({ state }) => state !== "failed")) event.preventDefault(); // something still waits here
});

const note = (sentence) => (byId("note").textContent = sentence);

// ---- pictures: by button, paste or drop ----

const file = byId("file");
byId("attach").addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  sendImages(file.files);
  file.value = "";
});
text.addEventListener("paste", ({ clipboardData }) => sendImages(clipboardData.files));
chat.addEventListener("dragover", (event) => event.preventDefault());
chat.addEventListener("drop", (event) => {
  event.preventDefault();
  sendImages(event.dataTransfer.files);
});

async function sendImages(files) {
  for (const picked of [...files]) {
    try {
      note("");
      const { image, type, width, height } = await prepareImage(picked);
      send({ image, width, height }, { image: { type, width, height }, bytes: image });
    } catch (error) {
      note(error.message);
    }
  }
}

/** A picture of the history: its bytes are fetched when it comes into view. */
async function loadImage({ room, id }) {
  const { bytes } = await socket.emitWithAck("image", { room, id });
  if (!bytes) throw new Error("the server has this picture no more");
  return bytes;
}

function view(url, description) {
  const viewer = byId("viewer");
  const image = viewer.querySelector("img");
  image.src = url;
  image.alt = description;
  viewer.showModal();
}
byId("viewer").addEventListener(
  "click",
  ({ currentTarget, target }) => target === currentTarget && currentTarget.close(),
);

// ---- the tab's title ----

let unread = 0;
function showUnread(count) {
  unread = count;
  document.title = count > 0 ? `(${String(count)}) Everwire chat` : "Everwire chat";
}
document.addEventListener("visibilitychange", () => document.hidden || showUnread(0));

if (me?.author) {
  openChat();
  socket.connect();
} else byId("nickname").focus();
