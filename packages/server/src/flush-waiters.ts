// Who waits for everything to have left: the promises of `socket.flushed()`. A connection has this object only while somebody waits.
import { serverError } from "./errors.js";

export class FlushWaiters {
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  add(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** It has left. */
  resolve(): void {
    for (const { resolve } of this.#waiting) resolve();
  }

  /** It never will. */
  reject(): void {
    for (const { reject } of this.#waiting) reject(disconnected());
  }
}

export function disconnected(): Error {
  return serverError("ERR_DISCONNECTED", "socket has been disconnected");
}
