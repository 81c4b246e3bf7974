// Inbox: the queue between a raw client's socket and the test that reads it. Items arrive when they like, the test
// takes them in order, and an ended inbox fails its reader at once instead of letting it wait.
import { DEFAULT_WAIT_MS, deferred, type Deferred, type WaitOptions, within } from "./wait.js";

export class Inbox<T> {
  readonly #items: T[] = [];
  #waiting: Deferred<T> | undefined;
  #ended: Error | undefined;
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  /** What arrived and was not taken yet. */
  get pending(): readonly T[] {
    return this.#items;
  }

  push(item: T): void {
    if (this.#waiting === undefined) {
      this.#items.push(item);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting.resolve(item);
  }

  /** No more items: a reader that waits, or comes later, gets `reason`. What arrived before can still be taken. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#waiting?.reject(reason);
    this.#waiting = undefined;
  }

  async next(options: WaitOptions = {}): Promise<T> {
    if (this.#items.length > 0) return this.#items.shift() as T;
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#waiting !== undefined) throw new Error(`failed to read ${this.#what}: somebody is reading already`);
    const waiting = deferred<T>();
    this.#waiting = waiting;
    try {
      return await within(waiting.promise, this.#what, { timeoutMs: options.timeoutMs ?? DEFAULT_WAIT_MS });
    } finally {
      if (this.#waiting === waiting) this.#waiting = undefined;
    }
  }

  async take(count: number, options?: WaitOptions): Promise<T[]> {
    const items: T[] = [];
    while (items.length < count) items.push(await this.next(options));
    return items;
  }

  /** The next item that satisfies `predicate`; the ones before it are dropped. */
  async find(predicate: (item: T) => boolean, options?: WaitOptions): Promise<T> {
    for (;;) {
      const item = await this.next(options);
      if (predicate(item)) return item;
    }
  }
}
