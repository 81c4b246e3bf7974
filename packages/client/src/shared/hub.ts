// Hub: what runs in the shared worker: each tab that comes gets a line, each server address with its options a pool of connections. One
// worker serves all pages of an origin.
import { connectionKey } from "./connection-key.js";
import { Line } from "./line.js";
import { Pool } from "./pool.js";

/** Pools without a tab that are kept: a tab that comes back on another port has often said goodbye on the one before first. */
const MAX_EMPTY_POOLS = 16;

export class Hub {
  readonly #pools = new Map<string, Pool>();

  /** The port of a tab that has come. */
  add(port: MessagePort): void {
    const line = new Line(port);
    let pool: Pool | undefined;
    let forget = (): void => undefined;
    line.handler = {
      onOpen: (uri, options) => {
        let key: string;
        try {
          key = connectionKey(uri, options);
        } catch (error) {
          line.tell(["refuse", undefined, (error as Error).message]);
          return;
        }
        const own = (pool = this.#pools.get(key) ?? new Pool(uri, options));
        this.#pools.set(key, own);
        forget = () => {
          own.forget(line);
          if (own.isEmpty) this.#dropEmpty();
        };
        line.maxUntakenBytes = options.maxBufferedBytes ?? line.maxUntakenBytes;
        own.open(line);
      },
      onFrame: (frame, options) => pool?.onFrame(line, frame, options),
      onLeave: () => pool?.leave(line),
      onWake: () => {
        // The sessions listen to the page, of which a worker has none.
        (globalThis as Partial<Pick<typeof globalThis, "dispatchEvent">>).dispatchEvent?.(new Event("pageshow"));
        pool?.hurry();
      },
      onFault: (reason, description) => pool?.cutOff(line, reason, { description }),
      onGone: () => {
        line.end();
        forget();
      },
    };
  }

  #dropEmpty(): void {
    const empty = [...this.#pools].filter(([, pool]) => pool.isEmpty).map(([key]) => key);
    empty.slice(0, -MAX_EMPTY_POOLS).forEach((key) => this.#pools.delete(key));
  }
}
