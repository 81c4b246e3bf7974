// Who waits for the answer to which packet of one socket, and until when. A socket makes its registry when it first asks
// for an answer. The map is the one that adapters register the callbacks of acknowledged broadcasts in.
import { clearTimeout, setTimeout } from "node:timers";
import { serverError } from "./errors.js";

export interface AckCallback {
  (...args: unknown[]): void;
  /** For whom the question was not even asked. */
  onRefused?: (error: Error) => void;
}

export class AckRegistry {
  /** Callbacks by packet id. */
  readonly callbacks = new Map<number, AckCallback>();
  #timers: Map<number, NodeJS.Timeout> | undefined;
  // Newest packet that nobody waits for any more though no answer came, and newest one that was answered.
  #lost = -1;
  #answered = -1;

  /**
   * Whether the client has received every packet that asked for an answer: it answered the last one, and packets arrive in the
   * order of their ids.
   */
  get isComplete(): boolean {
    let newest = this.#lost;
    for (const id of this.callbacks.keys()) newest = Math.max(newest, id);
    return newest <= this.#answered;
  }

  /** Without a timeout the callback gets the answer, or nothing ever. */
  add(id: number, callback: AckCallback): void {
    this.callbacks.set(id, callback);
  }

  /** With one it gets an error, or null and the answer. `invoke` calls it where its errors are caught. */
  addTimed(id: number, timeoutMs: number, callback: AckCallback, invoke: (run: () => void) => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.forget(id);
      invoke(() => callback(serverError("ERR_ACK_TIMEOUT", "operation has timed out")));
    }, timeoutMs);
    this.#timers ??= new Map();
    this.#timers.set(id, timer);
    this.callbacks.set(id, (...args) => callback(null, ...args));
    return timer;
  }

  /** The callback for an answer that came; undefined when it came late, twice, or was made up. */
  take(id: number): AckCallback | undefined {
    const callback = this.callbacks.get(id);
    // Late or not, the client has it.
    if (callback !== undefined || id <= this.#lost) this.#answered = Math.max(this.#answered, id);
    this.#drop(id);
    return callback;
  }

  /** Nobody waits for that answer any more. */
  forget(id: number): void {
    if (this.callbacks.has(id)) this.#lost = Math.max(this.#lost, id);
    this.#drop(id);
  }

  #drop(id: number): void {
    this.callbacks.delete(id);
    const timer = this.#timers?.get(id);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers?.delete(id);
  }

  /** The socket is gone: who set a timeout is told when it is over, unless the process ends before; the others are forgotten. */
  abandon(): void {
    this.callbacks.clear();
    for (const timer of this.#timers?.values() ?? []) timer.unref();
  }
}
