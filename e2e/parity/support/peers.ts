// The two implementations that every case of this folder runs over: ours, and the stock packages as black boxes. The same
// assertions hold for both, so that a case which states something wrong goes red on the stock side. The stock packages are given
// the types of ours: what a case reads of them is checked by running it.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
/** What socket.io and its client depend on is found from where they are, whatever is installed beside them. */
const fromServer = createRequire(require.resolve("socket.io"));
const fromClient = createRequire(require.resolve("socket.io-client"));

const ours = {
  server: await import("@everwire/server"),
  engine: await import("@everwire/server/engine"),
  adapter: await import("@everwire/server/adapter"),
  client: await import("@everwire/client"),
  engineClient: await import("@everwire/client/engine"),
  protocol: await import("@everwire/protocol"),
};

type Modules = typeof ours;

export interface Peer extends Modules {
  readonly name: "everwire" | "stock";
}

const stock = {
  server: require("socket.io"),
  engine: fromServer("engine.io"),
  adapter: fromServer("socket.io-adapter"),
  client: require("socket.io-client"),
  engineClient: fromClient("engine.io-client"),
  protocol: { ...fromServer("engine.io-parser"), ...fromServer("socket.io-parser") },
};

export const PEERS: readonly Peer[] = [
  { name: "everwire", ...ours },
  { name: "stock", ...stock },
];
