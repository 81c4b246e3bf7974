// TransportList: which transports a session may use, in which order, and how one is made. Made and asked by the session.
import { ENGINE_PROTOCOL } from "@everwire/protocol";
import { createCookieStore } from "#platform";
import type { ResolvedOptions, TransportClass } from "./options.js";
import { defaultNames, transports } from "./registry.js";
import type { Transport } from "./transports/transport.js";
import { parseQuery } from "./url.js";

export type AvailableTransport = [name: string, transport: TransportClass];

export class TransportList {
  readonly available: AvailableTransport[];
  /** The name of one that is known to work from here, if any: it stands first. */
  readonly first: string | undefined;
  readonly #opts: ResolvedOptions;
  readonly #cookies;

  constructor(opts: ResolvedOptions, first?: string) {
    this.#opts = opts;
    this.first = first;
    this.#cookies = createCookieStore(opts.withCredentials);
    this.available = chooseTransports(opts, first);
  }

  /** Those over which a session can be resumed: one of them first. The open packet of WebTransport has no place for what that takes. */
  from(first: string): AvailableTransport[] {
    const isFirst = ([name]: AvailableTransport): boolean => name === first;
    const able = this.available.filter(([name]) => name !== "webtransport");
    return able.filter(isFirst).concat(able.filter((entry) => !isFirst(entry)));
  }

  create([name, Transport]: AvailableTransport): Transport {
    const options = this.#opts.transportOptions[name];
    const query = parseQuery(options?.query, parseQuery(this.#opts.query));
    query.EIO = ENGINE_PROTOCOL;
    query.transport = name;
    return new Transport({
      ...this.#opts,
      ...(options as Partial<ResolvedOptions> | undefined),
      query,
      cookies: this.#cookies,
    });
  }
}

/** Names that nobody knows are left out. */
function chooseTransports(opts: ResolvedOptions, first?: string): AvailableTransport[] {
  const chosen: AvailableTransport[] = [];
  // Few servers have WebTransport: it does not race unless it is named.
  const usual = defaultNames().filter((name) => opts.strategy !== "race" || name !== "webtransport");
  (opts.transportImplementations ?? opts.transports ?? usual).forEach((wanted) => {
    const isName = typeof wanted === "string";
    // Own names only: "constructor" is none.
    const known = isName ? Object.keys(transports).indexOf(wanted) >= 0 && transports[wanted] : wanted;
    if (!known) return;
    const entry: AvailableTransport = [isName ? wanted : (known.prototype as Transport).name, known];
    if (entry[0] === first) chosen.unshift(entry);
    else chosen.push(entry);
  });
  return chosen;
}
