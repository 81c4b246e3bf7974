// The WebSocket transport. Frames leave by our own hand, in one write a batch, on the socket that came with the `upgrade` event (Node's public
// API), always whole; plain-websocket.ts reads them. Where permessage-deflate was negotiated, or another WebSocket engine is used, that
// one reads, inflates and sends.
// Made by websocket-acceptor.ts; driven by the session.
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { decodeEnginePacket } from "@everwire/protocol";
import type { Reason } from "@everwire/protocol";
import { Alarm } from "../deadlines.js";
import { TransportError } from "../errors.js";
import { toBuffer } from "../outgoing-packet.js";
import type { OutgoingPacket } from "../outgoing-packet.js";
import { encodeText } from "./encode-text.js";
import { EngineWebSocket } from "./engine-websocket.js";
import { PlainWebSocket } from "./plain-websocket.js";
import { writeFrames } from "./frame.js";
import { Transport } from "./transport.js";
import type { TransportContext } from "./transport.js";

const MESSAGE_CODE = 0x34;

/** What a peer may take to answer a close frame when nothing needs to be saved any more. */
const CLOSE_GRACE_MS = 1_000;

/** Pings of one turn that are all answered. */
const MAX_PONGS = 16;

/** RFC 6455 section 7.4.1 */
const NORMAL_CLOSURE = 1000;
/** Browsers send it for a page or a worker that is no more. */
const GOING_AWAY = 1001;
const NO_STATUS = 1005;

/** A connection of `ws`, of an engine like it, or of our own. */
export type AnyWebSocket = WebSocket | PlainWebSocket;

/** Listens to a connection that another WebSocket engine has made. */
function listenTo(webSocket: WebSocket, transport: WebSocketTransport): void {
  webSocket
    .on("message", (data, isBinary) => transport.onMessage(data as Buffer, isBinary))
    .on("close", (code) => transport.onWebSocketClose(code))
    .on("error", (error) => transport.onWebSocketError(error));
}

export class WebSocketTransport extends Transport {
  readonly #webSocket: AnyWebSocket;
  /** Where ready frames are written to; undefined if they go through `ws`. */
  readonly #stream: Duplex | undefined;
  #writable = true;
  /** What the next pongs answer. */
  #pongs: Buffer[] | undefined = undefined;

  /** `stream` is the one under the WebSocket, if frames may be written to it. */
  constructor(context: TransportContext, webSocket: AnyWebSocket, stream: Duplex | undefined, supportsBinary: boolean) {
    super(context, supportsBinary);
    this.#webSocket = webSocket;
    this.#stream = stream;
    if (webSocket instanceof PlainWebSocket || webSocket instanceof EngineWebSocket) webSocket.transport = this;
    else listenTo(webSocket, this);
  }

  /** The WebSocket of this connection. */
  get socket(): AnyWebSocket {
    return this.#webSocket;
  }

  override get name(): "websocket" {
    return "websocket";
  }

  override get writable(): boolean {
    // Nothing may follow a close frame (RFC 6455 section 5.5.1).
    return this.#writable && this.readyState === "open" && this.#webSocket.readyState === WebSocket.OPEN;
  }

