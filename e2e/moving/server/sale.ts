// The rules of a sale, without any network: lots, bids, what may be bid and what not.
import type { Answer, Bid, LotState, LotSummary } from "../shared/events.js";

const MAX_BIDS = 1000;
const SIGNATURES = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
];

interface Lot extends LotSummary {
  readonly bids: Bid[];
  sold: boolean;
  photo: Uint8Array | null;
}

export class Sale {
  readonly #lots = new Map<string, Lot>();

  constructor(lots: readonly LotSummary[]) {
    for (const lot of lots) this.#lots.set(lot.id, { ...lot, bids: [], sold: false, photo: null });
  }

  get lots(): LotSummary[] {
    return [...this.#lots.values()].map(({ id, title, about }) => ({ id, title, about }));
  }

  lot(id: unknown): LotState | undefined {
    return this.#lots.get(String(id));
  }

  highest(id: string): number {
    return this.#lots.get(id)?.bids.at(-1)?.amount ?? 0;
  }

  /** Why this amount may not be bid; undefined when it may. */
  refusal(id: string, amount: unknown): string | undefined {
    const lot = this.#lots.get(id);
    if (lot === undefined) return "There is no such lot.";
    if (lot.sold) return "The hammer has fallen.";
    if (typeof amount !== "number" || !Number.isSafeInteger(amount) || amount <= 0) return "Bid a whole number.";
    if (amount <= this.highest(id)) return `Somebody bids ${this.highest(id)} already.`;
    return lot.bids.length >= MAX_BIDS ? "There have been enough bids." : undefined;
  }

  bid(id: string, bidder: string, amount: number): Answer<Bid> {
    const why = this.refusal(id, amount);
    const bid = { bidder, amount };
    if (why !== undefined) return { ok: false, why };
    this.#lots.get(id)?.bids.push(bid);
    return { ok: true, value: bid };
  }

  setPhoto(id: string, image: unknown): Answer<number> {
    const lot = this.#lots.get(id);
    if (lot === undefined) return { ok: false, why: "There is no such lot." };
    if (!(image instanceof Uint8Array) || !SIGNATURES.some((bytes) => bytes.every((byte, at) => image[at] === byte)))
      return { ok: false, why: "This is neither a PNG nor a JPEG." };
    lot.photo = image;
    return { ok: true, value: image.byteLength };
  }

  /** The name of the winner. */
  hammer(id: string): Answer<string> {
    const lot = this.#lots.get(id);
    const winner = lot?.bids.at(-1)?.bidder;
    if (lot === undefined || winner === undefined) return { ok: false, why: "Nobody has bid." };
    if (lot.sold) return { ok: false, why: "The hammer has fallen." };
    lot.sold = true;
    return { ok: true, value: winner };
  }
}
