// What the compiler calls for syntax that ES5 lacks, under the names it calls them by, and Error as a base class. Each is the least that
// the client's own code needs. Only the legacy bundle has them, and all of them: its build names this file.

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

/** What classes extend in the place of Error, which as a function makes an object of its own and leaves `this` as it is. */
export function __Error(this: Error, message?: string, options?: { cause?: unknown }): void {
  const { stack } = new Error(message);
  const properties = __assign({ message, stack }, options) as Record<string, unknown>;
  // Not seen by JSON and loops, as in an Error.
  Object.keys(properties).forEach((name) =>
    Object.defineProperty(this, name, { value: properties[name], configurable: true, writable: true }),
  );
}
__extends(__Error as unknown as Constructor, Error);
