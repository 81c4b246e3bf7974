// Broadcasts whose acknowledgements are still awaited, on both ends: what this server asked the clients of others, and
// what others asked the clients of this one. Each has a deadline and both lists a cap. Owned by a ClusterAdapter.
import { clampDelay } from "./cluster-delay.js";
import { createClusterId, type ServerId } from "./cluster-message.js";

interface AckRequest {
  readonly timer: NodeJS.Timeout;
  readonly onClientCount: (clientCount: number) => void;
  readonly onAck: (answer: unknown) => void;
  /** Servers that are known to be there; undefined when nobody knows which. */
  readonly servers: ReadonlySet<ServerId> | undefined;
  readonly reported: Set<ServerId>;
}

const MAX_BROADCASTS = 10_000;

/** What this server asked. */
export class AskedBroadcasts {
  readonly #requests = new Map<string, AckRequest>();
  readonly #max: number;

  constructor(max = MAX_BROADCASTS) {
    this.#max = max;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Over the cap the oldest is let go: its caller runs into its timeout, and is told so. */
  open(
    timeoutMs: number | undefined,
    servers: ReadonlySet<ServerId> | undefined,
    onClientCount: (clientCount: number) => void,
    onAck: (answer: unknown) => void,
  ): string {
    if (this.#requests.size >= this.#max) {
      const oldest = this.#requests.keys().next();
      if (oldest.done !== true) this.forget(oldest.value);
    }
    const id = createClusterId();
    const timer = setTimeout(() => this.#requests.delete(id), clampDelay(timeoutMs));
    timer.unref();
    this.#requests.set(id, { timer, onClientCount, onAck, servers, reported: new Set() });
    return id;
  }

  onClientCount(id: string, uid: ServerId, clientCount: number): void {
    const request = this.#find(id, uid);
    if (request === undefined || request.reported.has(uid)) return;
    if (!Number.isSafeInteger(clientCount) || clientCount < 0) return;
    request.reported.add(uid);
    request.onClientCount(clientCount);
  }

  onAck(id: string, uid: ServerId, answer: unknown): void {
    this.#find(id, uid)?.onAck(answer);
  }

  /** A server left or was lost: if it has not said how many clients it asked, it has none any more. */
  onGone(uid: ServerId): void {
    for (const request of this.#requests.values()) {
      if (request.servers?.has(uid) !== true || request.reported.has(uid)) continue;
      request.reported.add(uid);
      request.onClientCount(0);
    }
  }

  forget(id: string): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    clearTimeout(request.timer);
    this.#requests.delete(id);
  }

  close(): void {
    for (const id of [...this.#requests.keys()]) this.forget(id);
  }

  // A server that joined meanwhile was not counted: its clients' answers would never add up.
  #find(id: string, uid: ServerId): AckRequest | undefined {
    const request = this.#requests.get(id);
    return request?.servers?.has(uid) === false ? undefined : request;
  }
}

interface ForeignBroadcast {
  readonly forget: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** What other servers asked: when their time is over, the sockets here need not wait for answers any more. */
export class AnsweredBroadcasts {
  readonly #broadcasts = new Set<ForeignBroadcast>();
  readonly #max: number;

  constructor(max = MAX_BROADCASTS) {
    this.#max = max;
  }

  get size(): number {
    return this.#broadcasts.size;
  }

  /** `forget` runs when the time is over, and then only; returns what to call when everyone answered before. */
  open(timeoutMs: number | undefined, forget: () => void): () => void {
    if (this.#broadcasts.size >= this.#max) {
      const [oldest] = this.#broadcasts;
      if (oldest !== undefined) this.#end(oldest);
    }
    const broadcast: ForeignBroadcast = { forget, timer: undefined };
    broadcast.timer = setTimeout(() => this.#end(broadcast), clampDelay(timeoutMs));
    broadcast.timer.unref();
    this.#broadcasts.add(broadcast);
    return () => {
      clearTimeout(broadcast.timer);
      this.#broadcasts.delete(broadcast);
    };
  }

  close(): void {
    for (const broadcast of [...this.#broadcasts]) this.#end(broadcast);
  }

  #end(broadcast: ForeignBroadcast): void {
    clearTimeout(broadcast.timer);
    this.#broadcasts.delete(broadcast);
    broadcast.forget();
  }
}
