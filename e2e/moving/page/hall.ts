// A sale as a visitor sees it: one socket in the namespace of the sale, which looks at one lot at a time.
import { io, type Socket } from "socket.io-client";
import type { ClientToServer, ServerToClient } from "../shared/events.js";
import * as view from "./view.js";

type HallSocket = Socket<ServerToClient, ClientToServer>;

const ANSWER_TIMEOUT_MS = 30_000;

export class Hall {
  readonly name: string;
  readonly #socket: HallSocket;
  #lot: string | undefined;

  constructor(name: string) {
    this.name = name;
    this.#socket = io(`/sale-${name}`, { reconnectionDelay: 100, reconnectionDelayMax: 500 });
    this.#listen(this.#socket);
  }

  close(): void {
    this.#socket.disconnect();
  }

  get lot(): string | undefined {
    return this.#lot;
  }

  #listen(socket: HallSocket): void {
    socket.on("connect", () => {
      view.showStatus(socket.recovered ? "Back, nothing missed" : "Connected", true);
      if (!socket.recovered) void this.#arrive();
      const { engine } = socket.io;
      view.showTransport(engine.transport.name);
      engine.once("upgrade", () => view.showTransport(engine.transport.name));
    });
    socket.on("connect_error", (error) => {
      view.showStatus(socket.active ? "Reconnecting…" : error.message, false);
    });
    socket.on("disconnect", (reason) => {
      const isFinal = reason === "io server disconnect" || reason === "io client disconnect";
      view.showStatus(isFinal ? "Left the hall" : "Reconnecting…", false);
    });
    socket.on("people", view.showPeople);
    socket.on("thinking", view.showThinking);
    socket.on("leave", (why) => view.showNote(why));
    socket.on("bid", (lot, bid) => {
      if (lot === this.#lot) view.showBid(bid);
    });
    socket.on("photo", (lot, image) => {
      if (lot === this.#lot) view.showPhoto(image);
    });
    socket.on("sure", (amount, answer) => void view.ask(`Do you mean ${view.money(amount)}?`).then(answer));
    socket.on("going", (lot, answer) => {
      answer(lot === this.#lot);
    });
    socket.on("sold", (lot, winner, lookers) => {
      if (lot === this.#lot) view.showNote(`Sold to ${winner}, before ${lookers} pairs of eyes.`, "fact");
    });
    socket.onAny((event: string) => {
      document.body.dataset["heard"] = event;
    });
  }

  /** Comes in, for the first time or after something was missed: what is known has to be asked for. */
  async #arrive(): Promise<void> {
    document.body.dataset["arrivals"] = String(Number(document.body.dataset["arrivals"] ?? 0) + 1);
    const lots = await this.#socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck("lots");
    view.showLots(lots, (lot) => void this.enter(lot));
    await this.enter(this.#lot ?? lots[0]?.id ?? "");
  }

  async enter(lot: string): Promise<void> {
    const answer = await this.#socket.emitWithAck("enter", lot);
    view.showNote(answer.ok ? "" : answer.why);
    if (!answer.ok) return;
    this.#lot = lot;
    view.showLot(answer.value);
  }

  bid(amount: number): void {
    if (this.#lot === undefined) return;
    this.#socket.timeout(ANSWER_TIMEOUT_MS).emit("bid", this.#lot, amount, (error, answer) => {
      if (error instanceof Error) view.showNote("The auctioneer did not hear you. Look whether your bid is there.");
      else view.showNote(answer.ok ? "" : answer.why);
    });
  }

  think(): void {
    if (this.#lot !== undefined) this.#socket.volatile.emit("thinking", this.#lot);
  }

  async showPhoto(image: File): Promise<void> {
    if (this.#lot === undefined) return;
    const answer = await this.#socket.emitWithAck("photo", this.#lot, new Uint8Array(await image.arrayBuffer()));
    if (answer.ok) view.showNote(`Everybody sees your photo, all ${answer.value} bytes of it.`, "fact");
    else view.showNote(answer.why);
  }
}
