// The emitter whose listeners are typed by event maps: Server, Namespace and Socket extend it. It is LazyEmitter at run
// time, so typing costs nothing; what `emit` means is left to each class.
import type { EventEmitter } from "node:events";
import type { EventsMap, ReservedOrUserEventNames, ReservedOrUserListener } from "@everwire/protocol";
import { LazyEmitter } from "./emitter.js";

/** No events of its own. */
export interface NoEvents {
  [event: string]: never;
}

export interface TypedEmitter<Listen extends EventsMap, Reserved extends EventsMap = NoEvents> extends EventEmitter {
  on<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  once<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  listeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
  ): ReservedOrUserListener<Reserved, Listen, Ev>[];
}

interface TypedEmitterConstructor {
  new <Listen extends EventsMap, Reserved extends EventsMap = NoEvents>(): TypedEmitter<Listen, Reserved>;
}

/**
 * Whether this call of `emit` is Node's: it tells of listeners that come and go through the very method that classes here
 * give another meaning. Only who listens for that gets such calls.
 */
export function isOwnEvent(emitter: EventEmitter, event: unknown, args: readonly unknown[]): boolean {
  if (event !== "newListener" && event !== "removeListener") return false;
  return typeof args[1] === "function" && emitter.listenerCount(event) > 0;
}

export const TypedEmitter = LazyEmitter as unknown as TypedEmitterConstructor;
