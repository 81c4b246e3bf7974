// CatchAllEmitter: an emitter with listeners of every event, one list of them for each direction. The Socket is one.
import type { EventsMap } from "@everwire/protocol";
import { Emitter, without } from "./emitter.js";
import { guard } from "./guard.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an event of any name, with arguments that only the user can know
export type AnyListener = (...args: any[]) => void;

export abstract class CatchAllEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap,
> extends Emitter<ListenEvents, EmitEvents, ReservedEvents> {
  // Replaced, never changed: a dispatch walks the list that it began with.
  #incoming: readonly AnyListener[];
  #outgoing: readonly AnyListener[];

  constructor() {
    super();
    this.#incoming = this.#outgoing = [];
  }

  /** Adds a listener of every event that comes in; it gets the event's name first. */
  onAny(listener: AnyListener): this {
    this.#incoming = [...this.#incoming, listener];
    return this;
  }

  prependAny(listener: AnyListener): this {
    this.#incoming = [listener, ...this.#incoming];
    return this;
  }

  /** Removes one such listener, or all. */
  offAny(listener?: AnyListener): this {
    this.#incoming = without(this.#incoming, listener);
    return this;
  }

  listenersAny(): AnyListener[] {
    return [...this.#incoming];
  }

  /** Adds a listener of every event that goes out, called when it does; acknowledgements are not events. */
  onAnyOutgoing(listener: AnyListener): this {
    this.#outgoing = [...this.#outgoing, listener];
    return this;
  }

  prependAnyOutgoing(listener: AnyListener): this {
    this.#outgoing = [listener, ...this.#outgoing];
    return this;
  }

  offAnyOutgoing(listener?: AnyListener): this {
    this.#outgoing = without(this.#outgoing, listener);
    return this;
  }

  listenersAnyOutgoing(): AnyListener[] {
    return [...this.#outgoing];
  }

  /** Dispatches an event of the peer: to these listeners, then to its own. */
  protected emitIncoming(args: unknown[]): void {
    this.#call(this.#incoming, args);
    (this.emitReserved as (...event: unknown[]) => void).apply(this, args);
  }

  protected tellOutgoing(args: unknown[]): void {
    this.#call(this.#outgoing, args);
  }

  #call(listeners: readonly AnyListener[], args: unknown[]): void {
    listeners.forEach((listener) => guard(() => listener.apply(this, args)));
  }
}
