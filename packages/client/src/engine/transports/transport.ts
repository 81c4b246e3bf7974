// Transport: what every way of carrying packets has in common: the state, the address, one handler above it. Session and
// upgrade hold transports and see only this shape, so nothing above asks which transport it is.
import { TRANSPORT_STATES, transition } from "@everwire/protocol";
import type { BinaryType, EnginePacket, RawData } from "@everwire/protocol";
import { decodeEnginePacket } from "#codec";
import { TransportError } from "../../errors.js";
import { trace } from "../../trace.js";
import type { ResolvedOptions } from "../options.js";
import type { CookieStore } from "../ports.js";
import { formatQuery, type Query } from "../url.js";

export type TransportState = keyof typeof TRANSPORT_STATES;

/** Why a transport or session closed: the second argument of `close` when it is no error. */
export interface CloseDetails {
  description: string;
  /** The CloseEvent of a WebSocket, the XMLHttpRequest of a poll. */
  context?: unknown;
}

/** The one layer above. */
export interface TransportHandler {
  onOpen(): void;
  onPacket(packet: EnginePacket): void;
  /** All packets of the last `send` have left. */
  onDrain(): void;
  onError(error: TransportError): void;
  /** `isFinal`: the other side meant it. */
  onClose(details?: CloseDetails, isFinal?: boolean): void;
}

/** What a transport is made with: the session's options, those of this transport over them. */
export interface TransportOptions extends ResolvedOptions {
  cookies?: CookieStore | undefined;
}

export abstract class Transport {
  /** Query parameters of the requests of this transport. */
  readonly query: Query;
  readonly opts: TransportOptions;
  /** Open, and the packets of the last `send` have left. */
  writable = false;
  handler: TransportHandler | undefined;
  #readyState: TransportState = "opening";

  constructor(options: TransportOptions) {
    this.opts = options;
    this.query = options.query;
  }

  abstract get name(): string;

  /** Packets go out as text in one body, which the server limits (`maxPayload`). */
  get batches(): boolean {
    return false;
  }

  get readyState(): TransportState {
    return this.#readyState;
  }

  /** Starts to connect. Answered by `onOpen`, `onError` or `onClose`. */
  abstract open(): this;

  /** To be called only while `writable`. */
  abstract send(packets: EnginePacket[]): void;

  /** Closes in good order. The handler hears of it, and of nothing after it; who holds the transport takes it off before. */
  abstract close(): this;

  /** Ends at once, tells nobody above, and not the server that the session is over: it goes on elsewhere. */
  drop(): void {
    this.handler = undefined;
    this.close();
  }

  /** Closes in a page that ends right now, and tells nobody above. */
  leave(): void {
    this.handler = undefined;
    this.close();
  }

  /** Stops reading and writing at a boundary where nothing is on its way. Only what can be upgraded from needs it. */
  pause(onPaused: () => void): void {
    onPaused();
  }

  /** Takes a pause back: the upgrade failed. */
  resume(): void {
    // Nothing was stopped.
  }

  /** Form of the binary data that comes in. */
  setBinaryType(type: BinaryType): void {
    this.opts.binaryType = type;
  }

  protected moveTo(state: TransportState): void {
    this.#readyState = transition(TRANSPORT_STATES, this.#readyState, state);
    trace?.("transport", state, this.name);
  }

  protected onOpen(): void {
    this.moveTo("open");
    this.writable = true;
    this.handler?.onOpen();
  }

  protected onData(chunk: RawData): void {
    trace?.("wire", "<", this.name, chunk);
    const packet = decodeEnginePacket(chunk, this.opts.binaryType);
    if (packet) this.handler?.onPacket(packet);
    else this.onError("parser error");
  }

  /** The session closes the transport when it hears of it. */
  protected onError(message: string, description?: unknown, context?: unknown, cause?: unknown): void {
    this.handler?.onError(new TransportError(message, description, context, cause));
  }

  protected onClose(details?: CloseDetails, isFinal?: boolean): void {
    if (this.#readyState === "closed") return;
    this.moveTo("closed");
    this.writable = false;
    this.handler?.onClose(details, isFinal);
  }

  /** The address of its next request, with its query. */
  uri(scheme = this.batches ? "http" : "ws"): string {
    const { hostname, port, secure, path, forceBase64, timestampRequests, timestampParam = "t" } = this.opts;
    const query = Object.assign(Object.create(null) as Query, this.query);
    if (timestampRequests ?? this.batches) query[timestampParam] = uniqueText();
    if (forceBase64) query.b64 = "1";
    const parameters = formatQuery(query);
    return (
      `${scheme}${secure ? "s" : ""}://${hostname.indexOf(":") < 0 ? hostname : `[${hostname}]`}` +
      `${!port || +port === (secure ? 443 : 80) ? "" : `:${port}`}${path}${parameters && `?${parameters}`}`
    );
  }
}

function uniqueText(): string {
  return Date.now().toString(36).slice(3) + Math.random().toString(36).slice(2, 6);
}
