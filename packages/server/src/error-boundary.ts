// Where what users' code throws ends up. Every listener, middleware and ack callback of the socket layer is called through
// here: a throw or a rejected promise goes to `io.on("listener_error")`, and to nobody else's code; the process lives.
import type { EventEmitter } from "node:events";
import type { AnyListener, AnyNamespace, AnySocket } from "./types.js";

/** What kind of user code failed. */
export type ListenerKind =
  "listener" | "catch-all" | "middleware" | "packet-middleware" | "ack" | "namespace" | "adapter";

/** Where an error came from; second argument of `listener_error`. */
export interface ListenerErrorContext {
  kind: ListenerKind;
  /** Event whose listener, middleware or ack it was. */
  event?: string | undefined;
  socket?: AnySocket | undefined;
  namespace?: AnyNamespace | undefined;
}

export const LISTENER_ERROR = "listener_error";

type OnFailure = (error: unknown) => void;

export class ErrorBoundary {
  readonly #emitter: () => EventEmitter;

  /** @param emitter whose `listener_error` listeners are told. */
  constructor(emitter: () => EventEmitter) {
    this.#emitter = emitter;
  }

  /** Calls user code. `onFailure` runs after the report, once, whether it threw or its promise was rejected. */
  call(
    context: ListenerErrorContext,
    self: unknown,
    listener: AnyListener,
    args: readonly unknown[],
    onFailure?: OnFailure,
  ): void {
    try {
      const result: unknown = Reflect.apply(listener, self, args);
      // Most listeners return nothing: the fast path ends here.
      if (result !== undefined && isThenable(result)) {
        result.then(undefined, (error: unknown) => {
          this.report(error, context);
          onFailure?.(error);
        });
      }
    } catch (error) {
      this.report(error, context);
      onFailure?.(error);
    }
  }

  /** Reports a promise that is rejected, where its caller has nobody to give it to. */
  watch(result: unknown, context: ListenerErrorContext): void {
    if (isThenable(result)) result.then(undefined, (error: unknown) => this.report(error, context));
  }

  /** Calls every listener of `event`; one that fails does not stop the next. Returns whether there was one. */
  emit(
    emitter: EventEmitter,
    event: string,
    args: readonly unknown[],
    context: ListenerErrorContext,
    onFailure?: OnFailure,
  ): boolean {
    // With the wrappers of `once`, which take themselves off.
    const listeners = emitter.rawListeners(event) as AnyListener[];
    for (const listener of listeners) this.call(context, emitter, listener, args, onFailure);
    return listeners.length > 0;
  }

  /** An error that belongs to no caller. Without a listener it is a warning of the process, so that it is never lost. */
  report(error: unknown, context: ListenerErrorContext): void {
    const emitter = this.#emitter();
    if (emitter.listenerCount(LISTENER_ERROR) === 0) {
      warn(error, context);
      return;
    }
    for (const listener of emitter.rawListeners(LISTENER_ERROR) as AnyListener[]) {
      try {
        const result: unknown = Reflect.apply(listener, emitter, [error, context]);
        if (isThenable(result)) result.then(undefined, (failure: unknown) => warn(failure, context));
      } catch (failure) {
        warn(failure, context);
      }
    }
  }
}

function warn(error: unknown, context: ListenerErrorContext): void {
  const event = context.event === undefined ? "" : ` of "${context.event}"`;
  process.emitWarning(`failed to run a ${context.kind}${event}: ${describe(error)}`, {
    type: "EverwireWarning",
    code: "ERR_LISTENER",
    detail: error instanceof Error ? (error.stack ?? "") : "",
  });
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  try {
    return String(error);
  } catch {
    return typeof error;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
