// The other servers of a cluster, by what was last heard of them. One that is silent for too long is lost. Owned by a
// ClusterAdapterWithHeartbeat; knows neither messages nor sockets.
import type { ServerId } from "./cluster-message.js";

const MAX_NODES = 10_000;

export class ClusterNodes {
  readonly #timeoutMs: number;
  readonly #onLost: (uid: ServerId) => void;
  // In the order in which they were last heard of: whoever speaks goes to the end.
  readonly #lastHeardMs = new Map<ServerId, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, onLost: (uid: ServerId) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLost = onLost;
  }

  get size(): number {
    return this.#lastHeardMs.size;
  }

  ids(): Iterable<ServerId> {
    return this.#lastHeardMs.keys();
  }

  onHeard(uid: ServerId): void {
    if (!this.#lastHeardMs.delete(uid) && this.#lastHeardMs.size >= MAX_NODES) return;
    this.#lastHeardMs.set(uid, performance.now());
    this.#schedule();
  }

  /** It said that it leaves. */
  onLeft(uid: ServerId): void {
    if (this.#lastHeardMs.delete(uid)) this.#onLost(uid);
  }

  clear(): void {
    this.#lastHeardMs.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const oldest = this.#lastHeardMs.values().next();
    if (oldest.done === true) return;
    const delayMs = Math.max(0, Math.ceil(oldest.value + this.#timeoutMs - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#dropSilent();
      this.#schedule();
    }, delayMs);
    this.#timer.unref();
  }

  #dropSilent(): void {
    const heardSinceMs = performance.now() - this.#timeoutMs;
    for (const [uid, heardMs] of this.#lastHeardMs) {
      if (heardMs > heardSinceMs) break;
      this.onLeft(uid);
    }
  }
}
