// A cluster adapter that counts the other servers itself, by what it hears of them, for ways of publishing that can't tell
// how many listen. Servers announce themselves, show that they live when they have nothing else to say, and take leave.
import type { AdapterNamespace } from "./adapter.js";
import { ClusterAdapter } from "./cluster-adapter.js";
import { clampDelay } from "./cluster-delay.js";
import { type Expectation, NamedAnswers } from "./cluster-expectation.js";
import {
  type ClusterMessage,
  type ClusterMessageBody,
  type ClusterResponse,
  EMITTER_UID,
  MessageType,
  type Offset,
  type ServerId,
} from "./cluster-message.js";
import { ClusterNodes } from "./cluster-nodes.js";

export interface ClusterHeartbeatOptions {
  /** Milliseconds of silence after which a server shows that it lives; 5,000 by default. */
  heartbeatInterval?: number | undefined;
  /** Milliseconds of silence after which a server is lost; 10,000 by default. */
  heartbeatTimeout?: number | undefined;
}

const HEARTBEAT_INTERVAL_MS = 5_000;
const HEARTBEAT_TIMEOUT_MS = 10_000;
// Taking leave is a courtesy: a broker that does not answer must not keep a server from closing.
const LEAVE_TIMEOUT_MS = 1_000;

/**
 * Base of adapters that connect several servers and can't tell how many there are. A subclass says how messages travel
 * (`doPublish`, `doPublishResponse`) and calls `onMessage` and `onResponse` with what arrives; if it has an `init()` or
 * `close()` of its own, it calls these here, once messages can travel and before they no longer do.
 */
export abstract class ClusterAdapterWithHeartbeat extends ClusterAdapter {
  readonly #heartbeatIntervalMs: number;
  readonly #nodes: ClusterNodes;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(nsp: AdapterNamespace, options: ClusterHeartbeatOptions = {}) {
    super(nsp);
    const { heartbeatInterval = HEARTBEAT_INTERVAL_MS, heartbeatTimeout = HEARTBEAT_TIMEOUT_MS } = options;
    this.#heartbeatIntervalMs = clampDelay(heartbeatInterval);
    this.#nodes = new ClusterNodes(clampDelay(heartbeatTimeout), (uid) => this.onServerGone(uid));
  }

  override init(): Promise<void> | void {
    const result = super.init();
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.publish({ type: MessageType.HEARTBEAT }), this.#heartbeatIntervalMs);
    this.#heartbeat.unref();
    this.publish({ type: MessageType.INITIAL_HEARTBEAT });
    return result;
  }

  override async close(): Promise<void> {
    const isOpen = this.#heartbeat !== undefined;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#nodes.clear();
    const left = isOpen ? this.publishAndReturnOffset({ type: MessageType.ADAPTER_CLOSE }) : undefined;
    await super.close();
    if (left !== undefined) await settled(left, LEAVE_TIMEOUT_MS);
  }

  /** This server and those that it has heard of lately. */
  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.#nodes.size);
  }

  protected override onHeard(message: ClusterMessage | ClusterResponse): void {
    // Nothing is heard before init() and after close().
    if (this.#heartbeat === undefined || message.nsp !== this.nsp.name) return;
    const { uid } = message;
    if (typeof uid !== "string" || uid === this.uid || uid === EMITTER_UID) return;
    if (message.type === MessageType.ADAPTER_CLOSE) {
      this.#nodes.onLeft(uid);
      return;
    }
    this.#nodes.onHeard(uid);
    // A server that is new hears of the others at once, not within the next interval.
    if (message.type === MessageType.INITIAL_HEARTBEAT) this.publish({ type: MessageType.HEARTBEAT });
  }

  /** Whatever is published shows that this server lives: the next heartbeat is an interval away again. */
  protected override publishAndReturnOffset(message: ClusterMessageBody): Promise<Offset | undefined> {
    this.#heartbeat?.refresh();
    return super.publishAndReturnOffset(message);
  }

  protected override expectAnswers(): Expectation {
    return new NamedAnswers(this.#nodes.ids());
  }

  protected override knownServers(): ReadonlySet<ServerId> {
    return new Set(this.#nodes.ids());
  }
}

/** Resolves when `promise` is settled, one way or the other, or the time is over. */
function settled(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    timer.unref();
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(done, done);
  });
}
