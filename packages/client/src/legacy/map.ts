// Map as far as the client uses it, for engines that have none: keys are text, or numbers, not both in one map. `keys` and `values`
// give lists, since there are no iterators to be spread.

export class LegacyMap<Key extends string | number, Value> {
  // Null prototype, and a sign before each key: one may be "__proto__", and numbers keep their place.
  readonly #entries = Object.create(null) as Record<string, [Key, Value]>;

  get(key: Key): Value | undefined {
    return (this.#entries[`$${key}`] ?? [])[1];
  }

  has(key: Key): boolean {
    return `$${key}` in this.#entries;
  }

  set(key: Key, value: Value): this {
    this.#entries[`$${key}`] = [key, value];
    return this;
  }

  delete(key: Key): boolean {
    const had = this.has(key);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a Map is what there is none of
    delete this.#entries[`$${key}`];
    return had;
  }

  keys(): Key[] {
    return this.#list().map(([key]) => key);
  }

  values(): Value[] {
    return this.#list().map(([, value]) => value);
  }

  #list(): [Key, Value][] {
    return Object.keys(this.#entries).map((name) => this.#entries[name] as [Key, Value]);
  }
}