  override get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** @internal */
  override send(packets: readonly OutgoingPacket[]): void {
    this.#writable = false;
    if (this.#stream === undefined) {
      this.#sendThroughEngine(packets);
    } else if (writeFrames(this.#stream, packets, this.supportsBinary, this.#takeResponse())) {
      this.#writable = true;
      this.drained();
      // The session looks by itself, at the end of the turn.
      if (this.listenerCount("ready") > 0) this.emit("ready");
    } else {
      this.#stream.once("drain", () => this.#onSent());
    }
  }

  /** @internal */
  onMessage(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.onBinary(data);
    else this.onText(data, 0, data.length, false);
  }

  /** @internal */
  onBinary(data: Buffer): void {
    this.handler?.onPacket("message", data);
  }

  /** The text is in the bytes from `start` to `end`. @internal */
  onText(bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    const { handler } = this;
    if (handler === undefined) return;
    // Of ASCII the cheaper reading, which copies.
    const encoding = isAscii ? "latin1" : "utf8";
    if (start < end && bytes[start] === MESSAGE_CODE) {
      // Nearly every packet is one of these: no packet object, no second copy of the text.
      handler.onPacket("message", end > start + 1 ? bytes.toString(encoding, start + 1, end) : undefined);
    } else {
      const packet = decodeEnginePacket(bytes.toString(encoding, start, end), "nodebuffer");
      if (packet === undefined) {
        this.fail(new TransportError("ERR_PACKET_MALFORMED", "failed to read packet: it has no known type"));
      } else handler.onPacket(packet.type, packet.data);
    }
  }

  /**
   * RFC 6455 section 5.5.3: of several pings only the last needs an answer. So there are a few pongs a turn of the event loop, and
   * none while the peer does not read: a flood costs neither memory nor writes. @internal
   */
  onPing(data: Buffer): void {
    if (this.#pongs === undefined) {
      this.#pongs = [Buffer.from(data)];
      setImmediate(sendPongs, this);
    } else this.#pongs[Math.min(this.#pongs.length, MAX_PONGS - 1)] = Buffer.from(data);
  }

  /** A close frame is about to leave: what was sent before it goes first. @internal */
  onClosing(): void {
    if (this.#stream?.writableNeedDrain !== true) this.sendPongs();
    if (this.writable) this.handler?.onReady();
  }

  /** @internal */
  onWebSocketError(error: Error & { code?: string }): void {
    // A frame that is against the rules or too large would come again.
    const isFinal = error.code?.startsWith("WS_ERR_") === true;
    const why = `failed to read WebSocket: ${error.message}`;
    this.fail(new TransportError("ERR_WEBSOCKET_FAILED", why, { cause: error, isFinal }));
  }

  /** The peer broke the rules of the protocol, and would again. @internal */
  onWebSocketFault(why: string): void {
    this.fail(new TransportError("ERR_WEBSOCKET_FAILED", `failed to read WebSocket: ${why}`, { isFinal: true }));
  }

  /** @internal */
  onWebSocketClose(code: number): void {
    this.#pongs = undefined;
    this.closed(true, code === NORMAL_CLOSURE || code === GOING_AWAY || code === NO_STATUS);
  }

  /** @internal */
  sendPongs(): void {
    const pongs = this.#pongs;
    if (pongs === undefined || this.#webSocket.readyState !== WebSocket.OPEN) return;
    if (this.#stream?.writableNeedDrain === true) {
      this.#stream.once("drain", () => this.sendPongs());
    } else {
      this.#pongs = undefined;
      this.#stream?.cork();
      for (const data of pongs) this.#webSocket.pong(data);
      this.#stream?.uncork();
    }
  }

  protected override doClose(discard: boolean): void {
    if (discard) this.#discard();
    else this.#sendClose();
    this.closed(false);
  }

  /** Closes with the number of a reason, for a client that can't read another answer. @internal */
  dismiss({ code, name }: Reason): void {
    this.#webSocket.close(code, name);
    this.closed(false);
  }

  protected override doAbandon(): void {
    this.#pongs = undefined;
    this.#webSocket.terminate();
  }

  // What the socket has taken still leaves, with a close frame behind it, if the peer reads it soon. One that was cut off for reading nothing will not.
  #discard(): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState === WebSocket.CLOSED) return;
    if (this.endReason === "buffer overflow" && this.#stream?.writableNeedDrain === true) {
      webSocket.terminate();
      return;
    }
    this.#sendClose();
    const alarm = new Alarm(() => webSocket.terminate());
    this.context.deadlines.set(alarm, CLOSE_GRACE_MS);
    webSocket.once("close", () => this.context.deadlines.clear(alarm));
  }

  #sendClose(): void {
    const { endReason } = this;
    if (endReason === undefined) this.#webSocket.close();
    else this.#webSocket.close(NORMAL_CLOSURE, endReason);
  }

  #sendThroughEngine(packets: readonly OutgoingPacket[]): void {
    const { perMessageDeflate } = this.context.opts;
    const last = packets.length - 1;
    for (const [index, packet] of packets.entries()) {
      const { data, options } = packet;
      const isBinary = data !== undefined && typeof data !== "string" && this.supportsBinary;
      const compress =
        perMessageDeflate !== false && options.compress && packet.byteLength >= perMessageDeflate.threshold;
      const content = isBinary ? toBuffer(data) : encodeText(packet);
      // A write that failed is followed by `close`; the packets were not sent, so nobody is told that they were.
      const onSent = (error?: Error | null): void => (error instanceof Error ? undefined : this.#onSent());
      this.#webSocket.send(content, { binary: isBinary, compress }, index === last ? onSent : undefined);
    }
  }

  /** The response to the handshake, if these are the first frames behind it. */
  #takeResponse(): string | undefined {
    return this.#webSocket instanceof PlainWebSocket ? this.#webSocket.takeResponse() : undefined;
  }

  #onSent(): void {
    this.#writable = true;
    this.drained();
    this.ready();
  }
}

function sendPongs(transport: WebSocketTransport): void {
  transport.sendPongs();
}
