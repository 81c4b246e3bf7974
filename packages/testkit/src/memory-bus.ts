// MemoryBus: what a broker is to the servers of a cluster, inside one process. It copies what is published, keeps it in order, and
// can be made to hold everything, to fail, or to lose a server without a word. Structural: it knows neither adapters nor messages.

/** A server's end of the bus. */
export interface BusMember {
  readonly uid: string;
  readonly nsp: { readonly name: string };
  onMessage(message: never, offset?: string): void;
  onResponse(response: never): void;
}

interface Delivery {
  readonly run: () => void;
}

export class MemoryBus {
  /** Copies of everything that was published, in order. */
  readonly published: Record<string, unknown>[] = [];
  /** Copies of all responses, in order. */
  readonly responses: Record<string, unknown>[] = [];
  /** While set, publishing is rejected with it. */
  failure: Error | undefined;
  /** Responses come through `onMessage` of all, as on a broker with one channel. */
  isSingleChannel = false;
  readonly #members = new Set<BusMember>();
  readonly #held: Delivery[] = [];
  #isHolding = false;
  #offset = 0;

  join(member: BusMember): void {
    this.#members.add(member);
  }

  /** The member hears nothing more, and nobody is told. */
  drop(member: BusMember): void {
    this.#members.delete(member);
  }

  /** How many listen in a namespace. */
  count(namespace: string): number {
    return [...this.#members].filter(({ nsp }) => nsp.name === namespace).length;
  }

  /** To every member, the sender's own included: brokers do that. Resolves with an offset when it is delivered. */
  publish(message: object): Promise<string> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.published.push(structuredClone(message) as Record<string, unknown>);
    const offset = `offset-${String(++this.#offset)}`;
    return new Promise((resolve) => {
      this.#deliver(message, (member, copy) => member.onMessage(copy, offset));
      this.#enqueue(() => resolve(offset));
    });
  }

  respond(requesterUid: string, response: object): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.responses.push(structuredClone(response) as Record<string, unknown>);
    this.#deliver(response, (member, copy) => {
      if (this.isSingleChannel) member.onMessage(copy);
      else if (member.uid === requesterUid) member.onResponse(copy);
    });
    return Promise.resolve();
  }

  /** From now on everything waits: a broker that is slow, for as long as a test wants. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Delivers what waited, in order. */
  release(): void {
    this.#isHolding = false;
    for (const { run } of this.#held.splice(0)) setImmediate(run);
  }

  #deliver(message: object, give: (member: BusMember, copy: never) => void): void {
    const copy = structuredClone(message);
    for (const member of this.#members) {
      this.#enqueue(() => {
        if (this.#members.has(member)) give(member, structuredClone(copy) as never);
      });
    }
  }

  #enqueue(run: () => void): void {
    if (this.#isHolding) this.#held.push({ run });
    else setImmediate(run);
  }
}
