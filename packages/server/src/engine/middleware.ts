// Middleware of the engine (`engine.use`), Express-style, for the requests of both transports. Run by admission.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserCode } from "./user-code.js";

export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Runs them in order; `done` follows the last one, or the first error, also one that was thrown or rejected with. One that answers by
 * itself calls neither.
 */
export function runMiddleware(
  chain: readonly Middleware[],
  request: IncomingMessage,
  response: ServerResponse,
  userCode: UserCode,
  done: (error?: unknown) => void,
): void {
  const step = (index: number): void => {
    const middleware = chain[index];
    if (middleware === undefined) {
      done();
      return;
    }
    let isCalled = false;
    const next = (error?: unknown): void => {
      if (isCalled) return;
      isCalled = true;
      // As Express has it: any truthy value is an error.
      if (error) done(error);
      else step(index + 1);
    };
    userCode.call({ kind: "engine-middleware", request }, undefined, middleware, [request, response, next], (error) =>
      next(error || new Error("middleware threw nothing")),
    );
  };
  step(0);
}
