// Questions to the other servers that are still open (fetchSockets, serverSideEmit with an answer): each has a deadline,
// all together have a cap, and each is settled once. Owned by a ClusterAdapter.
import { clusterError } from "./cluster-errors.js";
import type { Expectation } from "./cluster-expectation.js";
import { createClusterId, type ServerId } from "./cluster-message.js";
import { clampDelay } from "./cluster-delay.js";

/** Called once: with null when everyone answered, else with what went wrong and the answers until then. */
export type Settle = (error: Error | null, answers: unknown[]) => void;

interface Request {
  readonly settle: Settle;
  readonly timer: NodeJS.Timeout;
  /** In the order in which they came. A server answers once. */
  readonly answers: Map<ServerId, unknown>;
  /** Servers that went away before it was known who is waited for. */
  readonly gone: Set<ServerId>;
  expectation: Expectation | undefined;
}

const MAX_REQUESTS = 10_000;

export class ClusterRequests {
  readonly #requests = new Map<string, Request>();
  readonly #max: number;

  constructor(max = MAX_REQUESTS) {
    this.#max = max;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Opens a request; undefined when there are too many, and then `settle` was called. */
  open(timeoutMs: number, settle: Settle): string | undefined {
    if (this.#requests.size >= this.#max) {
      const why = `${this.#max} requests wait for answers already`;
      settle(clusterError("ERR_CLUSTER_OVERLOADED", `failed to ask the other servers: ${why}`), []);
      return undefined;
    }
    const id = createClusterId();
    const timer = setTimeout(() => this.#onTimeout(id), clampDelay(timeoutMs));
    timer.unref();
    this.#requests.set(id, { settle, timer, answers: new Map(), gone: new Set(), expectation: undefined });
    return id;
  }

  /** Says whose answers count. Those that came before are looked at now. */
  expect(id: string, expectation: Expectation): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    request.expectation = expectation;
    for (const uid of request.answers.keys()) {
      if (!expectation.onAnswer(uid)) request.answers.delete(uid);
    }
    for (const uid of request.gone) expectation.onGone(uid);
    this.#check(id, request);
  }

  onAnswer(id: string, uid: ServerId, answer: unknown): void {
    const request = this.#requests.get(id);
    if (request === undefined || request.answers.has(uid)) return;
    if (request.expectation?.onAnswer(uid) === false) return;
    request.answers.set(uid, answer);
    this.#check(id, request);
  }

  /** A server left or was lost. */
  onGone(uid: ServerId): void {
    for (const [id, request] of this.#requests) {
      if (request.expectation === undefined) request.gone.add(uid);
      else request.expectation.onGone(uid);
      this.#check(id, request);
    }
  }

  /** Returns whether the request was still open. */
  fail(id: string, error: Error): boolean {
    const request = this.#requests.get(id);
    if (request === undefined) return false;
    this.#settle(id, request, error);
    return true;
  }

  close(): void {
    for (const id of [...this.#requests.keys()]) {
      this.fail(id, clusterError("ERR_CLUSTER_CLOSED", "failed to ask the other servers: the adapter was closed"));
    }
  }

  #check(id: string, request: Request): void {
    if (request.expectation?.isMet === true) this.#settle(id, request, null);
  }

  #onTimeout(id: string): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    const text =
      request.expectation?.describeMissing() ??
      `timeout reached: only ${request.answers.size} responses received, out of a number that is not known`;
    this.#settle(id, request, clusterError("ERR_CLUSTER_TIMEOUT", text));
  }

  #settle(id: string, request: Request, error: Error | null): void {
    clearTimeout(request.timer);
    this.#requests.delete(id);
    request.settle(error, [...request.answers.values()]);
  }
}
