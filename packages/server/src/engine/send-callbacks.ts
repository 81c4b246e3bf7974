// The callbacks of `send`, kept apart from the packets, which are shared between sessions. They run in the order of the sends, each
// once its batch has left. A session has this object only from its first send with a callback on.
import type { Transport } from "./transports/transport.js";
import type { UserCode } from "./user-code.js";

export type SendCallback = (transport: Transport) => void;

export class SendCallbacks {
  #queued: SendCallback[] = [];
  #handedOver: SendCallback[] = [];

  add(callback: SendCallback): void {
    this.#queued.push(callback);
  }

  /** The packets that were queued are with the transport now. */
  handOver(): void {
    if (this.#queued.length === 0) return;
    // If a batch is still under way (its transport was replaced), its callbacks run with those of the next one.
    this.#handedOver = this.#handedOver.length === 0 ? this.#queued : this.#handedOver.concat(this.#queued);
    this.#queued = [];
  }

  /** The batch has left. */
  run(transport: Transport, userCode: UserCode): void {
    const callbacks = this.#handedOver;
    if (callbacks.length === 0) return;
    this.#handedOver = [];
    for (const callback of callbacks)
      userCode.call({ kind: "engine-callback", event: "send" }, undefined, callback, [transport]);
  }
}
