// What a bidder can do in the hall of a sale: look at a lot, bid for it, show a photo of it.
import type { Namespace, Socket } from "socket.io";
import type { Answer, BetweenServers, Bid, Bidder, ClientToServer, ServerToClient } from "../shared/events.js";
import type { Sale } from "./sale.js";

export type Hall = Namespace<ClientToServer, ServerToClient, BetweenServers, Bidder>;
export type BidderSocket = Socket<ClientToServer, ServerToClient, BetweenServers, Bidder>;

const ANSWER_TIMEOUT_MS = 20_000;

export const lotRoom = (lot: string): string => `lot:${lot}`;
export const bidderRoom = (name: string): string => `bidder:${name}`;

export async function tellPeople(hall: Hall): Promise<void> {
  const sockets = await hall.fetchSockets();
  const names = sockets.map(({ data }) => `${data.name} (${data.browser})`);
  hall.emit("people", [...new Set(names)].sort());
}

export function welcome(socket: BidderSocket, sale: Sale): void {
  const isIn = (lot: string): boolean => socket.rooms.has(lotRoom(lot));

  // Types end at the wire: whoever writes his own client may send anything.
  socket.use(([event, ...args], next) => {
    const isKnown = event === "lots" || typeof args[0] === "string";
    next(isKnown ? undefined : new Error(`failed to read ${event}: its lot is no text`));
  });

  socket.on("lots", (answer) => {
    answer(sale.lots);
  });

  socket.on("enter", async (id, answer) => {
    for (const room of socket.rooms) if (room.startsWith("lot:")) await socket.leave(room);
    const lot = sale.lot(id);
    if (lot === undefined) {
      answer({ ok: false, why: "There is no such lot." });
      return;
    }
    await socket.join(lotRoom(id));
    answer({ ok: true, value: lot });
  });

  socket.on("bid", async (id, amount, answer) => {
    answer(isIn(id) ? await bid(socket, sale, id, amount) : { ok: false, why: "Look at the lot first." });
  });

  socket.on("thinking", (id) => {
    if (isIn(id)) socket.to(lotRoom(id)).volatile.emit("thinking", socket.data.name);
  });

  socket.on("photo", (id, image, answer) => {
    const result = sale.setPhoto(id, image);
    if (result.ok) socket.nsp.to(lotRoom(id)).emit("photo", id, image);
    answer(result);
  });
}

async function bid(socket: BidderSocket, sale: Sale, id: string, amount: number): Promise<Answer<Bid>> {
  const why = sale.refusal(id, amount) ?? (await slipOf(socket, sale.highest(id), amount));
  if (why !== undefined) return { ok: false, why };
  const result = sale.bid(id, socket.data.name, amount);
  if (result.ok) socket.nsp.to(lotRoom(id)).emit("bid", id, result.value);
  return result;
}

/** Asks back when somebody bids ten times what was bid before. */
async function slipOf(socket: BidderSocket, highest: number, amount: number): Promise<string | undefined> {
  if (highest === 0 || amount < 10 * highest) return undefined;
  try {
    const meant = await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck("sure", amount);
    return meant ? undefined : "Your bid was taken back.";
  } catch {
    return "You did not say whether you meant it.";
  }
}
