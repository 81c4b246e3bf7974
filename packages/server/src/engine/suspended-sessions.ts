// The sessions that wait for their client, and what became of those that did: bounded in number, counted for whoever watches the
// server. Owned by the engine server; sessions enter and leave by themselves.

/** A session, as seen from here. */
export interface Suspendable {
  /** It has to go: others need the place. */
  onWindowOver(): void;
}

/** What has happened to sessions whose connection broke, since the server started. */
export interface ResumeCounters {
  /** Sessions that wait now. */
  suspended: number;
  /** Sessions that were resumed. */
  resumed: number;
  /** Messages that were sent again. */
  replayed: number;
  /** Sessions whose client did not come back in time. */
  expired: number;
  /** Sessions for which more waited than may. */
  overflowed: number;
  /** Tries to resume a session that is not there, or no longer whole. */
  refused: number;
}

export class SuspendedSessions {
  readonly #sessions = new Set<Suspendable>();
  readonly counters: ResumeCounters = {
    suspended: 0,
    resumed: 0,
    replayed: 0,
    expired: 0,
    overflowed: 0,
    refused: 0,
  };

  add(session: Suspendable, maxSuspended: number): void {
    this.#sessions.add(session);
    this.#count();
    // In the order in which they came.
    for (const oldest of this.#sessions) {
      if (this.#sessions.size <= maxSuspended) break;
      oldest.onWindowOver();
    }
  }

  delete(session: Suspendable): void {
    this.#sessions.delete(session);
    this.#count();
  }

  #count(): void {
    this.counters.suspended = this.#sessions.size;
  }
}
