// What a session needs of a transport, whichever it is: it takes batches of packets while it is writable, tells when a batch has
// left, and gives what it reads to one handler. The slow transport has the same shape as the fast one, so nothing above asks which it is.
// Extended by polling.ts and websocket.ts; used by the session, and by the upgrade while it probes a candidate.
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { TRANSPORT_STATES, transition } from "@everwire/protocol";
import type { EnginePacketType, RawData, TransportState } from "@everwire/protocol";
import type { Deadlines } from "../deadlines.js";
import type { TransportError } from "../errors.js";
import { GuardedEmitter } from "../guarded-emitter.js";
import type { ResolvedOptions, TransportName } from "../options.js";
import type { OutgoingPacket } from "../outgoing-packet.js";
import type { UserCode } from "../user-code.js";

/** The one layer above a transport: its session, or the upgrade that probes it. */
export interface TransportHandler {
  onPacket(type: EnginePacketType, data: RawData | undefined): void;
  /** The transport takes a batch again. */
  onReady(): void;
  /** The batch that was sent has left. */
  onDrain(): void;
  /** The transport broke, or the peer broke the rules; whoever is told closes it. */
  onError(error: TransportError): void;
  /** The transport is closed; `byPeer` tells who wanted it. Not `isFinal`: nobody may have, the connection was cut. */
  onClose(byPeer: boolean, isFinal?: boolean): void;
  /**
   * A request of this transport has arrived whole: tells how many messages of its body are here already, because it was sent before;
   * `undefined` if what it says can't be.
   */
  onRequest?(request: IncomingMessage): number | undefined;
}

/** What transports share with the engine that they belong to. */
export interface TransportContext {
  readonly opts: ResolvedOptions;
  readonly deadlines: Deadlines;
  /** Calls what users gave. */
  readonly userCode: UserCode;
  /** Lets users of the engine change the headers of a response before they are written. */
  decorateHeaders(headers: OutgoingHttpHeaders, request: IncomingMessage): void;
}

/** Users may listen to `ready`, `drain`, `close`, and on polling to `headers`; the session is told through its handler. */
export abstract class Transport extends GuardedEmitter {
  abstract readonly name: TransportName;

  /** @internal */ handler: TransportHandler | undefined = undefined;
  /** False when the client asked for base64 (`b64` in the query). */
  readonly supportsBinary: boolean;
  protected readonly context: TransportContext;
  #state: TransportState = "open";

  constructor(context: TransportContext, supportsBinary: boolean) {
    super();
    this.context = context;
    this.supportsBinary = supportsBinary;
  }

  /** @internal */
  protected override get guard(): UserCode {
    return this.context.userCode;
  }

  get readyState(): TransportState {
    return this.#state;
  }

  /** True when a batch may be sent now. */
  abstract get writable(): boolean;

  /** Bytes handed over that have not left yet. */
  abstract get bufferedBytes(): number;

  /** The peer learns by the transport itself which of its messages have arrived. @internal */
  get confirms(): boolean {
    return false;
  }

  /** Takes a batch; only while `writable`. `onDrain` follows, maybe before this returns. @internal */
  abstract send(packets: readonly OutgoingPacket[]): void;

  /**
   * Closes: tells the peer and, unless `discard`, lets what was sent before leave first. `onClose` follows, maybe before this returns.
   * @internal
   */
  close(discard = false): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#move("closing");
    else if (!discard) return;
    this.doClose(discard);
  }

  /** The name of the reason why the session ends, told to a peer that can still read. Set by few, and not before. @internal */
  declare endReason: string | undefined;

  /** Ends it without a word to the peer: the session may go on over another. Nobody hears of it. @internal */
  abandon(): void {
    this.handler = undefined;
    if (this.#state === "closed") return;
    this.#move("closed");
    this.doAbandon();
    this.emit("close");
  }

  /** Cuts the connection, or the requests that wait. */
  protected doAbandon(): void {
    this.doClose(true);
  }

  /** Does what closing takes, then calls `closed`. May be called a second time, to discard. */
  protected abstract doClose(discard: boolean): void;

  /** The batch has left. */
  protected drained(): void {
    if (this.listenerCount("drain") > 0) this.emit("drain");
    this.handler?.onDrain();
  }

  /** The next batch may come. */
  protected ready(): void {
    this.emit("ready");
    this.handler?.onReady();
  }

  /** The end of the transport; the handler hears of it once. */
  protected closed(byPeer: boolean, isFinal = true): void {
    if (this.#state === "closed") return;
    this.#move("closed");
    const handler = this.handler;
    this.handler = undefined;
    handler?.onClose(byPeer, isFinal);
    this.emit("close");
  }

  /** Reports a fault. Without a handler (the session is gone) it concerns nobody. */
  protected fail(error: TransportError): void {
    this.handler?.onError(error);
  }

  #move(to: TransportState): void {
    this.#state = transition<TransportState>(TRANSPORT_STATES, this.#state, to);
  }
}
