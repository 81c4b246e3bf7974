// The HTTP long-polling transport (Engine.IO protocol v4, "HTTP long-polling"): a GET waits for a batch, a POST brings one. It has
// the shape of a WebSocket to those above: writable while a GET waits. Requests come from the engine server; driven by the session.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { createDeflate, createGzip } from "node:zlib";
import { MAX_PAYLOAD_PACKETS, readNoop } from "@everwire/protocol";
import type { EnginePacketType, EnginePayload, RawData } from "@everwire/protocol";
import { preferredEncoding } from "../../http/accept-encoding.js";
import { Alarm } from "../deadlines.js";
import { TransportError } from "../errors.js";
import { CLOSE, NOOP, OutgoingPacket } from "../outgoing-packet.js";
import { endAtOnce } from "./end-response.js";
import { PAYLOAD_FORMAT } from "./payload-format.js";
import type { PayloadFormat } from "./payload-format.js";
import { PollingBody } from "./polling-body.js";
import type { BodyOutcome } from "./polling-body.js";
import { Transport } from "./transport.js";
import type { TransportContext } from "./transport.js";

/** What clients of any age can read. */
const CODINGS = ["gzip", "deflate"] as const;

const OCTET_STREAM = "application/octet-stream";

/** How long a close waits for a poll that can carry it, and for a client that reads what it was answered. */
const CLOSE_TIMEOUT_MS = 30_000;
/** The same when nothing needs to be saved any more. */
const CLOSE_GRACE_MS = 1_000;

export class PollingTransport extends Transport {
  /** Headers for the first response only. */
  initialHeaders: OutgoingHttpHeaders | undefined = undefined;
  /** The GET that waits. */
  #poll: ServerResponse | undefined = undefined;
  /** The GET whose answer has not left yet. Another may come meanwhile, but is not answered before. */
  #answered: ServerResponse | undefined = undefined;
  /** The POST that is being read, and what reads it. */
  #post: ServerResponse | undefined = undefined;
  #body: PollingBody | undefined = undefined;
  #bufferedBytes = 0;
  #closeAlarm: Alarm | undefined = undefined;
  readonly #format: PayloadFormat;

  constructor(context: TransportContext, supportsBinary: boolean, format: PayloadFormat = PAYLOAD_FORMAT) {
    super(context, supportsBinary);
    this.#format = format;
  }

  override get name(): "polling" {
    return "polling";
  }

  override get writable(): boolean {
    return this.#poll !== undefined && this.#answered === undefined && this.readyState === "open";
  }

  override get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** The answer to a POST says that its messages have arrived. @internal */
  override get confirms(): boolean {
    return true;
  }

