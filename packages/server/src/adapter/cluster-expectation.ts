// Whose answers a request to the other servers still waits for: so many, when their number is all that is known, or
// each of those that are known by id. Made by the cluster adapters, one for each request.
import type { ServerId } from "./cluster-message.js";

export interface Expectation {
  /** A server answered, for the first time. Returns whether its answer was waited for. */
  onAnswer(uid: ServerId): boolean;
  /** A server is gone: it will not answer. */
  onGone(uid: ServerId): void;
  readonly isMet: boolean;
  /** What the caller is told when the time is over. */
  describeMissing(): string;
}

/** Waits for a number of servers, whichever answer. */
export class CountedAnswers implements Expectation {
  readonly #expected: number;
  #received = 0;

  constructor(expected: number) {
    this.#expected = expected;
  }

  onAnswer(): boolean {
    if (this.isMet) return false;
    this.#received++;
    return true;
  }

  onGone(): void {
    // Nobody says whether it was counted.
  }

  get isMet(): boolean {
    return this.#received >= this.#expected;
  }

  describeMissing(): string {
    return `timeout reached: only ${this.#received} responses received out of ${this.#expected}`;
  }
}

/** Waits for servers that are known. */
export class NamedAnswers implements Expectation {
  readonly #missing: Set<ServerId>;

  constructor(servers: Iterable<ServerId>) {
    this.#missing = new Set(servers);
  }

  onAnswer(uid: ServerId): boolean {
    return this.#missing.delete(uid);
  }

  onGone(uid: ServerId): void {
    this.#missing.delete(uid);
  }

  get isMet(): boolean {
    return this.#missing.size === 0;
  }

  describeMissing(): string {
    return `timeout reached: missing ${this.#missing.size} responses`;
  }
}
