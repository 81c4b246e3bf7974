// The message log: keeps what each room said, and shows one room. chat.js tells it what arrived and what became of a draft.
// Every text goes in as text, never as markup.
import { toObjectUrl } from "./image.js";

const KEPT_PER_ROOM = 300;
const GROUP_WITHIN_MS = 5 * 60_000;
const NEAR_BOTTOM_PX = 80;
const PICTURE_WITHIN = { width: 352, height: 300 };
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g;
const STATES = {
  waiting: "Waiting for the connection",
  sending: "Sending",
  delivered: "Delivered",
  failed: "Not sent",
};
const PENDING = new Set(["waiting", "sending", "failed"]);
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);
const isPending = (message) => PENDING.has(message.state);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

const hues = new Map();

/** A coloured initial: one colour an author, in the order in which this page meets them, so that the first eight differ. */
export function avatar(author, nickname) {
  if (!hues.has(author)) hues.set(author, hues.size % 8);
  const hue = hues.get(author);
  const [initial] = new Intl.Segmenter().segment(nickname.toUpperCase());
  return make("span", { className: `avatar hue-${String(hue)}`, ariaHidden: "true" }, initial?.segment ?? "?");
}

export class MessageLog {
  #rooms = new Map();
  #room = "";
  #author = "";
  #hooks;
  #log = byId("log");
  #list = byId("messages");
  #newest = byId("newest");
  #sticksToBottom = true;
  #scrolledTo = 0;
  #lazyImages = new IntersectionObserver((entries) => this.#imagesSeen(entries), { rootMargin: "300px" });

