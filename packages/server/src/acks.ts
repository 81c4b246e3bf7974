// Who waits for the answer to which packet of one socket, and until when. A socket makes its registry when it first asks
// for an answer. The map is the one that adapters register the callbacks of acknowledged broadcasts in.
import { clearTimeout, setTimeout } from "node:timers";
import { serverError } from "./errors.js";

export type AckCallback = (...args: unknown[]) => void;

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly callback: AckCallback;
}

export class AckRegistry {
  /** Callbacks by packet id. */
  readonly callbacks = new Map<number, AckCallback>();
  #waiting: Map<number, Waiting> | undefined;

  /** Without a timeout the callback gets the answer, or nothing ever. */
  add(id: number, callback: AckCallback): void {
    this.callbacks.set(id, callback);
  }

  /** With one it gets an error, or null and the answer. `invoke` calls it where its errors are caught. */
  addTimed(id: number, timeoutMs: number, callback: AckCallback, invoke: (run: () => void) => void): void {
    const timer = setTimeout(() => {
      this.forget(id);
      invoke(() => callback(serverError("ERR_ACK_TIMEOUT", "operation has timed out")));
    }, timeoutMs);
    this.#waiting ??= new Map();
    this.#waiting.set(id, { timer, callback });
    this.callbacks.set(id, (...args) => callback(null, ...args));
  }

  /** The callback for an answer that came; undefined when it came late, twice, or was made up. */
  take(id: number): AckCallback | undefined {
    const callback = this.callbacks.get(id);
    this.forget(id);
    return callback;
  }

  forget(id: number): void {
    this.callbacks.delete(id);
    const waiting = this.#waiting?.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#waiting?.delete(id);
  }

  /** The socket is gone: who set a timeout is told now, the others are forgotten. */
  abandon(invoke: (run: () => void) => void): void {
    this.callbacks.clear();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const { timer, callback } of waiting?.values() ?? []) {
      clearTimeout(timer);
      invoke(() => callback(serverError("ERR_DISCONNECTED", "socket has been disconnected")));
    }
  }
}
