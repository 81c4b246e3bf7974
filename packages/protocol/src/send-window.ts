// The messages that one side of a resumable session has sent and the other has not acknowledged (docs/PROTOCOL.md, "Session
// resume"): counted, not numbered on the wire, and bounded in bytes. The sessions of both sides keep one each.

/** What a message must tell of itself. */
export interface WindowMessage {
  readonly byteLength: number;
  /** Lost without regret: never sent again. */
  readonly isVolatile: boolean;
  /** Bytes, and so perhaps an attachment of the message before it. */
  readonly isBinary: boolean;
}

/** A message to send again, or how many volatile ones are left out in this place. */
export type Replayed<Message> = Message | number;

/** What a message costs besides its data, so that a flood of empty ones has an end too. */
const MESSAGE_OVERHEAD_BYTES = 64;

/** From this many dead entries on, the front of the list is cut off instead of walked past. */
const MAX_DEAD_ENTRIES = 64;

export class SendWindow<Message extends WindowMessage> {
  readonly #maxBytes: number;
  #messages: (Message | undefined)[] = [];
  /** Entries before this one are empty. */
  #first = 0;
  /** Messages sent before that one. */
  #base = 0;
  #acknowledged = 0;
  #bytes = 0;

  /** `maxBytes`: what may be kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Messages sent in this session. */
  get sent(): number {
    return this.#base + this.#messages.length - this.#first;
  }

  /** How many of them the other side is known to have. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Data of the messages that are kept, and a fixed amount for each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message was let go that the other side may still ask for: then the session can't be resumed. */
  get hasOverflowed(): boolean {
    return this.#base > this.#acknowledged;
  }

  /** A message leaves, for the first time. With too many bytes kept, the oldest are let go. */
  add(message: Message): void {
    this.#messages.push(message);
    this.#bytes += message.byteLength + MESSAGE_OVERHEAD_BYTES;
    while (this.#bytes > this.#maxBytes) this.#drop();
    this.#compact();
  }

  /** The other side has received so many; false if that can't be. An older count than the last is passed over. */
  acknowledge(count: number): boolean {
    if (count > this.sent) return false;
    if (count > this.#acknowledged) this.#acknowledged = count;
    while (this.#base < count) this.#drop();
    this.#compact();
    return true;
  }

  /**
   * What has to be sent again to a side that has received `count`, in order; all of it stays here until it is acknowledged.
   * `undefined` if the count can't be, or something after it is no longer here.
   */
  replay(count: number): Replayed<Message>[] | undefined {
    if (count < this.#base || !this.acknowledge(count)) return undefined;
    const replay: Replayed<Message>[] = [];
    let leftOut = 0;
    // An attachment whose message has arrived is waited for, volatile or not.
    let isAwaited = true;
    for (let index = this.#first; index < this.#messages.length; index += 1) {
      const message = this.#messages[index] as Message;
      isAwaited &&= message.isBinary;
      if (message.isVolatile && !isAwaited) {
        leftOut += 1;
        continue;
      }
      if (leftOut > 0) replay.push(leftOut);
      leftOut = 0;
      replay.push(message);
    }
    if (leftOut > 0) replay.push(leftOut);
    return replay;
  }

  #drop(): void {
    this.#bytes -= (this.#messages[this.#first] as Message).byteLength + MESSAGE_OVERHEAD_BYTES;
    this.#messages[this.#first] = undefined;
    this.#first += 1;
    this.#base += 1;
  }

  #compact(): void {
    if (this.#first < this.#messages.length && this.#first < MAX_DEAD_ENTRIES) return;
    this.#messages.splice(0, this.#first);
    this.#first = 0;
  }
}
