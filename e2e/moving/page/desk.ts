// The auctioneer's desk: a second namespace over the same connection, which a PIN opens.
import { io, type Socket } from "socket.io-client";
import type { DeskToServer, ServerToDesk } from "../shared/events.js";
import type { Hall } from "./hall.js";
import { find, showNote } from "./view.js";

type DeskSocket = Socket<ServerToDesk, DeskToServer>;

export function openDesk(hallOf: () => Hall | undefined): void {
  let socket: DeskSocket | undefined;

  find("#pin", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    if (socket === undefined) socket = connect();
    else socket.connect();
  });
  find("#hammer", HTMLButtonElement).addEventListener("click", () => {
    const hall = hallOf();
    if (hall?.lot === undefined) return;
    socket?.emit("hammer", hall.name, hall.lot, (answer) => {
      if (!answer.ok) showNote(answer.why);
    });
  });
  find("#remove", HTMLButtonElement).addEventListener("click", () => {
    const name = find("#whom", HTMLInputElement).value;
    socket?.emit("remove", hallOf()?.name ?? "", name, (removed) => showNote(`${removed} asked to leave.`, "fact"));
  });
}

function connect(): DeskSocket {
  const socket: DeskSocket = io("/desk", {
    // Asked again at each attempt, so it is always what stands in the field.
    auth: (answer) => {
      answer({ pin: find("#pin input", HTMLInputElement).value });
    },
  });
  socket.on("connect_error", (error: Error & { data?: { digits: number } }) => {
    find("#pin [role=alert]", HTMLElement).textContent =
      `${error.message} It has ${error.data?.digits ?? "some"} digits.`;
  });
  socket.on("connect", () => {
    find("#pin", HTMLFormElement).hidden = true;
    find("#tools", HTMLFormElement).hidden = false;
  });
  socket.on("traffic", (received, sent) => {
    find("#traffic", HTMLElement).textContent = `${received} events received, ${sent} sent`;
  });
  return socket;
}
