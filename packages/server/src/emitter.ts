// The emitter that every object held by users of the server extends: Server, Namespace, Socket and the engine's classes.
// It is Node's own emitter in every respect, except that a new object costs nothing: Node's constructor writes three
// fields (an events table among them) into each instance, whereas its methods create that table when they first need it.
import { EventEmitter } from "node:events";

interface LazyEmitterConstructor {
  new (): EventEmitter;
  readonly prototype: EventEmitter;
}

/**
 * Stands between `LazyEmitter` and Node's emitter, so that `super()` runs this empty constructor and not Node's.
 * An object with no listener therefore has no field but those that its own class gives it.
 */
function Shell(): void {
  // Nothing to set up: see above.
}
Shell.prototype = Object.create(EventEmitter.prototype, {
  constructor: { value: Shell, writable: true, configurable: true },
}) as EventEmitter;

/**
 * Node's EventEmitter without the cost of construction.
 *
 * `instanceof EventEmitter`, `events.once`, the throwing `error` event, `newListener` and the listener limit behave as
 * Node documents them. Only `captureRejections` given to a constructor is not supported, for there is no such argument.
 */
export class LazyEmitter extends (Shell as unknown as LazyEmitterConstructor) {}
