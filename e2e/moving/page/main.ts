// The page of the auction: the door, the sale that was chosen, and what the visitor does there.
import { openDesk } from "./desk.js";
import { Hall } from "./hall.js";
import { find } from "./view.js";

let hall: Hall | undefined;

function enterSale(name: string): void {
  hall?.close();
  hall = new Hall(name);
  for (const button of document.querySelectorAll<HTMLButtonElement>("nav button"))
    button.setAttribute("aria-current", String(button.dataset["sale"] === name));
}

async function comeIn(): Promise<void> {
  const response = await fetch("/login", { method: "POST", body: find("#name", HTMLInputElement).value });
  if (!response.ok) {
    find("#door [role=alert]", HTMLElement).textContent = "Please choose another name.";
    return;
  }
  find("#door", HTMLFormElement).hidden = true;
  find("#hall", HTMLElement).hidden = false;
  find("#desk", HTMLElement).hidden = false;
  find("nav", HTMLElement).hidden = false;
  enterSale("spring");
}

function on(selector: string, event: string, run: () => void): void {
  find(selector, HTMLElement).addEventListener(event, (happened) => {
    if (event === "submit") happened.preventDefault();
    run();
  });
}

on("#door", "submit", () => void comeIn());
on("#bid", "submit", () => {
  const field = find("#amount", HTMLInputElement);
  hall?.bid(Number(field.value));
  field.value = "";
});
on("#amount", "input", () => hall?.think());
on("#file", "change", () => {
  const [image] = find("#file", HTMLInputElement).files ?? [];
  if (image !== undefined) void hall?.showPhoto(image);
});
for (const button of document.querySelectorAll<HTMLButtonElement>("nav button"))
  button.addEventListener("click", () => enterSale(button.dataset["sale"] ?? ""));
openDesk(() => hall);
// A visit that goes straight to the hall of somebody who said no name is refused by the server, and says so.
if (location.hash === "#unknown") enterSale("spring");
