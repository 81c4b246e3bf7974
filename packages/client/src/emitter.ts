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

/** A listener; the one of `once` is wrapped, and known by the function that the user gave. */
type Listener = ((...args: unknown[]) => void) & { listener?: unknown };

export class Emitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap = { [Event in never]: never },
> {
  // Null prototype: an event may be called "__proto__". Lists are replaced, never changed, so that a dispatch can walk one.
  #lists = Object.create(null) as Record<string | symbol, Listener[] | undefined>;

  on<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    this.#lists[event] = [...(this.#lists[event] ?? []), listener];
    return this;
  }

  once<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    const once: Listener = (...args) => {
      this.off(event, once as typeof listener);
      (listener as Listener).apply(this, args);
    };
    once.listener = listener;
    return this.on(event, once as typeof listener);
  }

  /** Removes one listener, all listeners of an event, or all listeners of all events. */
  off<Event extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    if (event === undefined) this.#lists = Object.create(null) as Record<string | symbol, undefined>;
    else this.#lists[event] = without(this.#lists[event], listener);
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
    return (this.#lists[event] ?? []).map(
      (item) => (item.listener ?? item) as ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
    );
  }

  hasListeners(event: ReservedOrUserEventNames<ReservedEvents, ListenEvents>): boolean {
    return !!this.#lists[event]?.length;
  }

  /**
   * Dispatches an event of the library's own, or a user's that came from the peer. A listener that throws does not unwind the layer
   * that emits: the error is rethrown on a later tick.
   */
  protected emitReserved<Event extends EventNames<ReservedEvents>>(
    event: Event,
    ...args: EventParams<ReservedEvents, Event>
  ): void {
    guard(() => this.#dispatch(event, args));
  }

  #dispatch(event: string | symbol, args: unknown[]): void {
    this.#lists[event]?.forEach((listener) => listener.apply(this, args));
  }
}

/** A copy of the list that lacks the listener where it stands first; empty when none is given. */
export function without<Item extends object>(items: readonly Item[] = [], listener?: unknown): Item[] {
  const index = items.findIndex((item) => item === listener || (item as Partial<Listener>).listener === listener);
  return items.filter((_item, at) => listener && at !== index);
}
