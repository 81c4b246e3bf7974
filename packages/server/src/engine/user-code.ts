// Where what users' code throws ends up: every listener, middleware and callback of a user is called through one of these. A throw, or
// the rejection of a promise that it returned, is reported once and reaches nobody else's code; the process lives. The engine has one
// for itself; the socket layer's (error-boundary.ts) is another, which hears of the engine's too.
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Session } from "./session.js";

/** What kind of the engine's user code failed: `event` of the context says which listener, or which option. */
export type EngineCodeKind = "engine-listener" | "engine-middleware" | "engine-callback" | "option";

/** Where an error of the engine's user code came from. */
export interface EngineErrorContext {
  kind: EngineCodeKind;
  /** Event of the listener, or name of the option. */
  event?: string | undefined;
  session?: Session | undefined;
  request?: IncomingMessage | undefined;
  /** What it was called with, if with anything. */
  args?: readonly unknown[] | undefined;
}

/** Tells of errors in users' code: `(error, context)`. */
export const LISTENER_ERROR = "listener_error";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as users write them
type AnyFunction = (...args: any[]) => unknown;

interface AnyContext {
  kind: string;
  event?: string | undefined;
  args?: readonly unknown[] | undefined;
}

export class UserCode<Context extends AnyContext = EngineErrorContext> {
  /** Told of what no listener of `listener_error` here wants to hear. @internal */
  fallback: ((error: unknown, context: Context) => void) | undefined = undefined;
  readonly #emitter: (() => EventEmitter) | undefined;

  /** @param emitter whose `listener_error` listeners are told. */
  constructor(emitter?: () => EventEmitter) {
    this.#emitter = emitter;
  }

  /**
   * Calls user code, and gives what it returned. `onFailure` runs after the report, once, whether it threw or its promise was rejected.
   */
  call(
    context: Context,
    self: unknown,
    code: AnyFunction,
    args: readonly unknown[],
    onFailure?: (error: unknown) => void,
  ): unknown {
    try {
      const result: unknown = Reflect.apply(code, self, args);
      // Most return nothing: the fast path ends here.
      if (result !== undefined && isThenable(result))
        result.then(
          undefined,
          once((error) => this.#onFailure(error, context, args, onFailure)),
        );
      return result;
    } catch (error) {
      this.#onFailure(error, context, args, onFailure);
      return undefined;
    }
  }

  /** Reports a promise that is rejected, where its caller has nobody to give it to. */
  watch(result: unknown, context: Context): void {
    if (result !== undefined) this.call(context, undefined, () => result, []);
  }

  /** Calls every listener of `event`; one that fails does not stop the next. Returns whether there was one. */
  emit(
    emitter: EventEmitter,
    event: string | symbol,
    args: readonly unknown[],
    context: Context,
    onFailure?: (error: unknown) => void,
  ): boolean {
    // With the wrappers of `once`, which take themselves off.
    const listeners = emitter.rawListeners(event) as AnyFunction[];
    for (const listener of listeners) this.call(context, emitter, listener, args, onFailure);
    return listeners.length > 0;
  }

  /** An error that belongs to no caller. Where nobody listens it is a warning of the process, so that it is never lost. */
  report(error: unknown, context: Context): void {
    const emitter = this.#emitter?.();
    if (emitter === undefined || emitter.listenerCount(LISTENER_ERROR) === 0) {
      if (this.fallback === undefined) warn(error, context);
      else this.fallback(error, context);
      return;
    }
    for (const listener of emitter.rawListeners(LISTENER_ERROR) as AnyFunction[]) {
      try {
        const result: unknown = Reflect.apply(listener, emitter, [error, context]);
        if (isThenable(result)) result.then(undefined, (failure: unknown) => warn(failure, context));
      } catch (failure) {
        warn(failure, context);
      }
    }
  }

  #onFailure(
    error: unknown,
    context: Context,
    args: readonly unknown[],
    onFailure: ((error: unknown) => void) | undefined,
  ): void {
    this.report(error, args.length > 0 && context.args === undefined ? { ...context, args } : context);
    if (onFailure === undefined) return;
    try {
      onFailure(error);
    } catch (failure) {
      this.report(failure, context);
    }
  }
}

/** A thenable of a user may call back more than once. */
function once(run: (error: unknown) => void): (error: unknown) => void {
  let isOver = false;
  return (error) => {
    if (isOver) return;
    isOver = true;
    run(error);
  };
}

function warn(error: unknown, context: AnyContext): void {
  const event = context.event === undefined ? "" : ` of "${context.event}"`;
  process.emitWarning(`failed to run a ${context.kind}${event}: ${describe(error)}`, {
    type: "EverwireWarning",
    code: "ERR_LISTENER",
    detail: stackOf(error),
  });
}

// What is thrown need not be an Error, nor one that lets itself be looked at.
function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return typeof error;
  }
}

function stackOf(error: unknown): string {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
