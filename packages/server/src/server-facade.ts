// The main namespace seen through the server: its broadcasts, middlewares and listeners, so that `io.on("connection")` and
// `io.emit` do what one expects.
import type { EventsMap } from "@everwire/protocol";
import type { AdapterContract } from "./adapter/adapter.js";
import { Broadcaster } from "./broadcaster.js";
import type { Namespace, ServerReservedEvents } from "./namespace.js";

export abstract class ServerFacade<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends Broadcaster<
  EmitEvents,
  ServerSideEvents,
  SocketData,
  ServerReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
> {
  /** The main namespace. */
  abstract readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  /** @internal */
  protected override get delivery(): AdapterContract {
    return this.sockets.adapter;
  }

  /** Adds a middleware to the main namespace. */
  use(middleware: Parameters<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["use"]>[0]): this {
    this.sockets.use(middleware);
    return this;
  }
}

const EMITTER_METHODS = [
  "addListener",
  "eventNames",
  "getMaxListeners",
  "listenerCount",
  "listeners",
  "off",
  "on",
  "once",
  "prependListener",
  "prependOnceListener",
  "rawListeners",
  "removeAllListeners",
  "removeListener",
  "setMaxListeners",
] as const;

type Method = (...args: unknown[]) => unknown;
type AnyFacade = { sockets: Record<string, Method> } & object;

for (const name of EMITTER_METHODS) {
  Object.defineProperty(ServerFacade.prototype, name, {
    value: function (this: AnyFacade, ...args: unknown[]): unknown {
      return this.sockets[name]?.(...args);
    },
    writable: true,
    configurable: true,
  });
}
