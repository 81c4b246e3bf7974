// io(): from an address to a Socket. It keeps the Managers, so that namespaces of one server share one session, and
// decides when a call gets a Manager of its own. The default export of the package.
import type { DefaultEventsMap, EventsMap } from "@everwire/protocol";
import { parseQuery } from "./engine/url.js";
import { Manager } from "./manager.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import { Socket } from "./socket.js";
import { parseAddress } from "./url.js";

export type IoOptions = Partial<ManagerOptions & SocketOptions>;

const managers = new Map<string, Manager>();

/** Connects to a namespace: the path of the address. Without an address, to the server of the page. */
function lookup<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
  options?: IoOptions,
): Socket<ListenEvents, EmitEvents>;
function lookup<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
  uri?: string,
  options?: IoOptions,
): Socket<ListenEvents, EmitEvents>;
function lookup(address?: string | IoOptions, options?: IoOptions): Socket {
  if (typeof address === "object") {
    options = address;
    address = "";
  }
  const { server, namespace, query } = parseAddress(address ?? "");
  const opts: IoOptions & { "force new connection"?: boolean } = { ...options };
  if (query) opts.query ??= parseQuery(query);
  const key = server + (opts.path ?? "/socket.io");
  const cached = managers.get(key);
  const isShared = !opts.forceNew && !opts["force new connection"] && opts.multiplex !== false;
  const manager = isShared && cached && !cached.attached.has(namespace) ? cached : new Manager(server, opts);
  if (isShared && !cached) managers.set(key, manager);
  return manager.socket(namespace, opts);
}

/** `io()`, with what a script tag needs on it as properties. */
export const io = /* @__PURE__ */ Object.assign(lookup, { io: lookup, connect: lookup, Manager, Socket });
