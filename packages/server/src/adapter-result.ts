// What an adapter gives back for something that nobody waits for. Adapters over a broker answer with promises, and one that is
// rejected has to be heard of, not to end the process. Used wherever users' calls go to an adapter.
import type { AdapterContract } from "./adapter/adapter.js";

/**
 * For what a caller may wait for or not: the promise itself, whose rejection is reported as well, so that it ends nothing where nobody
 * waits.
 */
export function returned(adapter: AdapterContract, result: Promise<void> | void): Promise<void> | void {
  watchAdapter(adapter, result);
  return result;
}

/** Reports a rejection as an error of the adapter (`listener_error`). */
export function watchAdapter(adapter: AdapterContract, result: Promise<void> | void): void {
  if (result === undefined) return;
  adapter.nsp.guard?.("adapter", () => result);
}

/**
 * Emits to the other servers. `packet` may end with a callback `(error, responses)`: a failure of the adapter itself reaches it
 * too, once, for an adapter without its broker never calls it.
 */
export function emitServerSide(adapter: AdapterContract, packet: unknown[]): void {
  const ack = packet.at(-1);
  if (typeof ack !== "function") {
    watchAdapter(adapter, adapter.serverSideEmit(packet));
    return;
  }
  let isOver = false;
  const settle = (...result: unknown[]): void => {
    if (isOver) return;
    isOver = true;
    const run = (): unknown => (ack as (...args: unknown[]) => unknown)(...result);
    if (adapter.nsp.guard === undefined) run();
    else adapter.nsp.guard("ack", run);
  };
  const fail = (error: unknown): unknown => settle(error instanceof Error ? error : new Error(String(error)), []);
  const sent = adapter.serverSideEmit([...packet.slice(0, -1), settle]);
  if (sent === undefined) return;
  sent.then(undefined, fail);
}
