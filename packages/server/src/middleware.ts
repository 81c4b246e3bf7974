// Runs a list of middlewares, one after the other, each at most once: `use()` of namespaces and of sockets.
import type { AnyListener } from "./types.js";

/** How the list ended: an error handed to `next`, or undefined when every one let it pass. */
export type Done = (error: unknown) => void;

/**
 * @param call calls one middleware with its `next`; a middleware that throws must be reported there and end the list by
 *   its own means, for only the caller knows what may be told of it.
 */
export function runMiddlewares<Middleware extends AnyListener>(
  middlewares: readonly Middleware[],
  call: (middleware: Middleware, next: (error?: unknown) => void) => void,
  done: Done,
): void {
  const run = (index: number): void => {
    const middleware = middlewares[index];
    if (middleware === undefined) {
      done(undefined);
      return;
    }
    let isCalled = false;
    call(middleware, (error?: unknown) => {
      if (isCalled) return;
      isCalled = true;
      // As in Express: anything true-ish is an error.
      if (error) done(error);
      else run(index + 1);
    });
  };
  run(0);
}
