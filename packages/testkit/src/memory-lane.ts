// MemoryLane: one direction of a memory wire. Batches leave in order, each in a microtask of its own, so that a sender never
// hears an answer before its own call has returned; fake timers do not stop it. memory-transport-pair.ts owns two.

export interface MemoryPacket {
  readonly type: "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop";
  readonly data?: unknown;
}

interface Batch {
  readonly packets: readonly MemoryPacket[];
  /** Called when the batch has left. */
  readonly left: () => void;
}

export class MemoryLane {
  /** Where packets come out. */
  receiver: ((packet: MemoryPacket) => void) | undefined;
  readonly #batches: Batch[] = [];
  #isHeld = false;
  #isScheduled = false;
  #onEmpty: (() => void) | undefined;

  /** True when nothing is under way. */
  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  send(packets: readonly MemoryPacket[], left: () => void): void {
    this.#batches.push({ packets: packets.map(copy), left });
    this.#schedule();
  }

  /** Nothing leaves until `release`: the far side does not read. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  /** Calls back once everything that was sent has left. */
  finish(onEmpty: () => void): void {
    this.#onEmpty = onEmpty;
    this.#schedule();
  }

  /** The connection is gone with all that was under way. */
  drop(): void {
    this.#batches.length = 0;
    this.#onEmpty = undefined;
    this.receiver = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isHeld) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#isHeld) return;
    const batch = this.#batches.shift();
    if (batch === undefined) {
      const onEmpty = this.#onEmpty;
      this.#onEmpty = undefined;
      onEmpty?.();
      return;
    }
    for (const packet of batch.packets) this.receiver?.(packet);
    batch.left();
    this.#schedule();
  }
}

/** What is sent later must not change what is under way: binary data is copied, as a real wire would. */
function copy({ type, data }: MemoryPacket): MemoryPacket {
  if (data === undefined) return { type };
  if (typeof data === "string") return { type, data };
  if (ArrayBuffer.isView(data)) {
    return { type, data: Buffer.from(Buffer.from(data.buffer, data.byteOffset, data.byteLength)) };
  }
  if (data instanceof ArrayBuffer) return { type, data: Buffer.from(data.slice(0)) };
  throw new TypeError("failed to send over the memory wire: data is neither text nor binary");
}
