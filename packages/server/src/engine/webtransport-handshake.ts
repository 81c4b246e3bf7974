// The way of a WebTransport session to a session of ours (Engine.IO server, "WebTransport"): the client opens a stream in time, and its
// first packet says which session it is for. Every other way ends with the WebTransport session closed; the client is not told why.
// Made by the engine server; ends when the transport has another owner.
import { ENGINE_PROTOCOL } from "@everwire/protocol";
import type { EnginePacketType, RawData } from "@everwire/protocol";
import type { AdmissionHost } from "./admission.js";
import { Deadline } from "./deadlines.js";
import { ERRORS, badRequest, forbidden, refusal } from "./errors.js";
import type { Refusal } from "./errors.js";
import { askAllowRequest } from "./handshake.js";
import type { EngineRequest } from "./request-query.js";
import type { Transport, TransportContext, TransportHandler } from "./transports/transport.js";
import { closeSession, drain, drainUnused, dropStream, ignore } from "./transports/webtransport-session.js";
import type { BidirectionalStream, WebTransportSession } from "./transports/webtransport-session.js";
import { WebTransportTransport } from "./transports/webtransport.js";
import { requestOf } from "./webtransport-request.js";

/** What the handshake needs of the engine. */
export interface WebTransportHost {
  readonly admission: AdmissionHost;
  readonly context: TransportContext;
  /** The client wants a new session, and may have one. */
  onNew(transport: Transport): void;
  onRefused(request: EngineRequest, refusal: Refusal): void;
}

export class WebTransportHandshake extends Deadline implements TransportHandler {
  readonly #host: WebTransportHost;
  readonly #session: WebTransportSession;
  readonly #request: EngineRequest;
  #transport: WebTransportTransport | undefined = undefined;
  /** The first packet has come: what it asks for is being decided. */
  #isAsked = false;
  #isOver = false;

  constructor(host: WebTransportHost, session: WebTransportSession) {
    super();
    this.#host = host;
    this.#session = session;
    this.#request = requestOf(session);
  }

  start(): void {
    const { admission, context } = this.#host;
    const { opts } = context;
    const onEnd = (): void => this.#end();
    this.#session.closed.then(onEnd, onEnd);
    this.#session.ready.then(ignore, onEnd);
    drainUnused(this.#session);
    if (!admission.isOpen) this.#refuse(badRequest("SERVER_CLOSED"));
    else if (!opts.transports.includes("webtransport"))
      this.#refuse(refusal(ERRORS.UNKNOWN_TRANSPORT, { transport: "webtransport" }));
    // It would be passed by: there is no request and no response to run it with.
    else if (admission.middleware.length > 0) this.#refuse(badHandshake("there is middleware"));
    else {
      context.deadlines.set(this, opts.upgradeTimeout);
      admission.cors.apply(this.#request, undefined, (error, isOriginAllowed) => {
        if (error !== undefined || !isOriginAllowed) this.#refuse(forbidden("origin not allowed"));
        else void this.#takeStream();
      });
    }
  }

  onPacket(type: EnginePacketType, data: RawData | undefined): void {
    if (type !== "open" || this.#isAsked) {
      this.#refuse(badHandshake("the first packet is no open packet, or the second came too early"));
      return;
    }
    this.#isAsked = true;
    if (data !== undefined) {
      this.#upgrade(sidOf(data));
      return;
    }
    const { opts, userCode } = this.#host.context;
    askAllowRequest(opts.allowRequest, this.#request, userCode, (refused) => {
      const { admission } = this.#host;
      if (refused !== undefined) this.#refuse(refused);
      else if (!admission.isOpen) this.#refuse(badRequest("SERVER_CLOSED"));
      else {
        const transport = this.#finish();
        if (transport !== undefined) this.#host.onNew(transport);
      }
    });
  }

  onReady(): void {
    // Nothing is sent before the transport has a session.
  }

  onDrain(): void {
    // As above.
  }

  onError(): void {
    this.#refuse(badHandshake("the first frame can't be read"));
  }

  onClose(): void {
    this.#end();
  }

  /** The client took too long. */
  override onDeadline(): void {
    this.#refuse(badHandshake("the client took too long"));
  }

  /** Waits for the first stream; those that come after it are turned away. */
  async #takeStream(): Promise<void> {
    let stream: BidirectionalStream | undefined;
    const { incomingBidirectionalStreams } = this.#session;
    await drain(incomingBidirectionalStreams, (next) => {
      if (stream !== undefined || this.#isOver) {
        dropStream(next);
        return;
      }
      stream = next;
      this.#transport = new WebTransportTransport(this.#host.context, this.#session, stream);
      this.#transport.handler = this;
      this.#transport.start();
    });
    // No more streams can come.
    if (stream === undefined) this.#end();
  }

  /** Engine.IO protocol v4, "Upgrade": the packet names the session that is to move here. */
  #upgrade(sid: string | undefined): void {
    const { sessions } = this.#host.admission;
    const session = sid === undefined ? undefined : sessions.get(sid);
    if (session?.protocol !== ENGINE_PROTOCOL) {
      this.#refuse(refusal(ERRORS.UNKNOWN_SID, { sid }));
      return;
    }
    const transport = this.#finish();
    // Upgrading or upgraded already, or closing: that session lives on as it is.
    if (transport !== undefined && !session.beginUpgrade(transport)) transport.close(true);
  }

  /** The transport, to be given to its owner; nothing if it is gone. */
  #finish(): WebTransportTransport | undefined {
    const transport = this.#transport;
    const isGone = this.#isOver || transport?.readyState !== "open";
    this.#end();
    return isGone ? undefined : transport;
  }

  #refuse(reason: Refusal): void {
    if (this.#isOver) return;
    this.#end();
    closeSession(this.#session);
    this.#host.onRefused(this.#request, reason);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.context.deadlines.clear(this);
    if (this.#transport !== undefined) this.#transport.handler = undefined;
  }
}

function badHandshake(reason: string): Refusal {
  return badRequest("TRANSPORT_HANDSHAKE_ERROR", { reason });
}

function sidOf(data: RawData): string | undefined {
  try {
    const { sid } = JSON.parse(data as string) as { sid?: unknown };
    return typeof sid === "string" ? sid : undefined;
  } catch {
    return undefined;
  }
}