  /** Takes a request of this session. @internal */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "GET") this.#onPoll(response);
    else if (request.method === "POST") this.#onPost(request, response);
    else this.#answer(response, 500, "");
  }

  /** @internal */
  override send(packets: readonly OutgoingPacket[]): void {
    const response = this.#poll;
    if (response === undefined) return;
    this.#poll = undefined;
    this.#answered = response;
    this.#answerPoll(response, this.#format.encode(packets), packets.some(isCompressible));
  }

  #onPoll(response: ServerResponse): void {
    if (this.#poll !== undefined) {
      this.#refuseOverlap(response, "overlap from client");
      return;
    }
    if (this.handler?.onRequest !== undefined && this.handler.onRequest(response.req) === undefined) {
      this.#answer(response, 400, "");
      this.#failPayload("its counts can't be");
      return;
    }
    this.#poll = response;
    let isDelivered = false;
    response.on("finish", () => {
      // HTTP/2 tells of it also where a stream was cut that nothing was written to.
      if (response === this.#poll) return;
      isDelivered = true;
      this.#answered = undefined;
      this.#bufferedBytes = 0;
      this.drained();
      if (this.writable) this.ready();
    });
    response.on("close", () => {
      if (!isDelivered) this.#onPollAborted(response);
    });
    if (this.writable) this.ready();
    else if (this.readyState !== "open") this.#sendClose(NOOP);
  }

  #onPollAborted(response: ServerResponse): void {
    if (response === this.#poll) this.#poll = undefined;
    if (response === this.#answered) this.#answered = undefined;
    this.#bufferedBytes = 0;
    this.fail(new TransportError("ERR_POLL_ABORTED", "poll connection closed prematurely"));
  }

  #onPost(request: IncomingMessage, response: ServerResponse): void {
    if (this.#post !== undefined) {
      this.#refuseOverlap(response, "data request overlap from client");
      return;
    }
    const isBinary = isOctetStream(request.headers["content-type"]);
    if (isBinary && !this.#format.takesBinary) {
      // Only revision 3 of the protocol had binary payloads.
      this.#answer(response, 400, "");
      this.fail(new TransportError("ERR_BODY_TYPE", "failed to read payload: it is not text"));
      return;
    }
    const { maxHttpBufferSize, bodyTimeout } = this.context.opts;
    const limits = { maxBytes: maxHttpBufferSize, timeoutMs: bodyTimeout };
    this.#post = response;
    this.#body = new PollingBody(request, limits, this.context.deadlines, (outcome, bytes) =>
      this.#onBody(response, outcome, bytes, isBinary),
    );
    this.#body.read();
  }

  #onBody(response: ServerResponse, outcome: BodyOutcome, bytes: Buffer, isBinary: boolean): void {
    this.#post = this.#body = undefined;
    switch (outcome) {
      case "complete":
        this.#onPayload(response, this.#format.decode(bytes, isBinary));
        break;
      case "too large":
        // The session lives: nothing of this payload was taken, and the client knows.
        this.#answer(response, 413, "");
        break;
      case "too slow":
        response.shouldKeepAlive = false;
        this.#answer(response, 408, "");
        this.fail(new TransportError("ERR_BODY_TIMEOUT", "failed to read payload: it did not arrive in time"));
        break;
      case "aborted":
        this.fail(new TransportError("ERR_BODY_ABORTED", "data request connection closed prematurely"));
    }
  }

  #onPayload(response: ServerResponse, { packets, malformed }: EnginePayload): void {
    let known = this.handler?.onRequest === undefined ? 0 : this.handler.onRequest(response.req);
    // Answered before the packets are handled, so that the client's next request does not wait for what listeners do. A bad packet
    // is told by the end of the session: those before it have been taken.
    const isRefused = known === undefined || (malformed && packets.length >= MAX_PAYLOAD_PACKETS);
    this.#answer(response, isRefused ? 400 : 200, isRefused ? "" : "ok");
    if (known === undefined) {
      this.#failPayload("its counts can't be");
      return;
    }
    for (const { type, data } of packets) {
      if (known > 0) {
        const counted = countOf(type, data);
        known -= counted;
        if (counted > 0) continue;
      }
      if (type === "close") {
        // The poll that waits is let go: the client has closed, there is nothing to tell it.
        // Also one that came before the answer to the last one had left.
        if (this.#poll !== undefined) this.send([NOOP]);
        this.closed(true);
        return;
      }
      this.handler?.onPacket(type, data);
    }
    if (malformed) this.#failPayload("a packet is malformed");
  }

  #failPayload(why: string): void {
    this.fail(new TransportError("ERR_PAYLOAD_MALFORMED", `failed to read payload: ${why}`));
  }

  protected override doAbandon(): void {
    this.#body?.cancel();
    this.#poll?.destroy();
    this.#answered?.destroy();
    this.#post?.destroy();
    this.#poll = this.#answered = this.#post = this.#body = undefined;
    this.#stopWaiting();
  }

  protected override doClose(discard: boolean): void {
    if (this.#post !== undefined) this.#answer(this.#post, 400, "");
    this.#body?.cancel();
    this.#post = this.#body = undefined;
    if (this.#poll !== undefined) {
      this.#sendClose();
    } else if (discard) {
      this.#stopWaiting();
      this.#limitAnswer(CLOSE_GRACE_MS);
      this.closed(false);
    } else {
      this.#limitAnswer(CLOSE_TIMEOUT_MS);
      this.#closeAlarm = new Alarm(() => this.closed(false));
      this.context.deadlines.set(this.#closeAlarm, CLOSE_TIMEOUT_MS);
    }
  }

  #sendClose(...before: OutgoingPacket[]): void {
    this.#stopWaiting();
    const { endReason } = this;
    this.send([...before, endReason === undefined ? CLOSE : new OutgoingPacket("close", endReason)]);
    this.closed(false);
  }

  protected override closed(byPeer: boolean, isFinal?: boolean): void {
    this.#limitAnswer(CLOSE_TIMEOUT_MS);
    super.closed(byPeer, isFinal);
  }

  // While the session lives its heartbeat minds a client that does not read. Behind it nobody would: the answer, and the connection,
  // would stay as long as the client likes.
  #limitAnswer(timeoutMs: number): void {
    const response = this.#answered;
    if (response === undefined) return;
    this.#answered = undefined;
    const alarm = new Alarm(() => response.destroy());
    this.context.deadlines.set(alarm, timeoutMs);
    response.once("close", () => this.context.deadlines.clear(alarm));
  }

  #stopWaiting(): void {
    if (this.#closeAlarm !== undefined) this.context.deadlines.clear(this.#closeAlarm);
    this.#closeAlarm = undefined;
  }

  #refuseOverlap(response: ServerResponse, message: string): void {
    this.#answer(response, 400, "");
    this.fail(new TransportError("ERR_OVERLAPPING_REQUESTS", message));
  }

  #answer(response: ServerResponse, status: number, body: string): void {
    response.writeHead(
      status,
      this.#headersFor(response, { "Content-Type": "text/html", "Content-Length": body.length }),
    );
    endAtOnce(response, body);
  }

  #answerPoll(response: ServerResponse, body: string | Buffer, isCompressible: boolean): void {
    const { httpCompression } = this.context.opts;
    const bytes = Buffer.byteLength(body);
    this.#bufferedBytes = bytes;
    const coding =
      httpCompression !== false && isCompressible && bytes >= httpCompression.threshold
        ? preferredEncoding(acceptEncodingOf(response), CODINGS)
        : undefined;
    const { textType, headers } = this.#format;
    const type = { "Content-Type": typeof body === "string" ? textType : OCTET_STREAM, ...headers };
    if (coding === undefined || httpCompression === false) {
      response.writeHead(200, this.#headersFor(response, { ...type, "Content-Length": bytes }));
      endAtOnce(response, body);
      return;
    }
    response.writeHead(200, this.#headersFor(response, { ...type, "Content-Encoding": coding }));
    const compressor = coding === "gzip" ? createGzip(httpCompression) : createDeflate(httpCompression);
    compressor.on("error", (cause) => {
      response.destroy();
      this.fail(
        new TransportError("ERR_COMPRESSION_FAILED", `failed to compress response: ${cause.message}`, { cause }),
      );
    });
    response.on("close", () => compressor.destroy());
    compressor.pipe(response);
    compressor.end(body);
  }

  #headersFor(response: ServerResponse, ofBody: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const request = response.req;
    const headers: OutgoingHttpHeaders = {
      ...ofBody,
      "cache-control": "no-store",
      ...this.initialHeaders,
    };
    this.initialHeaders = undefined;
    const userAgent = request.headers["user-agent"];
    // Internet Explorer 8 to 11 would otherwise rewrite responses that look like scripts to it.
    if (userAgent !== undefined && (userAgent.includes(";MSIE") || userAgent.includes("Trident/"))) {
      headers["X-XSS-Protection"] = "0";
    }
    if (this.listenerCount("headers") > 0) this.emit("headers", headers, request);
    this.context.decorateHeaders(headers, request);
    return headers;
  }
}

/** How many messages a packet stands for: itself, or those that a replay leaves out. */
function countOf(type: EnginePacketType, data: RawData | undefined): number {
  if (type === "message") return 1;
  const noop = type === "noop" ? readNoop(data) : undefined;
  return noop !== undefined && "skipped" in noop ? noop.skipped : 0;
}

function isCompressible(packet: OutgoingPacket): boolean {
  return packet.options.compress;
}

function acceptEncodingOf(response: ServerResponse): string | undefined {
  const header = response.req.headers["accept-encoding"];
  return Array.isArray(header) ? header.join() : header;
}

function isOctetStream(contentType: string | undefined): boolean {
  return contentType !== undefined && contentType.toLowerCase().startsWith(OCTET_STREAM);
}
