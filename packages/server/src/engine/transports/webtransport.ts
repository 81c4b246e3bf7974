// The WebTransport transport: one session, and its first bidirectional stream, which carries all packets in frames. Other streams and
// datagrams are no part of the protocol. A batch is written piece by piece as the stream takes it, so what a peer does not read is
// counted here. Made by webtransport-handshake.ts; driven by the session.
import { StreamFrameReader, decodeEnginePacket } from "@everwire/protocol";
import { Alarm } from "../deadlines.js";
import { TransportError } from "../errors.js";
import type { OutgoingPacket } from "../outgoing-packet.js";
import { Transport } from "./transport.js";
import type { TransportContext } from "./transport.js";
import { encodeStreamFrames } from "./webtransport-frame.js";
import { BROKEN, closeSession, isCleanEnd } from "./webtransport-session.js";
import type { BidirectionalStream, WebTransportSession } from "./webtransport-session.js";

/** What was sent before a graceful close may take this long to leave. */
const FLUSH_TIMEOUT_MS = 10_000;
/** What a peer may take to end a session whose stream has ended. */
const CLOSE_GRACE_MS = 1_000;

export class WebTransportTransport extends Transport {
  readonly #session: WebTransportSession;
  readonly #reader: ReturnType<BidirectionalStream["readable"]["getReader"]>;
  readonly #writer: ReturnType<BidirectionalStream["writable"]["getWriter"]>;
  readonly #frames: StreamFrameReader;
  #writable = true;
  #unwrittenBytes = 0;
  /** The batch that is being written, or the last one. Never rejects. */
  #batch: Promise<void> = Promise.resolve();

  constructor(context: TransportContext, session: WebTransportSession, { readable, writable }: BidirectionalStream) {
    super(context, true);
    this.#session = session;
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#frames = new StreamFrameReader(context.opts.maxHttpBufferSize, (payload, isBinary) => {
      this.#onFrame(payload, isBinary);
    });
  }

  override get name(): "webtransport" {
    return "webtransport";
  }

  override get writable(): boolean {
    return this.#writable && this.readyState === "open";
  }

  override get bufferedBytes(): number {
    return this.#unwrittenBytes;
  }

  /** Begins to read; `handler` is set by now. @internal */
  start(): void {
    this.#session.closed.then(
      (info) => this.closed(true, isCleanEnd(info)),
      () => this.closed(true, false),
    );
    void this.#read();
  }

  /** @internal */
  override send(packets: readonly OutgoingPacket[]): void {
    this.#writable = false;
    this.#batch = this.#write(encodeStreamFrames(packets));
  }

  protected override doClose(discard: boolean): void {
    if (discard) closeSession(this.#session);
    else void this.#finish();
    this.closed(false);
  }

  protected override doAbandon(): void {
    closeSession(this.#session, BROKEN);
  }

  async #read(): Promise<void> {
    for (;;) {
      let chunk: Uint8Array | undefined;
      try {
        const { done, value } = await this.#reader.read();
        if (!done) chunk = value;
      } catch {
        this.#onBroken();
        return;
      }
      if (chunk === undefined) break;
      if (this.#frames.read(chunk)) continue;
      this.fail(
        new TransportError(
          "ERR_PACKET_MALFORMED",
          "failed to read frame: it is empty, or longer than maxHttpBufferSize",
        ),
      );
      return;
    }
    closeSession(this.#session);
    this.closed(true);
  }

  #onFrame(payload: Uint8Array, isBinary: boolean): void {
    const { handler } = this;
    if (handler === undefined) return;
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    try {
      if (isBinary) {
        handler.onPacket("message", bytes);
        return;
      }
      const packet = decodeEnginePacket(bytes.toString("utf8"), "nodebuffer");
      if (packet === undefined) {
        this.fail(new TransportError("ERR_PACKET_MALFORMED", "failed to read packet: it has no known type"));
      } else handler.onPacket(packet.type, packet.data);
    } catch (error) {
      rethrowLater(error);
    }
  }

  async #write(pieces: Buffer[]): Promise<void> {
    for (const piece of pieces) this.#unwrittenBytes += piece.length;
    try {
      // Taken out one by one, so that what has left is not held by what has not.
      for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
        await this.#writer.write(piece);
        this.#unwrittenBytes -= piece.length;
      }
    } catch {
      // The peer reads no more of this stream, and there is no other.
      this.#onBroken();
      return;
    }
    this.#writable = true;
    try {
      this.drained();
      this.ready();
    } catch (error) {
      rethrowLater(error);
    }
  }

  /** The stream was reset, or went with the session. In that case the session says in the same turn whether the client wanted it. */
  #onBroken(): void {
    setImmediate(() => {
      closeSession(this.#session, BROKEN);
      this.closed(true, false);
    });
  }

  /**
   * The end of the stream, behind what was sent before; then the peer closes the session. Closing it here would overtake what is still
   * on its way: a session that is closed drops what its streams have not delivered.
   */
  async #finish(): Promise<void> {
    const { deadlines } = this.context;
    const alarm = new Alarm(() => closeSession(this.#session));
    const onEnd = (): void => deadlines.clear(alarm);
    deadlines.set(alarm, FLUSH_TIMEOUT_MS);
    this.#session.closed.then(onEnd, onEnd);
    await this.#batch;
    try {
      await this.#writer.close();
      if (alarm.queue !== undefined) deadlines.set(alarm, CLOSE_GRACE_MS);
    } catch {
      closeSession(this.#session);
    }
  }
}

/** What a listener throws is the process's affair, as it is on the other transports; the stream is read on. */
function rethrowLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
