// Waiting without sleeping: every helper here resolves on an event or a state and rejects, with words that say
// what was awaited, when a short deadline passes. Used by all tests of the repository.

/** How long a test waits for one thing before it fails. */
export const DEFAULT_WAIT_MS = 5_000;

/** Any emitter: Node's, the client's, a typed one. The parameter types are `never` so that every overload fits. */
export interface EmitterLike {
  on(event: never, listener: never): unknown;
  removeListener(event: never, listener: never): unknown;
}

interface LooseEmitter {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface WaitOptions {
  /** Milliseconds until the wait fails; 5000 by default. */
  timeoutMs?: number;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
  reject(reason: unknown): void;
}

/** A promise with its two handles outside. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: Deferred<T>["resolve"];
  let reject!: Deferred<T>["reject"];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Rejects when `promise` is not settled in time; `what` names it in the message. */
export async function within<T>(promise: Promise<T>, what: string, options: WaitOptions = {}): Promise<T> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_WAIT_MS;
  const late = deferred<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`failed to see ${what}: nothing happened within ${String(timeoutMs)} ms`));
  }, timeoutMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The arguments of the next `event`. */
export function once<Args extends unknown[] = unknown[]>(
  emitter: EmitterLike,
  event: string,
  options?: WaitOptions,
): Promise<Args> {
  return waitFor<Args>(emitter, event, () => true, options);
}

/** The arguments of the next `event` that satisfies `predicate`. */
export async function waitFor<Args extends unknown[] = unknown[]>(
  emitter: EmitterLike,
  event: string,
  predicate: (...args: Args) => boolean,
  options?: WaitOptions,
): Promise<Args> {
  const anyEmitter: unknown = emitter;
  const source = anyEmitter as LooseEmitter;
  const found = deferred<Args>();
  let isDone = false;
  const listener = (...args: unknown[]): void => {
    // The listener goes a microtask later than the event that ends the wait: what comes in between is not looked at.
    if (isDone) return;
    try {
      isDone = predicate(...(args as Args));
      if (isDone) found.resolve(args as Args);
    } catch (error) {
      found.reject(error);
    }
  };
  source.on(event, listener);
  try {
    return await within(found.promise, `the event "${event}"`, options);
  } finally {
    source.removeListener(event, listener);
  }
}

/** The arguments of the next `count` emissions of `event`, in order. */
export async function collect<Args extends unknown[] = unknown[]>(
  emitter: EmitterLike,
  event: string,
  count: number,
  options?: WaitOptions,
): Promise<Args[]> {
  const seen: Args[] = [];
  await waitFor<Args>(
    emitter,
    event,
    (...args) => {
      seen.push(args);
      return seen.length === count;
    },
    options,
  );
  return seen;
}

/**
 * Resolves when `condition` holds. For state of the far side that has no event of its own (a counter, a map that empties);
 * where there is an event, wait for the event.
 */
export async function until(condition: () => boolean, what: string, options: WaitOptions = {}): Promise<void> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_WAIT_MS;
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`failed to see ${what}: it did not hold within ${String(timeoutMs)} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets everything that is ready in this turn of the event loop, and in the next few, run. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
