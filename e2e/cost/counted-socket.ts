// The counting socket. Node documents that any Duplex may be handed to an HTTP server as a connection (`server.emit("connection", duplex)`):
// this one passes everything on to a real TCP connection, and keeps what the server wrote, one entry for each write that would have been a system
// call. Reading can be held, so that what many clients said reaches the server in one turn of the event loop.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

interface Chunk {
  readonly chunk: Buffer;
}

export class CountedSocket extends Duplex {
  /** What each write took, in the buffers that the server handed over; several are one `writev`. */
  readonly writes: (readonly Buffer[])[] = [];
  readonly #tcp: Socket;
  #held: Buffer[] | undefined = undefined;

  constructor(tcp: Socket) {
    super();
    this.#tcp = tcp;
    tcp.on("data", (chunk: Buffer) => {
      if (this.#held !== undefined) this.#held.push(chunk);
      else if (!this.push(chunk)) tcp.pause();
    });
    tcp.on("end", () => this.push(null));
    tcp.on("error", (error) => this.destroy(error));
    tcp.on("close", () => this.destroy());
  }

  get remoteAddress(): string | undefined {
    return this.#tcp.remoteAddress;
  }

  /** Bytes that arrived while reading was held. */
  get heldBytes(): number {
    return (this.#held ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  /** What arrives from now on waits. */
  hold(): void {
    this.#held ??= [];
  }

  /** Hands on what waited, in one piece. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.push(Buffer.concat(held));
  }

  override _read(): void {
    this.#tcp.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push([chunk]);
    this.#tcp.write(chunk);
    this.#onceTaken(done);
  }

  override _writev(chunks: Chunk[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk));
    this.#tcp.cork();
    for (const { chunk } of chunks) this.#tcp.write(chunk);
    this.#tcp.uncork();
    this.#onceTaken(done);
  }

  override _final(done: () => void): void {
    this.#tcp.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#tcp.destroy();
    done(error);
  }

  // As with a TCP socket, a write that the kernel takes at once is over at once: the next one of the same turn is a write of its own.
  #onceTaken(done: () => void): void {
    if (this.#tcp.writableLength === 0) done();
    else this.#tcp.once("drain", done);
  }
}
