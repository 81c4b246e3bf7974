// One HTTP connection that is kept alive, with one request under way at a time, for next to nothing.
import { connect } from "node:net";

export class HttpLane {
  #socket;
  #host;
  #received = Buffer.alloc(0);
  #answered;

  constructor(port) {
    this.#host = `127.0.0.1:${port}`;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("error", () => {}); // "close" follows and says so
    this.#socket.on("close", () =>
      this.#answered?.reject(new Error("failed to poll: the server closed the connection")),
    );
    this.#socket.on("data", (bytes) => this.#onData(bytes));
  }

  /** @returns {Promise<string>} the body of an answer with status 200; any other one is an error */
  get(path) {
    return this.#ask(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
  }

  /** @param {string} body ASCII @returns {Promise<string>} */
  post(path, body) {
    return this.#ask(
      `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: text/plain;charset=UTF-8\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  #ask(request) {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#socket.write(request, "latin1");
    });
  }

  #onData(bytes) {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#received.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith("HTTP/1.1 200 ") || length === undefined) {
      this.#answered.reject(new Error(`failed to poll: ${this.#received.latin1Slice(0, 300)}`));
      return;
    }
    const whole = end + 4 + Number(length);
    if (this.#received.length < whole) return;
    const body = this.#received.latin1Slice(end + 4, whole);
    this.#received = this.#received.subarray(whole);
    this.#answered.resolve(body);
  }

  /** Resolves when the connection is gone. */
  close() {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      this.#answered = undefined;
      this.#socket.on("close", resolve);
      this.#socket.destroy();
    });
  }
}
