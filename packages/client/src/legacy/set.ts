// Set as far as the client uses it, for engines that have none: made of a list, asked whether it has something.

export class LegacySet<Item> {
  readonly #items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.#items = items.slice();
  }

  has(item: Item): boolean {
    return this.#items.indexOf(item) >= 0;
  }
}
