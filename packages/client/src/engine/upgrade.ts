// Upgrade: moves a session to a better transport (Engine.IO protocol v4, "Upgrade"). It holds the candidates, probes each of
// them, silences the old transport and only then swaps. Whatever goes wrong before that leaves the session where it was.
import { UPGRADE_STATES, transition } from "@everwire/protocol";
import { TransportError } from "../errors.js";
import { trace } from "../trace.js";
import type { Transport } from "./transports/transport.js";
import type { TimerFunctions } from "./timers.js";

type UpgradeState = keyof typeof UPGRADE_STATES;

/** What the upgrade needs of its session. */
export interface UpgradeHandler {
  /** The first candidate has answered its probe; until the end nothing is to be written. */
  onProbed(candidate: Transport): void;
  /** The old transport is silent: the candidate takes its place. */
  onSwap(candidate: Transport): void;
  onError(error: TransportError): void;
  /** No candidate is left, and none has won. */
  onFailed(): void;
}

/** A proxy may accept a WebSocket and never let a byte through; servers give up after the same time. */
const PROBE_TIMEOUT_MS = 10_000;
/** The start that WebTransport gets over the others, which would win by their shorter handshake. */
const HEAD_START_MS = 200;

export class Upgrade {
  readonly #handler: UpgradeHandler;
  readonly #timers: TimerFunctions;
  readonly #current: Transport;
  #candidates: { transport: Transport; drop: () => void }[] = [];
  /** Those that are probed later. */
  #waiting: Transport[] = [];
  #timer: unknown;
  #state: UpgradeState = "opening";

  constructor(current: Transport, timers: TimerFunctions, handler: UpgradeHandler) {
    this.#current = current;
    this.#timers = timers;
    this.#handler = handler;
  }

  /** The old transport is being silenced. */
  get isSwapping(): boolean {
    return this.#state === "probed";
  }

  start(candidates: readonly Transport[]): void {
    this.#moveTo("probing");
    candidates.forEach((transport) => {
      if (transport.name === "webtransport") this.#probe(transport);
      else this.#waiting.push(transport);
    });
    if (this.#candidates.length) this.#timer = this.#timers.setTimeoutFn(() => this.#probeWaiting(), HEAD_START_MS);
    else this.#probeWaiting();
  }

  /** The session has closed. */
  cancel(): void {
    if (this.#state === "upgraded" || this.#state === "failed") return;
    this.#moveTo("failed");
    this.#dropAll();
  }

  #probe(transport: Transport): void {
    const timer = this.#timers.setTimeoutFn(() => fail("timeout"), PROBE_TIMEOUT_MS);
    const candidate = {
      transport,
      drop: () => {
        this.#timers.clearTimeoutFn(timer);
        transport.handler = undefined;
        transport.close();
      },
    };
    const fail = (why: string, cause?: TransportError): void => {
      candidate.drop();
      this.#candidates = this.#candidates.filter((other) => other !== candidate);
      const error = new TransportError(`probe error: ${why}`, cause?.description, cause?.context, cause);
      error.transport = transport.name;
      this.#handler.onError(error);
      if (this.#candidates.length || this.#state === "failed") return;
      this.#probeWaiting();
      if (!this.#candidates.length) this.#fail();
    };
    this.#candidates.push(candidate);
    transport.handler = {
      onOpen: () => transport.send([{ type: "ping", data: "probe" }]),
      onPacket: (packet) => {
        if (this.#state === "probing" && packet.type === "pong" && packet.data === "probe") {
          this.#timers.clearTimeoutFn(timer);
          this.#win(candidate);
        } else fail("unexpected packet");
      },
      onDrain: () => undefined,
      onError: (error) => fail(error.message, error),
      onClose: () => fail("transport closed"),
    };
    transport.open();
  }

  #win(winner: { transport: Transport; drop: () => void }): void {
    const { transport } = winner;
    this.#moveTo("probed");
    this.#candidates = this.#candidates.filter((other) => other !== winner);
    this.#dropAll();
    this.#candidates = [winner];
    this.#handler.onProbed(transport);
    // A listener may have closed the session.
    if (!this.isSwapping) return;
    this.#current.pause(() => {
      if (!this.isSwapping) return;
      this.#moveTo("upgraded");
      this.#candidates = [];
      this.#handler.onSwap(transport);
    });
  }

  #fail(): void {
    const wasSwapping = this.isSwapping;
    this.#moveTo("failed");
    if (wasSwapping) this.#current.resume();
    this.#handler.onFailed();
  }

  #probeWaiting(): void {
    this.#timers.clearTimeoutFn(this.#timer);
    this.#waiting.splice(0).forEach((transport) => this.#probe(transport));
  }

  #dropAll(): void {
    this.#timers.clearTimeoutFn(this.#timer);
    this.#waiting = [];
    this.#candidates.forEach(({ drop }) => drop());
    this.#candidates = [];
  }

  #moveTo(state: UpgradeState): void {
    this.#state = transition(UPGRADE_STATES, this.#state, state);
    trace?.("upgrade", state);
  }
}
