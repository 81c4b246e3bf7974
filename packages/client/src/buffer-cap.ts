// BufferCap: what may wait in one buffer of a Socket, in packets and bytes. Over the cap the emit throws, so that the
// caller knows which event was not taken; nothing that waits is dropped for it. Called by the Socket.
import { EverwireError } from "@everwire/protocol";

export class BufferCap {
  readonly #maxPackets: number;
  readonly #maxBytes: number;
  #packets = 0;
  #bytes = 0;

  constructor(maxPackets: number, maxBytes: number) {
    this.#maxPackets = maxPackets;
    this.#maxBytes = maxBytes;
  }

  take(bytes: number): void {
    if (this.#packets >= this.#maxPackets || this.#bytes + bytes > this.#maxBytes) {
      throw new EverwireError("ERR_SEND_BUFFER_FULL", "failed to emit: too much waits for the connection already");
    }
    this.#packets++;
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#packets--;
    this.#bytes -= bytes;
  }

  reset(): void {
    this.#packets = this.#bytes = 0;
  }
}
