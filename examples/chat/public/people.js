// Who is in which room, and who is typing. chat.js passes on what the server says.
import { avatar, make } from "./log.js";

const TYPING_LASTS_MS = 4_000;
const byId = (id) => document.getElementById(id);

export class People {
  #byRoom = {};
  #typing = new Map();
  #list = byId("people");
  #line = byId("typing");

  constructor() {
    const toggle = byId("people-toggle");
    const panel = byId("people-panel");
    const open = (isOpen) => {
      toggle.setAttribute("aria-expanded", String(isOpen));
      panel.classList.toggle("open", isOpen);
    };
    toggle.addEventListener("click", () => open(toggle.getAttribute("aria-expanded") === "false"));
    document.addEventListener("click", ({ target }) => {
      if (!panel.contains(target) && !toggle.contains(target)) open(false);
    });
    document.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !panel.classList.contains("open")) return;
      open(false);
      toggle.focus();
    });
  }

  /** `byRoom`: room → author → nickname, whole each time. */
  update(byRoom, room, author) {
    this.#byRoom = byRoom;
    this.show(room, author);
  }

  show(room, author) {
    for (const button of document.querySelectorAll("#rooms [data-room]")) {
      const isCurrent = button.dataset.room === room;
      if (isCurrent) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      const count = Object.keys(this.#byRoom[button.dataset.room] ?? {}).length;
      button
        .querySelector(".count")
        .replaceChildren(String(count), make("span", { className: "visually-hidden", textContent: " online" }));
    }
    const people = Object.entries(this.#byRoom[room] ?? {}).sort(([, a], [, b]) => a.localeCompare(b));
    this.#list.replaceChildren(
      ...people.map(([id, nickname]) => {
        const name = make("span", { className: "name", dir: "auto", textContent: nickname });
        const you = id === author ? [" ", make("span", { className: "you", textContent: "you" })] : [];
        return make("li", {}, avatar(id, nickname), name, ...you);
      }),
    );
    for (const id of this.#typing.keys()) if (!people.some(([present]) => present === id)) this.typing({ author: id });
  }

  /** Somebody started, goes on or stopped. It fades by itself: the word that he stopped may get lost. */
  typing({ author, nickname, typing = false }) {
    clearTimeout(this.#typing.get(author)?.timer);
    this.#typing.delete(author);
    if (typing) {
      const timer = setTimeout(() => this.typing({ author }), TYPING_LASTS_MS);
      this.#typing.set(author, { nickname, timer });
    }
    const names = [...this.#typing.values()].map((person) => person.nickname);
    this.#line.textContent =
      names.length === 0
        ? ""
        : names.length === 1
          ? `${names[0]} is typing`
          : names.length === 2
            ? `${names[0]} and ${names[1]} are typing`
            : "Several people are typing";
  }

  nobodyTypes() {
    for (const author of [...this.#typing.keys()]) this.typing({ author });
  }
}
