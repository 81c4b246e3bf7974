// RawTcp: a bare TCP connection for what no HTTP library would send: half a request, pipelined ones, bytes one at a time,
// a reset in the middle. The attack tests use it.
import { connect, type Socket } from "node:net";
import { once, until, type WaitOptions, within } from "./wait.js";

export interface RawTcpOptions {
  /** Do not read: what the server sends stays in the kernel's buffers. */
  paused?: boolean;
}

export class RawTcp {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #taken = 0;
  #error: NodeJS.ErrnoException | undefined;
  readonly #closed: Promise<void>;
  #isClosed = false;

  private constructor(socket: Socket, options: RawTcpOptions) {
    this.socket = socket;
    socket.on("error", (error) => {
      this.#error = error;
    });
    this.#closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
    if (options.paused === true) socket.pause();
    else {
      socket.on("data", (chunk: Buffer) => {
        this.#received = Buffer.concat([this.#received, chunk]);
      });
    }
  }

  static async open(port: number, options: RawTcpOptions = {}): Promise<RawTcp> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const tcp = new RawTcp(socket, options);
    await Promise.race([once(socket, "connect"), tcp.#closed]);
    if (tcp.#error !== undefined) throw tcp.#error;
    return tcp;
  }

  /** Everything that came, also what was taken. */
  get received(): Buffer {
    return this.#received;
  }

  get text(): string {
    return this.#received.toString("latin1");
  }

  /** Bytes that came and were not taken. */
  get unreadBytes(): number {
    return this.#received.length - this.#taken;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why the connection broke, if it did. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  write(...data: (string | Uint8Array)[]): void {
    this.socket.write(
      Buffer.concat(data.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part))),
    );
  }

  /** Waits until the bytes received and not taken contain `marker`; takes and returns everything through it. */
  async readThrough(marker: string, options?: WaitOptions): Promise<string> {
    const find = (): number => this.#received.indexOf(marker, this.#taken, "latin1");
    await until(() => find() >= 0 || this.#isClosed, `${JSON.stringify(marker)} on the TCP connection`, options);
    const at = find();
    if (at < 0)
      throw new Error(
        `failed to read ${JSON.stringify(marker)}: closed after ${JSON.stringify(this.text.slice(-300))}`,
      );
    const end = at + Buffer.byteLength(marker, "latin1");
    const text = this.#received.toString("latin1", this.#taken, end);
    this.#taken = end;
    return text;
  }

  /** Takes exactly `count` bytes. */
  async readBytes(count: number, options?: WaitOptions): Promise<Buffer> {
    const has = (): boolean => this.#received.length - this.#taken >= count;
    await until(() => has() || this.#isClosed, `${String(count)} bytes on the TCP connection`, options);
    if (!has()) throw new Error(`failed to read ${String(count)} bytes: the connection closed`);
    const bytes = this.#received.subarray(this.#taken, this.#taken + count);
    this.#taken += count;
    return bytes;
  }

  /** One HTTP answer: head, and a body by Content-Length. */
  async readResponse(options?: WaitOptions): Promise<{ status: number; head: string; body: string }> {
    const head = await this.readThrough("\r\n\r\n", options);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const body = length > 0 ? (await this.readBytes(length, options)).toString("utf8") : "";
    return { status, head, body };
  }

  /** Resolves when the connection is gone, whoever ended it. */
  closed(options?: WaitOptions): Promise<void> {
    return within(this.#closed, "the end of the TCP connection", options);
  }

  /** Sends a reset instead of a FIN. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
