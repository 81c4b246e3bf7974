// What a peer has reported, in order: the tests wait here for the next entry of a kind instead of sleeping. Filled by the drivers
// (js-client, js-server, python-process), read by the cases.

/** How long a case waits for something that has to happen. Generous: a loaded machine is not a failure. */
export const PATIENCE_MS = 10_000;

interface Waiter<T> {
  matches: (entry: T) => boolean;
  resolve: (entry: T) => void;
}

export class Journal<T> {
  readonly #entries: T[] = [];
  readonly #waiters = new Set<Waiter<T>>();
  #failure: Error | undefined;

  push(entry: T): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(entry)) continue;
      waiter.resolve(entry);
      return;
    }
    this.#entries.push(entry);
  }

  /** Takes the first entry that matches out of the journal, waiting for it when it has not come yet. */
  async take(what: string, matches: (entry: T) => boolean): Promise<T> {
    if (this.#failure) throw this.#failure;
    const index = this.#entries.findIndex(matches);
    if (index >= 0) return this.#entries.splice(index, 1)[0] as T;
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`waited ${PATIENCE_MS} ms for ${what}; in the journal: ${inspectEntries(this.#entries)}`));
      }, PATIENCE_MS);
      const waiter: Waiter<T> = {
        matches,
        resolve: (entry) => {
          settle();
          resolve(entry);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** The entries that nobody has taken. */
  pending(matches: (entry: T) => boolean = () => true): T[] {
    return this.#entries.filter(matches);
  }

  /** From now on every `take` fails with this error: the peer is gone for good. */
  fail(error: Error): void {
    this.#failure ??= error;
  }
}

function inspectEntries(entries: unknown[]): string {
  const text = JSON.stringify(entries.slice(-8));
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
