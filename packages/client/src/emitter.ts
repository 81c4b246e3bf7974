// Emitter: what users listen on: the engine's Session, the Manager and the Socket. Layers of the client never talk to
// each other through it. A listener that is removed or added while an event is dispatched does not change that dispatch.
// Written out here and not taken from a library because a page pays for each byte: it is a third of the usual one.
import type {
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from "@everwire/protocol";
import { guard } from "./guard.js";

type Listener = (...args: unknown[]) => void;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

export class Emitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap = { [Event in never]: never },
> {
  // Null prototype: an event may be called "__proto__". Lists are replaced, never changed, so that a dispatch can walk one.
  #entries = Object.create(null) as Record<string | symbol, Entry[] | undefined>;

  on<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.#add(event, listener, false);
  }

  once<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.#add(event, listener, true);
  }

  /** Removes one listener, all listeners of an event, or all listeners of all events. */
  off<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    const entries = this.#entries;
    if (event === undefined) this.#entries = Object.create(null) as typeof entries;
    else entries[event] = listener && without(entries[event] ?? [], (entry) => entry.listener === listener);
    return this;
  }

  addEventListener<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.on(event, listener);
  }

  removeListener<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.off(event, listener);
  }

  removeAllListeners<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(event?: Event): this {
    return this.off(event);
  }

  removeEventListener<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.off(event, listener);
  }

  /** Calls the listeners of `event` in the order they were added; what one throws reaches the caller. */
  emit<Event extends EventNames<EmitEvents>>(event: Event, ...args: EventParams<EmitEvents, Event>): this {
    this.#dispatch(event, args);
    return this;
  }

  listeners<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Event,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Event>[] {
    return (this.#entries[event] ?? []).map(
      (entry) => entry.listener as ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
    );
  }

  hasListeners(event: ReservedOrUserEventNames<ReservedEvents, ListenEvents>): boolean {
    return !!this.#entries[event]?.length;
  }

  /**
   * Dispatches an event of the library's own. A listener that throws does not unwind the layer that emits: the error is
   * rethrown on a later tick.
   */
  protected emitReserved<Event extends EventNames<ReservedEvents>>(
    event: Event,
    ...args: EventParams<ReservedEvents, Event>
  ): this {
    this.#guarded(event, args);
    return this;
  }

  /** Dispatches a user's event that came from the peer, as `emitReserved` does; for classes whose `emit` sends. */
  protected emitUntyped(event: string, ...args: unknown[]): this {
    this.#guarded(event, args);
    return this;
  }

  #add(event: string | symbol, listener: Listener, once: boolean): this {
    this.#entries[event] = (this.#entries[event] ?? []).concat({ listener, once });
    return this;
  }

  #guarded(event: string | symbol, args: unknown[]): void {
    if (this.#entries[event])
      guard(() => {
        this.#dispatch(event, args);
      });
  }

  #dispatch(event: string | symbol, args: unknown[]): void {
    for (const entry of this.#entries[event] ?? []) {
      if (entry.once) this.#entries[event] = without(this.#entries[event] ?? [], (other) => other === entry);
      entry.listener.apply(this, args);
    }
  }
}

/** A copy of the list that lacks the first item of the kind. */
export function without<Item>(items: readonly Item[], isIt: (item: Item) => boolean): Item[] {
  const index = items.findIndex(isIt);
  return items.filter((_item, at) => at !== index);
}
