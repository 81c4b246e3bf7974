// The Promise that `emitWithAck` returns: the page's own, or where it has none a small one with `then` and `catch`. Unlike a native one it
// tells nobody of a rejection that no one handles.

type Handler = ((value: unknown) => unknown) | null | undefined;
type Settle = (value?: unknown) => void;

interface Thenable {
  then?: unknown;
}

/** Follows Promises/A+, in tasks where an engine has no jobs. */
export class LegacyPromise {
  #isSettled = false;
  #isRejected = false;
  #value: unknown;
  #waiting: (() => void)[] = [];

  constructor(run: (resolve: Settle, reject: Settle) => void) {
    this.#follow(run);
  }

  then(onFulfilled?: Handler, onRejected?: Handler): LegacyPromise {
    return new LegacyPromise((resolve, reject) => {
      const call = (): void => {
        setTimeout(() => {
          const handler = this.#isRejected ? onRejected : onFulfilled;
          if (typeof handler !== "function") (this.#isRejected ? reject : resolve)(this.#value);
          else {
            let result: unknown;
            try {
              result = handler(this.#value);
            } catch (error) {
              reject(error);
              return;
            }
            resolve(result);
          }
        }, 0);
      };
      if (this.#isSettled) call();
      else this.#waiting.push(call);
    });
  }

  catch(onRejected?: Handler): LegacyPromise {
    return this.then(undefined, onRejected);
  }

  /** Runs what settles this one; only its first word counts. */
  #follow(run: (resolve: Settle, reject: Settle) => void): void {
    let isOver = false;
    const once =
      (settle: Settle): Settle =>
      (value) => {
        if (isOver) return;
        isOver = true;
        settle(value);
      };
    const reject = once((error) => this.#settle(error, true));
    try {
      run(
        once((value) => this.#resolve(value)),
        reject,
      );
    } catch (error) {
      reject(error);
    }
  }

  #resolve(value: unknown): void {
    if (value === this) {
      this.#settle(new TypeError("a promise can't wait for itself"), true);
      return;
    }
    try {
      const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
      const then = isObject && (value as Thenable).then;
      if (typeof then === "function") this.#follow((resolve, reject) => void then.call(value, resolve, reject));
      else this.#settle(value, false);
    } catch (error) {
      this.#settle(error, true);
    }
  }

  #settle(value: unknown, isRejected: boolean): void {
    this.#isSettled = true;
    this.#isRejected = isRejected;
    this.#value = value;
    this.#waiting.forEach((call) => call());
    this.#waiting = [];
  }
}

const own = (globalThis as { Promise?: unknown }).Promise;

/** What stands for `Promise` in the legacy bundle. */
export const AnyPromise = typeof own === "function" ? own : LegacyPromise;
