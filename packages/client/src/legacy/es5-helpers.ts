// What the compiler calls for syntax that ES5 lacks, under the names it calls them by, and Error as a base class. Each is the least that
// the client's own code needs. Only the legacy bundle has them, by its build (es5.js).

type Constructor = (new (...args: never[]) => unknown) & { prototype: object };

/** Makes a class inherit the members of another. Static ones, which no class here inherits, stay where they are. */
export function __extends(derived: Constructor, base: Constructor): void {
  derived.prototype = Object.create(base.prototype, {
    constructor: { value: derived, configurable: true, writable: true },
  }) as object;
}

/** Object.assign, and what an object spread becomes. */
export function __assign<Target extends object>(target: Target, ...sources: (object | null | undefined)[]): Target {
  sources.forEach((source) => {
    Object.keys(Object(source) as object).forEach((key) => {
      (target as Record<string, unknown>)[key] = (source as Record<string, unknown>)[key];
    });
  });
  return target;
}

/** A spread in a list or a call, of a list. */
export function __spreadArray(target: unknown[], source: ArrayLike<unknown>): unknown[] {
  return target.concat(Array.prototype.slice.call(source));
}

/** Array.prototype.findIndex. */
export function __findIndex<Item>(items: readonly Item[], isIt: (item: Item) => unknown): number {
  for (let index = 0; index < items.length; index++) if (isIt(items[index] as Item)) return index;
  return -1;
}

/**
 * What classes extend in the place of Error, which as a function makes an object of its own. That object becomes the instance, so that
 * engines show it as the error it is; where its prototype can't be changed, `this` stands for it.
 */
export function __Error(this: Error, message?: string, options?: { cause?: unknown }): Error {
  const own = Object.getPrototypeOf(this) as object;
  const error = new Error(message) as Error & { __proto__: object };
  error.__proto__ = own;
  const instance = Object.getPrototypeOf(error) === own ? error : this;
  __assign(instance, { message: error.message, stack: error.stack });
  // As in an Error, JSON and loops do not see it.
  if (options) Object.defineProperty(instance, "cause", { value: options.cause, configurable: true, writable: true });
  return instance;
}
__extends(__Error as unknown as Constructor, Error);
