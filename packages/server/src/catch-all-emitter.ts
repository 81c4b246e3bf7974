// Listeners that hear every event of a socket, coming in or going out: the part of Socket that keeps them. The lists are
// replaced, never changed, so that one may be walked while its listeners add and remove others.
import type { EventsMap } from "@everwire/protocol";
import { TypedEmitter } from "./typed-emitter.js";
import type { AnyListener } from "./types.js";

export type CatchAll = readonly AnyListener[] | undefined;

export abstract class CatchAllEmitter<Listen extends EventsMap, Reserved extends EventsMap> extends TypedEmitter<
  Listen,
  Reserved
> {
  /** @internal */
  protected incoming: CatchAll = undefined;
  /** @internal */
  protected outgoing: CatchAll = undefined;

  /** Adds a listener of all events that come in: `(event, ...args)`. */
  onAny(listener: AnyListener): this {
    this.incoming = [...(this.incoming ?? []), listener];
    return this;
  }

  /** The same, before those that are there. */
  prependAny(listener: AnyListener): this {
    this.incoming = [listener, ...(this.incoming ?? [])];
    return this;
  }

  /** Takes one off, or all. */
  offAny(listener?: AnyListener): this {
    this.incoming = without(this.incoming, listener);
    return this;
  }

  listenersAny(): AnyListener[] {
    return [...(this.incoming ?? [])];
  }

  /** Adds a listener of all events that go out, broadcasts too; acknowledgements are none. */
  onAnyOutgoing(listener: AnyListener): this {
    this.outgoing = [...(this.outgoing ?? []), listener];
    return this;
  }

  prependAnyOutgoing(listener: AnyListener): this {
    this.outgoing = [listener, ...(this.outgoing ?? [])];
    return this;
  }

  offAnyOutgoing(listener?: AnyListener): this {
    this.outgoing = without(this.outgoing, listener);
    return this;
  }

  listenersAnyOutgoing(): AnyListener[] {
    return [...(this.outgoing ?? [])];
  }
}

// Without the first occurrence of `listener`; without all of them when none is named.
function without(list: CatchAll, listener: AnyListener | undefined): CatchAll {
  if (list === undefined || listener === undefined) return undefined;
  const index = list.indexOf(listener);
  if (index === -1) return list;
  return list.length === 1 ? undefined : list.filter((_, at) => at !== index);
}
