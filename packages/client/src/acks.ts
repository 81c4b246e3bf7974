// Acks: who waits for the answer to which packet of one Socket, and until when. An id is drawn before its packet is
// encoded and registered once the packet was accepted, so that a packet that can't be sent leaves nothing behind.
import { EverwireError } from "@everwire/protocol";
import type { TimerFunctions } from "./engine/timers.js";
import { guard } from "./guard.js";

/** Gets the arguments of the answer; an error, or null, before them when it was registered to take one. */
export type AckCallback = (...args: unknown[]) => void;

type Settle = (error: Error | null, args?: unknown[]) => void;

export class Acks {
  #nextId = 0;
  readonly #timers: TimerFunctions;
  readonly #pending = new Map<number, Settle>();

  constructor(timers: TimerFunctions) {
    this.#timers = timers;
  }

  drawId(): number {
    return this.#nextId++;
  }

  /** `onTimeout` runs before the callback gets its error. */
  add(id: number, callback: AckCallback, takesError?: boolean, timeoutMs?: number, onTimeout?: () => void): void {
    const settle: Settle = (error, args = []) => {
      this.#pending.delete(id);
      this.#timers.clearTimeoutFn(timer);
      if (takesError) guard(() => callback(error, ...args));
      else if (!error) guard(() => callback(...args));
    };
    const onTimer = (): void => {
      onTimeout?.();
      settle(new EverwireError("ERR_ACK_TIMEOUT", "operation has timed out"));
    };
    const timer = timeoutMs !== undefined && this.#timers.setTimeoutFn(onTimer, timeoutMs);
    this.#pending.set(id, settle);
  }

  /** The answer came. A late, doubled or made-up one is ignored. */
  resolve(id: number, args: unknown[]): void {
    this.#pending.get(id)?.(null, args);
  }

  /** The connection is gone, and with it the answers: who takes an error gets one, the others are forgotten. */
  abandon(isBuffered: (id: number) => boolean): void {
    [...this.#pending].forEach(([id, settle]) => {
      if (!isBuffered(id)) settle(new EverwireError("ERR_DISCONNECTED", "socket has been disconnected"));
    });
  }
}
