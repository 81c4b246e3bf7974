// Line: the worker's end of one tab's port. Ports have no backpressure: every so many messages it asks the tab whether it has taken them,
// and counts what it has not. It also notices that the tab is gone: by the tab's own word, its Web Lock, or its silence.
import type { RawData } from "@everwire/protocol";
import type { SendOptions } from "../engine/session-events.js";
import { sizeOf } from "../engine/send-buffer.js";
import type { ManagerOptions } from "../options.js";
import { FrameReader, type Frame } from "./frame.js";
import type { TabMessage, WorkerMessage } from "./port-messages.js";

/** What the hub does for it. */
export interface LineHandler {
  onOpen(uri: string | undefined, options: Partial<ManagerOptions>): void;
  onFrame(frame: Frame, options: SendOptions | undefined): void;
  /** The tab wants the connection no more, but may be woken. */
  onLeave(): void;
  /** The page was shown, or the network is back. */
  onWake(): void;
  /** The tab does not read what it gets, or sends what is no packet: it is to be cut off. */
  onFault(reason: "buffer overflow" | "parse error", description: string): void;
  /** Nobody is there any more. */
  onGone(): void;
}

/** Messages, or bytes, after which the tab is asked whether it has taken them. */
const ASK_AFTER_MESSAGES = 64;
const ASK_AFTER_BYTES = 256 * 1024;
/** What a message costs beside its bytes. */
const MESSAGE_BYTES = 128;
/** A tab without a Web Lock is asked so often, in milliseconds, and gone when it leaves two questions in a row unanswered. */
export const ASK_EVERY_MS = 20_000;

interface Count {
  messages: number;
  bytes: number;
}

export class Line {
  handler: LineHandler | undefined;
  /** Bytes that the tab may leave untaken. */
  maxUntakenBytes = 16 * 1024 * 1024;
  readonly #port: MessagePort;
  readonly #reader = new FrameReader();
  readonly #posted: Count = { messages: 0, bytes: 0 };
  #taken: Count = { messages: 0, bytes: 0 };
  /** What was posted at each question that waits for its answer. */
  readonly #asked: Count[] = [];
  #lastAsked: Count = this.#taken;
  #silentFor = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#onMessage(data);
    port.onmessageerror = () => this.handler?.onFault("parse error", "a message of the tab can't be read");
    port.addEventListener("close", () => this.#onGone());
    this.#timer = setInterval(() => this.#onTick(), ASK_EVERY_MS);
  }

  tell(message: WorkerMessage): void {
    this.#port.postMessage(message);
  }

  /** Passes a packet's chunks on. */
  deliver(chunks: readonly RawData[]): void {
    // A single large packet is the sender's own; the cap is for what piles up.
    if (this.#posted.bytes - this.#taken.bytes > this.maxUntakenBytes) {
      this.handler?.onFault("buffer overflow", "the tab does not take what it is sent");
      return;
    }
    chunks.forEach((chunk) => this.tell(["message", undefined, chunk]));
    this.#posted.messages++;
    this.#posted.bytes += chunks.reduce((sum, chunk) => sum + sizeOf(chunk) + MESSAGE_BYTES, 0);
    const { messages: since, bytes: bytesSince } = this.#lastAsked;
    if (this.#posted.messages - since >= ASK_AFTER_MESSAGES || this.#posted.bytes - bytesSince >= ASK_AFTER_BYTES)
      this.#ask();
  }

  /** Nothing more is said or heard. */
  end(): void {
    this.handler = undefined;
    clearInterval(this.#timer);
    this.#port.close();
  }

  #ask(): void {
    this.#asked.push((this.#lastAsked = { ...this.#posted }));
    this.tell(["ask", undefined]);
  }

  #onTick(): void {
    if (!this.#asked.length) {
      this.#silentFor = 0;
      this.#ask();
    } else if (++this.#silentFor >= 2) this.#onGone();
  }

  #onGone(): void {
    this.handler?.onGone();
  }

  #onMessage(message: TabMessage): void {
    switch (message[0]) {
      case "open":
        this.handler?.onOpen(message[1], message[2]);
        break;
      case "lock":
        this.#await(message[1]);
        break;
      case "send":
        this.#onChunk(message[1], message[2]);
        break;
      case "close":
        this.handler?.onLeave();
        break;
      case "ack":
        this.#silentFor = 0;
        this.#taken = this.#asked.shift() ?? this.#taken;
        break;
      case "wake":
        this.handler?.onWake();
        break;
      default:
        this.#onGone();
    }
  }

  #onChunk(chunk: RawData, options: SendOptions | undefined): void {
    try {
      const frame = this.#reader.read(chunk);
      if (frame) this.handler?.onFrame(frame, options);
    } catch {
      this.handler?.onFault("parse error", "the tab has sent what is no packet");
    }
  }

  /** Who gets the lock of the tab has outlived it. */
  #await(name: string): void {
    const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
    if (!locks) return;
    clearInterval(this.#timer);
    void locks.request(name, () => this.#onGone());
  }
}
