// Link: the transport in use of a session: how one is made, put in its place, and replaced by a better one. The one place where
// a transport is attached or detached. Called by the session.
import type { EnginePacket, HandshakeData } from "@everwire/protocol";
import type { TransportError } from "../errors.js";
import type { ResolvedOptions } from "./options.js";
import { startOpening, type Opening } from "./opening.js";
import type { Timer } from "./timers.js";
import { TransportList, type AvailableTransport } from "./transport-list.js";
import { Upgrade } from "./registry.js";
import type { Transport, TransportHandler } from "./transports/transport.js";
import type { Upgrade as Upgrading } from "./upgrade.js";
import { lastWinner } from "./winner.js";

/** What it needs of its session; what the transport in use tells goes there as well. */
export interface LinkHandler extends TransportHandler {
  canUpgrade(): boolean;
  /** A transport is to be opened: the session's own part of its query is still missing. */
  onMade(transport: Transport): void;
  /** The first transport that the server has answered over, with this packet, is in its place. */
  onHandshake(packet: EnginePacket, handshake: HandshakeData): void;
  onProbed(candidate: Transport): void;
  onSwap(transport: Transport): void;
  onUpgradeError(error: TransportError): void;
  onUpgradeFailed(): void;
}

/** When a failed upgrade is tried again, in a session that may last for hours: after the first failure, the second, each other. */
const RETRIES_MS = [10_000, 30_000, 60_000] as const;

export class Link {
  readonly list: TransportList;
  readonly #opts: ResolvedOptions;
  readonly #handler: LinkHandler;
  #transport: Transport | undefined;
  #opening: Opening | undefined;
  #upgrade: Upgrading | undefined;
  #timer: Timer;
  #failures = 0;

  constructor(opts: ResolvedOptions, websocketFirst: boolean, handler: LinkHandler) {
    this.#opts = opts;
    this.#handler = handler;
    const remembered = opts.rememberUpgrade && websocketFirst ? "websocket" : undefined;
    this.list = new TransportList(opts, lastWinner(opts) ?? remembered);
  }

  /** The one in use; while the session opens, the first that is tried. */
  get transport(): Transport | undefined {
    return this.#transport ?? this.#opening?.tried[0];
  }

  /** The old transport is being silenced: nothing is to be written. */
  get isSwapping(): boolean {
    return !!this.#upgrade?.isSwapping;
  }

  get writable(): boolean {
    return !!this.transport?.writable && !this.isSwapping;
  }

  make(available: AvailableTransport): Transport {
    const transport = this.list.create(available);
    this.#handler.onMade(transport);
    return transport;
  }

  /** Tries those that there are, until one has opened. */
  open(): void {
    const handler = this.#handler;
    this.#opening = startOpening(this.#opts, this.list, {
      onTry: (available) => this.make(available),
      onWin: (transport, packet, handshake) => {
        this.#opening = undefined;
        this.attach(transport);
        lastWinner(this.#opts, transport.name);
        handler.onHandshake(packet, handshake);
      },
      onError: (error) => handler.onError(error),
      onClose: (details, isFinal) => handler.onClose(details, isFinal),
    });
  }

  attach(transport: Transport): void {
    this.detach();
    transport.handler = this.#handler;
    // It may have been set since the transport was made. (Not for nothing: an environment's WebSocket has no "nodebuffer".)
    const { binaryType } = this.#opts;
    if (transport.opts.binaryType !== binaryType) transport.setBinaryType(binaryType);
    this.#transport = transport;
  }

  /** Closes the transport, and with it the session on the server. */
  detach(): void {
    this.cancelUpgrade();
    this.#opening?.stop();
    if (!this.#transport) return;
    this.#transport.handler = undefined;
    this.#transport.close();
  }

  /** Moves to a better transport of those that the server offers. `again`: after a failure, a while later once more. */
  startUpgrade(offered: readonly string[], again: boolean): void {
    const { transport: current } = this;
    const candidates = this.list.available.filter(
      ([name]) => offered.indexOf(name) >= 0 && name !== (current as Transport).name,
    );
    const handler = this.#handler;
    if (!Upgrade || !candidates.length || this.#opts.upgrade === false || !handler.canUpgrade()) return;
    this.#upgrade = new Upgrade(current as Transport, this.#opts, {
      onProbed: (candidate) => handler.onProbed(candidate),
      onError: (error) => handler.onUpgradeError(error),
      onSwap: (candidate) => {
        this.#failures = 0;
        this.attach(candidate);
        candidate.send([{ type: "upgrade" }]);
        lastWinner(this.#opts, candidate.name);
        handler.onSwap(candidate);
      },
      onFailed: () => {
        const delayMs = RETRIES_MS[Math.min(this.#failures++, 2)] as number;
        if (again) this.#timer = this.#opts.setTimeoutFn(() => this.startUpgrade(offered, again), delayMs);
        handler.onUpgradeFailed();
      },
    });
    this.#upgrade.start(candidates.map((candidate) => this.make(candidate)));
  }

  /** The session is suspended, closing or closed. */
  cancelUpgrade(): void {
    this.#upgrade?.cancel();
    this.#opts.clearTimeoutFn(this.#timer);
  }
}
