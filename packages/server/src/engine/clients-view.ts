// The sessions as users of the engine know them: an object that has each by its id. The engine keeps a Map, for an object with thousands of names
// that come and go costs it a microsecond of each connection; this reads it, and nothing can be written by it.

/** An object that has what is in the map; it is asked each time, so it is always up to date. */
export function viewOfMap<Value>(map: ReadonlyMap<string, Value>): Readonly<Record<string, Value>> {
  return new Proxy<Record<string, Value>>(Object.create(null) as Record<string, Value>, {
    get: (_target, key) => (typeof key === "string" ? map.get(key) : undefined),
    has: (_target, key) => typeof key === "string" && map.has(key),
    ownKeys: () => [...map.keys()],
    getOwnPropertyDescriptor: (_target, key) =>
      typeof key === "string" && map.has(key)
        ? { value: map.get(key), enumerable: true, configurable: true, writable: false }
        : undefined,
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
  });
}
