// What the pages and the server of the auction say to each other, as event maps, and the values in them. Imported by both sides.

/** One bid as everybody sees it. */
export interface Bid {
  readonly bidder: string;
  readonly amount: number;
}

export interface LotSummary {
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

export interface LotState extends LotSummary {
  readonly bids: readonly Bid[];
  readonly sold: boolean;
  readonly photo: Uint8Array | null;
}

/** A wish that was granted, or why not. */
export type Answer<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string };

export interface ClientToServer {
  lots: (answer: (lots: readonly LotSummary[]) => void) => void;
  /** Looks at one lot, and at no other any more. */
  enter: (lot: string, answer: (answer: Answer<LotState>) => void) => void;
  bid: (lot: string, amount: number, answer: (answer: Answer<Bid>) => void) => void;
  thinking: (lot: string) => void;
  photo: (lot: string, image: Uint8Array, answer: (answer: Answer<number>) => void) => void;
}

export interface ServerToClient {
  people: (names: readonly string[]) => void;
  bid: (lot: string, bid: Bid) => void;
  thinking: (name: string) => void;
  photo: (lot: string, image: Uint8Array) => void;
  /** A bid that looks like a slip: is it meant? */
  sure: (amount: number, answer: (meant: boolean) => void) => void;
  /** The hammer is about to fall. Who is still looking? */
  going: (lot: string, answer: (looking: boolean) => void) => void;
  sold: (lot: string, winner: string, lookers: number) => void;
  leave: (why: string) => void;
}

export interface DeskToServer {
  hammer: (sale: string, lot: string, answer: (answer: Answer<string>) => void) => void;
  remove: (sale: string, name: string, answer: (removed: number) => void) => void;
}

export interface ServerToDesk {
  traffic: (received: number, sent: number) => void;
}

export interface BetweenServers {
  sold: (sale: string, lot: string) => void;
}

/** What the server keeps with each socket. */
export interface Bidder {
  name: string;
  browser: string;
}
