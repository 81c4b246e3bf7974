// Delivers what this server sends in the order of the log that it shares with others. A published adapter over a log hands its own
// broadcasts to its clients when the log has taken them, and those of others when it has read them: so clients see an order
// that is not the log's, and the offset that they saw last says nothing of what they have. Here own broadcasts wait until
// they are read back too. Made by a RecoveryLog; knows the two methods that the cluster protocol gives every adapter.
import { clearInterval, setInterval } from "node:timers";
import type { AdapterContract } from "./adapter/adapter.js";
import { DELIVERED, EMITTER_UID, MessageType } from "./adapter/cluster-message.js";
import { Adapter } from "./adapter/in-memory.js";

interface Message {
  uid?: unknown;
  type?: unknown;
  data?: {
    packet?: { data?: unknown };
    opts?: { flags?: Record<string, unknown> };
    requestId?: unknown;
  };
}

interface LogAdapter extends AdapterContract {
  readonly uid: unknown;
  doPublish(message: Message): Promise<unknown>;
  onMessage(message: Message, offset?: string): unknown;
}

/** A broadcast of this server on its way through the log. */
interface Own {
  readonly sentMs: number;
  /** Tells the adapter the offset, and so has it deliver the broadcast. */
  readonly settle: (offset: unknown) => void;
  isLogged: boolean;
  isDelivered: boolean;
}

/** The key of a flag that travels with the message, by which it is known again. */
const OWN = "everwire";
/** The offset of what has none: a client that comes back with it starts anew. */
const NOWHERE = "";
const PATIENCE_MS = 4_000;
const SWEEP_INTERVAL_MS = 1_000;

export class LogOrder {
  readonly #adapter: LogAdapter;
  readonly #own = new Map<number, Own>();
  readonly #onRead: (data: unknown) => void;
  #count = 0;
  // Nobody says whether an adapter reads its own messages back: it is seen when the first one comes.
  #isReadBack = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onRead is told of each own broadcast that was read back, after all before it were delivered. */
  constructor(adapter: LogAdapter, onRead: (data: unknown) => void) {
    this.#adapter = adapter;
    this.#onRead = onRead;
    const doPublish = adapter.doPublish.bind(adapter);
    const onMessage = adapter.onMessage.bind(adapter);
    const close = adapter.close.bind(adapter);
    adapter.doPublish = (message) => this.#publish(message, doPublish);
    adapter.onMessage = (message, offset) => this.#read(message, offset, onMessage);
    adapter.close = () => {
      this.#release(Infinity);
      this.#unwatch();
      return close();
    };
  }

  static isFor(adapter: AdapterContract): adapter is LogAdapter {
    const { doPublish, onMessage } = adapter as Partial<LogAdapter>;
    return typeof doPublish === "function" && typeof onMessage === "function";
  }

  #publish(message: Message, publish: (message: Message) => Promise<unknown>): Promise<unknown> {
    if (!isKept(message)) return publish(message);
    return new Promise((resolve, reject) => {
      const number = ++this.#count;
      const own: Own = { sentMs: performance.now(), settle: resolve, isLogged: false, isDelivered: false };
      this.#own.set(number, own);
      this.#watch();
      publish(withNumber(message, number)).then(
        (offset) => {
          own.isLogged = true;
          if (own.isDelivered) {
            this.#own.delete(number);
            return;
          }
          if (this.#isReadBack && typeof offset === "string" && offset !== "") return;
          own.isDelivered = true;
          resolve(offset);
        },
        (error: unknown) => {
          // It may come all the same; then it is not delivered again.
          if (own.isDelivered) return;
          own.isDelivered = true;
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  #read(message: Message, offset: string | undefined, onMessage: LogAdapter["onMessage"]): unknown {
    const number = message.uid === this.#adapter.uid ? message.data?.opts?.flags?.[OWN] : undefined;
    const own = typeof number === "number" ? this.#own.get(number) : undefined;
    if (own === undefined || typeof number !== "number") return onMessage(message, offset);
    this.#isReadBack = true;
    if (own.isLogged) this.#own.delete(number);
    if (!own.isDelivered) {
      own.isDelivered = true;
      // As if a process without sockets had sent it: delivered here like everything else that is read.
      onMessage({ ...message, uid: EMITTER_UID }, offset);
      // An adapter of ours is told; others would deliver it once more, and are left without an answer.
      if (this.#adapter instanceof Adapter) own.settle(DELIVERED);
    }
    this.#onRead(message.data?.packet?.data);
    return undefined;
  }

  // What does not come back is delivered without its place in the log, rather than not at all.
  #release(sentUntilMs: number): void {
    for (const [number, own] of this.#own) {
      if (own.sentMs > sentUntilMs) break;
      // The log has not taken it yet. Adapters of ours wait no longer for that.
      if (!own.isDelivered && !own.isLogged && !(this.#adapter instanceof Adapter)) continue;
      this.#own.delete(number);
      if (own.isDelivered) continue;
      own.isDelivered = true;
      if (own.isLogged) this.#isReadBack = false;
      own.settle(NOWHERE);
    }
    if (this.#own.size === 0) this.#unwatch();
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#release(performance.now() - PATIENCE_MS), SWEEP_INTERVAL_MS);
    this.#timer.unref();
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** A broadcast that clients may come back to: neither volatile nor to be acknowledged. */
function isKept({ type, data }: Message): boolean {
  return (
    Number(type) === MessageType.BROADCAST && data?.requestId === undefined && data?.opts?.flags?.["volatile"] !== true
  );
}

function withNumber(message: Message, number: number): Message {
  const opts = message.data?.opts;
  return { ...message, data: { ...message.data, opts: { ...opts, flags: { ...opts?.flags, [OWN]: number } } } };
}
