// WebTransportTransport: one session, and in it one stream of frames (PROTOCOL.md, "WebTransport"). By the environment's own class: a
// browser's, or on Node the one that the user has put there.
import type { EnginePacket } from "@everwire/protocol";
import { encodeEnginePacket } from "#codec";
import { bytesOf, frameOf, readFrames } from "./stream-frames.js";
import { Transport, type TransportState } from "./transport.js";

/**
 * Most bytes of one write. Libraries copy what does not fit into the peer's window, once for each time that the window grows; and one
 * that carries sessions over a WebSocket does not get over a write of 64 KiB.
 */
const PIECE_BYTES = 32_768;
/** Largest frame that is accepted where `maxPayload` says nothing. */
const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;
/** What the server may take to close a session whose stream has ended. */
const CLOSE_GRACE_MS = 1_000;

/** How a session is closed that the server is not to take for the end of what it carried. */
const BROKEN: WebTransportCloseInfo = { closeCode: 1, reason: "" };

export class WebTransportTransport extends Transport {
  #session: WebTransport | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** The batch that is being written, or the last one. */
  #batch: Promise<void> | undefined;

  override get name(): string {
    return "webtransport";
  }

  override open(): this {
    void this.#run().then(
      () => this.#onEnd(),
      (error: unknown) => {
        // Later the end of the session tells why.
        if (this.readyState === "opening") this.#fail(error);
        else this.#closeSession();
      },
    );
    return this;
  }

  override send(packets: EnginePacket[]): void {
    this.writable = false;
    this.#batch = this.#write(packets);
    void this.#batch.then(
      () => {
        if (this.readyState !== "open") return;
        this.writable = true;
        this.handler?.onDrain();
      },
      () => this.#closeSession(),
    );
  }

  override close(): this {
    const { handler } = this;
    this.handler = undefined;
    if (this.readyState !== "closing" && this.readyState !== "closed") {
      this.moveTo(this.#session ? "closing" : "closed");
      this.writable = false;
      void this.#finish();
      handler?.onClose();
    }
    return this;
  }

  /** Not in good order, which for the server is the end of the session too. */
  override drop(): void {
    this.handler = undefined;
    const { readyState: state } = this;
    if (state === "closed") return;
    this.moveTo("closed");
    this.writable = false;
    // Before it is open, `#run` sees to it.
    if (state !== "opening") this.#closeSession(BROKEN);
  }

  /** From the first byte to the last; rejects when something breaks. */
  async #run(): Promise<void> {
    const { maxPayload = DEFAULT_MAX_BYTES, transportOptions } = this.opts;
    // Encrypted always; the query stays here, for servers tell sessions apart by their path alone.
    const uri = `https${this.uri("").replace(/^s?|\?.*/g, "")}`;
    const session = new WebTransport(uri, transportOptions[this.name] as WebTransportOptions | undefined);
    this.#session = session;
    session.closed.then(
      (info) => this.#onEnd(info),
      (error: unknown) => {
        this.#fail(error);
        this.#onEnd();
      },
    );
    await session.ready;
    const { readable, writable } = await session.createBidirectionalStream();
    // Closed meanwhile: not before now, for libraries do not hear a close before they are ready.
    if (this.readyState !== "opening") {
      this.#closeSession();
      return;
    }
    this.#writer = (writable as WritableStream<Uint8Array>).getWriter();
    const { sid } = this.query;
    await this.#write([{ type: "open", data: sid ? JSON.stringify({ sid }) : "" }]);
    // It may have been closed meanwhile.
    if ((this.readyState as TransportState) === "opening") this.onOpen();

    const decoder = new TextDecoder();
    const reader = (readable as ReadableStream<Uint8Array>).getReader();
    await readFrames(reader, maxPayload, (payload, isBinary) => {
      // What can't be a frame is no packet either.
      if (this.readyState === "open") this.onData(isBinary ? payload.buffer : payload ? decoder.decode(payload) : "");
    });
    this.#closeSession();
  }

  async #write(packets: EnginePacket[]): Promise<void> {
    const frames: Blob[] = [];
    packets.forEach((packet) => encodeEnginePacket(packet, true, (encoded) => frames.push(frameOf(encoded))));
    const bytes = await bytesOf(frames);
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      await this.#writer?.write(bytes.subarray(start, start + PIECE_BYTES));
    }
  }

  /**
   * Ends the stream behind what was sent before, and leaves it to the server to close the session: closed from here, it would drop what
   * is still on its way.
   */
  async #finish(): Promise<void> {
    if (!this.#writer) return;
    const { setTimeoutFn, clearTimeoutFn } = this.opts;
    const timer = setTimeoutFn(() => this.#closeSession(), CLOSE_GRACE_MS);
    const stop = (): void => clearTimeoutFn(timer);
    this.#session?.closed.then(stop, stop);
    try {
      await this.#batch;
      await this.#writer.close();
    } catch {
      this.#closeSession();
    }
  }

  /** Once only: there are libraries that break when they are told twice. */
  #closeSession(info?: WebTransportCloseInfo): void {
    const session = this.#session;
    this.#session = undefined;
    try {
      session?.close(info);
    } catch {
      // The server was faster.
    }
  }

  #onEnd(info?: WebTransportCloseInfo): void {
    // There are libraries for which the loss of the connection is an end with a code. The server closes without one.
    this.onClose({ description: "webtransport connection closed", context: info }, !info?.closeCode);
  }

  #fail(error: unknown): void {
    this.onError("webtransport error", error, undefined, error);
  }
}
