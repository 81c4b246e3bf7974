// The emitter of the engine's classes: Node's in every respect but one, that what a listener throws goes to the engine's error hook and
// not through the engine. A listener runs deep inside reading and writing, where a throw would end the process or leave a session half
// closed.
import { LazyEmitter } from "../emitter.js";
import type { EngineErrorContext, UserCode } from "./user-code.js";

export abstract class GuardedEmitter extends LazyEmitter {
  /** @internal */
  protected abstract get guard(): UserCode;

  /** Calls the listeners in order. `error` without one throws, as Node's does. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (this.listenerCount(event) > 0) return this.guard.emit(this, event, args, this.describeListener(String(event)));
    return event === "error" ? super.emit(event, ...args) : false;
  }

  /** Where an error of a listener is said to come from. @internal */
  protected describeListener(event: string): EngineErrorContext {
    return { kind: "engine-listener", event };
  }
}
