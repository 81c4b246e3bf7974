// The events of the test application, and what its page shows the test of its sockets.
import type { Socket } from "@everwire/client";

export interface ServerToClient {
  said: (text: string) => void;
  price: (value: number) => void;
}

export interface ClientToServer {
  say: (text: string, answer: (heardBy: number) => void) => void;
  never: (answer: () => void) => void;
}

export type AppSocket = Socket<ServerToClient, ClientToServer>;

declare global {
  /** Every socket that a mounted component has used, once each. */
  var used: Set<AppSocket>;
}

globalThis.used = new Set();
