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
    this.forget(id);
    return callback;
  }

  forget(id: number): void {
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
