// Moves a session to a better transport (Engine.IO protocol v4, "Upgrade"). The candidate is probed while the session goes on over
// the old transport; only here are transports swapped. Made by the session for a candidate that the engine server accepted.
import { UPGRADE_STATES, transition } from "@everwire/protocol";
import type { EnginePacketType, RawData, UpgradeState } from "@everwire/protocol";
import { Alarm, Deadline } from "./deadlines.js";
import type { Deadlines } from "./deadlines.js";
import type { ResolvedOptions } from "./options.js";
import { NOOP, PROBE_PONG } from "./outgoing-packet.js";
import type { Transport, TransportHandler } from "./transports/transport.js";

/** How often the poll that waits is answered, so that the client can end its polling. */
const RELEASE_POLL_MS = 100;
/** The first release follows the answer to the probe closely, but behind it: the client has to stop polling first. */
const FIRST_RELEASE_MS = 10;

/** What an upgrade needs of its session. */
export interface UpgradeHost {
  readonly server: { readonly deadlines: Deadlines; readonly opts: ResolvedOptions };
  readonly transport: Transport;
  /** The client has probed the candidate. */
  onProbed(candidate: Transport): void;
  /** The client has moved: from here on the candidate is the transport of the session. */
  replaceTransport(candidate: Transport): void;
  /** There is no upgrade any more. */
  onUpgradeEnd(): void;
}

export class Upgrade extends Deadline implements TransportHandler {
  readonly #host: UpgradeHost;
  readonly #candidate: Transport;
  readonly #releasePoll = new Alarm(() => this.#onReleasePoll());
  #state: UpgradeState = "opening";

  constructor(host: UpgradeHost, candidate: Transport) {
    super();
    this.#host = host;
    this.#candidate = candidate;
  }

  start(): void {
    const { deadlines, opts } = this.#host.server;
    this.#move("probing");
    this.#candidate.handler = this;
    deadlines.set(this, opts.upgradeTimeout);
  }

  /** Gives up: the session goes on, or has closed. */
  abandon(): void {
    if (!this.#fail()) return;
    this.#candidate.handler = undefined;
    this.#candidate.close(true);
  }

  /** Gives up without a word: to a client that has moved already, a close would be the end of its session. */
  cut(): void {
    if (this.#fail()) this.#candidate.abandon();
  }

  onPacket(type: EnginePacketType, data: RawData | undefined): void {
    if (this.#state === "probing" && type === "ping" && data === "probe") this.#onProbe();
    else if (this.#state === "probed" && type === "upgrade") this.#onUpgrade();
    else this.abandon();
  }

  onReady(): void {
    // Nothing waits for the candidate but the answer to its probe.
  }

  onDrain(): void {
    // As above.
  }

  onError(): void {
    this.abandon();
  }

  onClose(): void {
    this.abandon();
  }

  /** The client took too long. */
  override onDeadline(): void {
    this.abandon();
  }

  #onProbe(): void {
    this.#move("probed");
    this.#candidate.send([PROBE_PONG]);
    this.#host.server.deadlines.set(this.#releasePoll, FIRST_RELEASE_MS);
    this.#host.onProbed(this.#candidate);
  }

  // The client ends its polling before it says "upgrade", and a poll ends when it is answered.
  #onReleasePoll(): void {
    this.#host.server.deadlines.set(this.#releasePoll, RELEASE_POLL_MS);
    const { transport } = this.#host;
    if (transport.writable) transport.send([NOOP]);
  }

  #fail(): boolean {
    if (this.#state === "failed" || this.#state === "upgraded") return false;
    this.#end("failed");
    return true;
  }

  #onUpgrade(): void {
    this.#end("upgraded");
    this.#host.replaceTransport(this.#candidate);
  }

  #end(state: "upgraded" | "failed"): void {
    const { deadlines } = this.#host.server;
    this.#move(state);
    deadlines.clear(this);
    deadlines.clear(this.#releasePoll);
    this.#host.onUpgradeEnd();
  }

  #move(to: UpgradeState): void {
    this.#state = transition<UpgradeState>(UPGRADE_STATES, this.#state, to);
  }
}
