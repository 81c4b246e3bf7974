// The heartbeat of a session (Engine.IO protocol v4, "Heartbeat"): a ping every interval, a pong within the timeout. It notices a
// client that is gone, and keeps proxies from closing an idle connection. Owned by the session, which tells it what arrives.
import { Deadline } from "./deadlines.js";
import type { Deadlines } from "./deadlines.js";
import type { ResolvedOptions } from "./options.js";

/** What a heartbeat needs of its session. */
export interface HeartbeatHost {
  readonly server: { readonly deadlines: Deadlines; readonly opts: ResolvedOptions };
  onPingDue(): void;
  onPingTimeout(): void;
}

/** What a session needs of its heartbeat, whichever revision of the protocol it keeps. */
export interface SessionHeartbeat {
  /** The packet of the client that counts as a beat; the other of the two comes from the wrong direction. */
  readonly beat: "ping" | "pong";
  start(): void;
  stop(): void;
  onBeat(): void;
  /** Another packet than a beat arrived. */
  onOtherPacket(): void;
}

/** Not waiting for a pong; waiting; waiting, with the timeout renewed once. */
type Phase = "resting" | "awaiting" | "renewed";

export class Heartbeat extends Deadline implements SessionHeartbeat {
  readonly #host: HeartbeatHost;
  #phase: Phase = "resting";

  constructor(host: HeartbeatHost) {
    super();
    this.#host = host;
  }

  get beat(): "pong" {
    return "pong";
  }

  start(): void {
    this.#phase = "resting";
    const { deadlines, opts } = this.#host.server;
    deadlines.set(this, opts.pingInterval);
  }

  stop(): void {
    this.#host.server.deadlines.clear(this);
  }

  /** The pong arrived: the interval starts anew. */
  onBeat(): void {
    this.start();
  }

  /**
   * Another packet arrived. The first one after a ping renews the timeout, for the pong may queue behind a large upload; only
   * the first, or a client could live on without ever answering.
   */
  onOtherPacket(): void {
    if (this.#phase !== "awaiting") return;
    this.#phase = "renewed";
    this.#awaitPong();
  }

  override onDeadline(): void {
    if (this.#phase !== "resting") {
      this.#host.onPingTimeout();
      return;
    }
    this.#phase = "awaiting";
    this.#awaitPong();
    this.#host.onPingDue();
  }

  #awaitPong(): void {
    const { deadlines, opts } = this.#host.server;
    deadlines.set(this, opts.pingTimeout);
  }
}
