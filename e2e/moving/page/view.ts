// What the page shows: elements by their ids, and the lot on the table. Nothing here knows of a network.
import type { Bid, LotState, LotSummary } from "../shared/events.js";

export function find<Kind extends HTMLElement>(selector: string, kind: new () => Kind): Kind {
  const element = document.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`failed to find ${selector} in the page`);
}

const show = (selector: string, text: string): void => {
  find(selector, HTMLElement).textContent = text;
};

export const money = (amount: number): string => `€ ${amount.toLocaleString("en")}`;

export function showStatus(text: string, up: boolean): void {
  show("#status", text);
  find("#status", HTMLElement).toggleAttribute("data-up", up);
}

export function showTransport(name: string): void {
  find("#status", HTMLElement).title = `Over ${name}`;
}

export function showNote(text: string, kind: "fault" | "fact" = "fault"): void {
  show("#note", text);
  find("#note", HTMLElement).dataset["kind"] = kind;
}

export function showPeople(names: readonly string[]): void {
  find("#people", HTMLUListElement).replaceChildren(
    ...names.map((name) => Object.assign(document.createElement("li"), { textContent: name })),
  );
}

export function showLots(lots: readonly LotSummary[], choose: (id: string) => void): void {
  find("#lots", HTMLUListElement).replaceChildren(
    ...lots.map(({ id, title }) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: title });
      button.dataset["lot"] = id;
      button.addEventListener("click", () => choose(id));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
}

export function showLot(lot: LotState): void {
  show("#title", lot.title);
  show("#about", lot.about);
  show("#thinking", "");
  show("#price", "No bid yet");
  find("#bids", HTMLOListElement).replaceChildren();
  find("#photo", HTMLImageElement).hidden = true;
  if (lot.photo !== null) showPhoto(lot.photo);
  for (const bid of lot.bids) showBid(bid);
  for (const button of document.querySelectorAll<HTMLButtonElement>("#lots button"))
    button.setAttribute("aria-current", String(button.dataset["lot"] === lot.id));
  find("#lot", HTMLElement).hidden = false;
}

export function showBid({ bidder, amount }: Bid): void {
  const item = document.createElement("li");
  item.append(
    ...[bidder, money(amount)].map((text) => Object.assign(document.createElement("span"), { textContent: text })),
  );
  find("#bids", HTMLOListElement).append(item);
  show("#price", money(amount));
  show("#thinking", "");
}

export function showThinking(name: string): void {
  show("#thinking", `${name} is thinking…`);
}

export function showPhoto(bytes: Uint8Array): void {
  const image = find("#photo", HTMLImageElement);
  if (image.src !== "") URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes as BlobPart]));
  image.alt = "Photo of the lot";
  image.hidden = false;
}

/** Asks a question with two answers. */
export function ask(question: string): Promise<boolean> {
  const dialog = find("#sure", HTMLDialogElement);
  show("#question", question);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