  /** `loadImage(message)` gets bytes, `retry(message)` sends a failed draft again, `view(url, text)` shows a picture large. */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#newest.addEventListener("click", () => {
      this.#toBottom();
      byId("text").focus();
    });
    this.#log.addEventListener("scroll", () => this.#onScroll());
    // A picture that loads, or a keyboard that opens, must not push the newest message out of sight.
    const resizes = new ResizeObserver(() => this.#sticksToBottom && this.#toBottom());
    resizes.observe(this.#log);
    resizes.observe(this.#list);
  }

  /** Shows `room` as seen by `author`: his own messages stand on the other side. */
  show(room, author) {
    this.#room = room;
    this.#author = author;
    this.#render();
  }

  /** What the server remembers of a room: joined with what is here, each message once, in the order of the server's clock. */
  load(room, history) {
    for (const message of history) this.#keep(room, message);
    if (room === this.#room) this.#render();
  }

  /** A message that arrived, or an own draft. */
  add(message) {
    const kept = this.#keep(message.room, message);
    if (kept !== message || message.room !== this.#room) return;
    const stays = !this.#sticksToBottom && message.author !== this.#author;
    this.#append(message, [...this.#messages().values()].at(-2));
    if (stays) this.#newest.hidden = false;
    else this.#toBottom();
  }

  /** An own draft moves on: waiting, sending, delivered, failed. */
  settle(message, state, { at = message.at, error } = {}) {
    Object.assign(message, { state, at, error });
    if (message.element) this.#showState(message);
  }

  /** Own drafts that have no receipt yet, oldest first. */
  pending() {
    return [...this.#rooms.values()].flatMap((messages) => [...messages.values()].filter(isPending));
  }

  #messages(room = this.#room) {
    if (!this.#rooms.has(room)) this.#rooms.set(room, new Map());
    return this.#rooms.get(room);
  }

  #keep(room, message) {
    const messages = this.#messages(room);
    const known = messages.get(message.id);
    if (known) {
      // An own draft that the server has after all: its receipt was lost, not the message.
      if (isPending(known)) this.settle(known, "delivered", message);
      return known;
    }
    messages.set(message.id, message);
    if (messages.size > KEPT_PER_ROOM) this.#forget(messages, messages.values().next().value);
    return message;
  }

  #forget(messages, message) {
    messages.delete(message.id);
    message.element?.remove();
    if (message.url) URL.revokeObjectURL(message.url);
  }

  #render() {
    this.#log.ariaBusy = "true"; // a whole room at once is not read aloud
    const sorted = [...this.#messages().values()].sort(
      (a, b) => Number(isPending(a)) - Number(isPending(b)) || a.at - b.at,
    );
    this.#rooms.set(this.#room, new Map(sorted.map((message) => [message.id, message])));
    this.#list.replaceChildren();
    let previous;
    for (const message of sorted) {
      this.#append(message, previous);
      previous = message;
    }
    this.#toBottom();
    setTimeout(() => (this.#log.ariaBusy = "false"));
  }

  #append(message, previous) {
    if (!message.element) this.#build(message);
    const isOwn = message.author === this.#author;
    const goesOn = previous?.author === message.author && message.at - previous.at < GROUP_WITHIN_MS;
    message.element.classList.toggle("own", isOwn);
    message.element.classList.toggle("starts", !goesOn);
    this.#list.append(message.element);
  }

  #build(message) {
    const when = new Date(message.at);
    const time = make("time", {
      dateTime: when.toISOString(),
      textContent: when.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" }),
    });
    const head = make("p", { className: "head" }, make("b", { textContent: message.nickname, dir: "auto" }), " ", time);
    const body = make("div", { className: message.image ? "bubble picture" : "bubble" });
    body.append(message.image ? this.#buildImage(message) : this.#buildText(message.text));
    message.stateElement = make("p", { className: "state" });
    const element = make(
      "li",
      {},
      avatar(message.author, message.nickname),
      make("div", {}, head, body, message.stateElement),
    );
    element.dataset.id = message.id;
    message.element = element;
    this.#showState(message);
  }

  #buildText(text) {
    const parts = text
      .split(LINK)
      .map((part, index) =>
        index % 2 === 1
          ? make("a", { href: part, textContent: part, target: "_blank", rel: "noopener noreferrer" })
          : part,
      );
    return make("p", { dir: "auto" }, ...parts);
  }

  #buildImage(message) {
    const { width, height } = message.image;
    const alt = `Picture from ${message.nickname}`;
    const image = make("img", { width, height, alt });
    const scale = Math.min(1, PICTURE_WITHIN.width / width, PICTURE_WITHIN.height / height);
    image.style.width = `${String(Math.round(width * scale))}px`;
    image.style.aspectRatio = `${String(width)} / ${String(height)}`; // its place is kept until the bytes are here
    const button = make("button", { type: "button", title: "Show it large" }, image);
    button.addEventListener("click", () => message.url && this.#hooks.view(message.url, alt));
    if (message.bytes) this.#showImage(message, image, message.bytes);
    else {
      image.message = message;
      this.#lazyImages.observe(image);
    }
    return button;
  }

  #showImage(message, image, bytes) {
    message.url = toObjectUrl(bytes, message.image.type);
    delete message.bytes;
    image.src = message.url;
  }

  #imagesSeen(entries) {
    for (const { isIntersecting, target: image } of entries) {
      if (!isIntersecting) continue;
      this.#lazyImages.unobserve(image);
      this.#hooks.loadImage(image.message).then(
        (bytes) => this.#showImage(image.message, image, bytes),
        () => (image.alt = "This picture is gone"),
      );
    }
  }

  #showState(message) {
    const { state, error, stateElement, element } = message;
    if (!state) return;
    stateElement.dataset.state = state;
    const label = state === "failed" ? `${STATES.failed}: ${error}` : STATES[state];
    stateElement.replaceChildren(icon(state), make("span", { textContent: label }));
    stateElement.title = label;
    stateElement.ariaLive = state === "failed" ? "assertive" : "off"; // a tick is not read aloud in the middle of the talk
    if (state === "failed") {
      const again = make("button", { type: "button", textContent: "Send again" });
      again.addEventListener("click", () => this.#hooks.retry(message));
      stateElement.append(" ", again);
    }
    element.dataset.state = state;
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
    // Only a scroll upwards lets go: content that grew below also leaves the bottom, and is followed.
    if (isNear || scrollTop < this.#scrolledTo) this.#sticksToBottom = isNear;
    if (isNear) this.#newest.hidden = true;
    this.#scrolledTo = scrollTop;
  }

  #toBottom() {
    this.#sticksToBottom = true;
    this.#newest.hidden = true;
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
