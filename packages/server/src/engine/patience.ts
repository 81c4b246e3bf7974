// Between a plain request and those who decide about it: middleware, `cors` and `allowRequest` may take their time, but not for ever, or
// a decision that never comes would hold the connection. Upgrade requests have the same deadline from upgrade-request.ts. Made by
// admission.ts; passes on what was decided.
import type { ServerResponse } from "node:http";
import type { Visitor } from "./admission.js";
import { Deadline } from "./deadlines.js";
import type { Deadlines } from "./deadlines.js";
import { badRequest } from "./errors.js";
import type { Refusal } from "./errors.js";
import type { Returning } from "./handshake.js";
import type { EngineRequest } from "./request-query.js";
import type { Session } from "./session.js";

export class Patience extends Deadline implements Visitor {
  readonly isUpgrade = false;
  readonly response: ServerResponse;
  readonly #visitor: Visitor;
  readonly #deadlines: Deadlines;
  #isSettled = false;

  constructor(visitor: Visitor, response: ServerResponse, deadlines: Deadlines) {
    super();
    this.response = response;
    this.#visitor = visitor;
    this.#deadlines = deadlines;
  }

  get request(): EngineRequest {
    return this.#visitor.request;
  }

  /** Nothing was decided at once. */
  limit(timeoutMs: number): void {
    if (this.#isSettled || this.response.writableEnded) return;
    this.#deadlines.set(this, timeoutMs);
    this.response.once("close", () => this.#settle());
  }

  /** What is decided later finds the request answered. */
  override onDeadline(): void {
    // Middleware that answers by itself takes the time that it wants.
    if (!this.response.headersSent) this.onRefused({ ...badRequest("UNDECIDED"), status: 503 });
  }

  onRefused(refusal: Refusal): void {
    this.#settle();
    this.#visitor.onRefused(refusal);
  }

  onSession(session: Session): void {
    this.#settle();
    this.#visitor.onSession(session);
  }

  onReturning(returning: Returning): void {
    this.#settle();
    this.#visitor.onReturning(returning);
  }

  onNew(sid: string): void {
    this.#settle();
    this.#visitor.onNew(sid);
  }

  #settle(): void {
    this.#isSettled = true;
    this.#deadlines.clear(this);
  }
}
