// Which transports a session may use, in which order. Called once a session, by its constructor.
import { globalScope } from "#platform";
import type { ResolvedOptions, TransportClass } from "./options.js";
import { transports } from "./transports/index.js";
import type { Transport } from "./transports/transport.js";

export type AvailableTransport = [name: string, transport: TransportClass];

/** Not everywhere is there a WebTransport: who does not ask for it by name is spared an attempt that must fail. */
function defaultNames(): string[] {
  return ["polling", "websocket"].concat("WebTransport" in globalScope ? "webtransport" : []);
}

/** `websocketFirst`: WebSocket is known to work from here (`rememberUpgrade`). Names that nobody knows are left out. */
export function chooseTransports(opts: ResolvedOptions, websocketFirst: boolean): AvailableTransport[] {
  const chosen: AvailableTransport[] = [];
  (opts.transportImplementations ?? opts.transports ?? defaultNames()).forEach((wanted) => {
    const isName = typeof wanted === "string";
    // Own names only: "constructor" is none.
    const known = isName ? Object.keys(transports).indexOf(wanted) >= 0 && transports[wanted] : wanted;
    if (!known) return;
    const entry: AvailableTransport = [isName ? wanted : (known.prototype as Transport).name, known];
    if (websocketFirst && opts.rememberUpgrade && entry[0] === "websocket") chosen.unshift(entry);
    else chosen.push(entry);
  });
  return chosen;
}
