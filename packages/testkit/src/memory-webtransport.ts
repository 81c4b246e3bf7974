// memoryWebTransport(): both halves of a WebTransport session on in-memory streams, for what real ones can't show: where bytes are cut,
// how a session dies, what a client's page is called. A write is done when the other half has read it: there is no buffer between.
import { deferred } from "./wait.js";
import type { RawBidirectionalStream } from "./raw-packet-stream.js";

export interface MemoryCloseInfo {
  readonly closeCode: number;
  readonly reason: string;
}

/** Cuts what is written into pieces, each read by itself. */
export type Slicer = (chunk: Uint8Array) => Uint8Array[];

export class MemorySession {
  readonly #closed = deferred<MemoryCloseInfo>();
  readonly closed = this.#closed.promise;
  readonly ready: Promise<void> = Promise.resolve();
  readonly incomingBidirectionalStreams: ReadableStream<RawBidirectionalStream>;
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  readonly datagrams: { readonly readable: ReadableStream<Uint8Array> };
  header: Record<string, string> | undefined = undefined;
  /** How often `close` was called. */
  closeCalls = 0;
  peer: MemorySession | undefined = undefined;
  readonly #slice: Slicer;
  readonly #controllers: TransformStreamDefaultController<Uint8Array>[] = [];
  #streams: ReadableStreamDefaultController<RawBidirectionalStream> | undefined;
  #oneWay: ReadableStreamDefaultController<ReadableStream<Uint8Array>> | undefined;
  #datagrams: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;

  constructor(slice: Slicer) {
    this.#slice = slice;
    // Marked as handled (W3C WebTransport, section 6).
    this.closed.catch(() => undefined);
    this.incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => void (this.#streams = controller),
    });
    this.incomingUnidirectionalStreams = new ReadableStream({
      start: (controller) => void (this.#oneWay = controller),
    });
    this.datagrams = { readable: new ReadableStream({ start: (controller) => void (this.#datagrams = controller) }) };
  }

  createBidirectionalStream(): Promise<RawBidirectionalStream> {
    if (this.#isOver) return Promise.reject(new Error("the session is closed"));
    const [there, back] = [this.#pipe(), this.#pipe()];
    this.peer?.accept({ readable: there.readable, writable: back.writable });
    return Promise.resolve({ readable: back.readable, writable: there.writable });
  }

  /** A stream comes in. */
  accept(stream: RawBidirectionalStream): void {
    this.#streams?.enqueue(stream);
  }

  /** A one-way stream comes in. */
  acceptOneWay(stream: ReadableStream<Uint8Array>): void {
    this.#oneWay?.enqueue(stream);
  }

  acceptDatagram(bytes: Uint8Array): void {
    this.#datagrams?.enqueue(bytes);
  }

  /** What is queued in front of a reader that does not come. */
  get unread(): readonly number[] {
    return [this.#streams, this.#oneWay, this.#datagrams].map((controller) => 1 - (controller?.desiredSize ?? 1));
  }

  close(info: MemoryCloseInfo = { closeCode: 0, reason: "" }): void {
    this.closeCalls += 1;
    this.end(() => this.#closed.resolve(info));
    this.peer?.end(() => this.peer?.settle(info));
  }

  /** The connection below breaks: both halves end with an error. */
  break(error: Error): void {
    this.end(() => this.#closed.reject(error));
    this.peer?.end(() => this.peer?.settle(error));
  }

  settle(outcome: MemoryCloseInfo | Error): void {
    if (outcome instanceof Error) this.#closed.reject(outcome);
    else this.#closed.resolve(outcome);
  }

  end(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const gone = new Error("the session is gone");
    for (const controller of this.#controllers) controller.error(gone);
    this.#streams?.close();
    this.#oneWay?.close();
    this.#datagrams?.close();
    settle();
  }

  #pipe(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => {
        this.#controllers.push(controller);
      },
      transform: (chunk, controller) => {
        for (const piece of this.#slice(Uint8Array.from(chunk))) controller.enqueue(piece);
      },
    });
  }
}

/** The two halves. `slice` cuts what either of them writes. */
export function memoryWebTransport(slice: Slicer = (chunk) => [chunk]): {
  client: MemorySession;
  server: MemorySession;
} {
  const client = new MemorySession(slice);
  const server = new MemorySession(slice);
  client.peer = server;
  server.peer = client;
  return { client, server };
}
