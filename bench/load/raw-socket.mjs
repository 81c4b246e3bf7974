// A WebSocket client that costs next to nothing: a net.Socket reading into one buffer that all connections share, counting bytes instead of
// parsing frames once the handshake is done.
import { connect } from "node:net";
import { clientFrame, FrameReader } from "./frames.mjs";

const READ_BUFFER = Buffer.allocUnsafe(1 << 18);
const HANDSHAKE_TIMEOUT_MS = 20_000;

export class RawSocket {
  /** Called with the number of bytes, and the bytes, of each read. @type {(count: number, bytes: Buffer) => void} */
  onBytes = () => {};
  onClose = () => {};
  #socket;

  /** Opens a connection and resolves when the peer's handshake is over. @returns {Promise<RawSocket>} */
  static open(port, dialect) {
    return new Promise((resolve, reject) => {
      const raw = new RawSocket();
      const timer = setTimeout(
        () => fail(new Error("failed to connect: the handshake takes too long")),
        HANDSHAKE_TIMEOUT_MS,
      );
      const fail = (error) => {
        clearTimeout(timer);
        raw.#socket.destroy();
        reject(error);
      };
      const done = () => {
        clearTimeout(timer);
        raw.onBytes = () => {};
        resolve(raw);
      };
      raw.onClose = () => fail(new Error("failed to connect: the server closed the connection"));
      raw.#start(port, dialect, done, fail);
    });
  }

  #start(port, dialect, done, fail) {
    const finish = () => {
      this.onClose = () => {};
      done();
    };
    const advance = (text) => {
      const answer = dialect.greet(text);
      if (answer === true) finish();
      else if (answer !== undefined) this.write(clientFrame(answer));
    };
    const frames = new FrameReader();
    const onFrames = (_count, bytes) => {
      try {
        for (const text of frames.push(bytes)) advance(text);
      } catch (error) {
        fail(error);
      }
    };
    let head = "";
    this.onBytes = (_count, bytes) => {
      head += bytes.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!head.startsWith("HTTP/1.1 101 ")) {
        fail(new Error(`failed to connect: ${head.slice(0, 200)}`));
        return;
      }
      this.onBytes = onFrames;
      const rest = Buffer.from(head.slice(end + 4), "latin1");
      advance(undefined);
      if (rest.length > 0) onFrames(rest.length, rest);
    };
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (count, buffer) => {
          this.onBytes(count, buffer.subarray(0, count));
          return true;
        },
      },
    });
    this.#socket.on("error", () => {}); // "close" follows and says so
    this.#socket.on("close", () => this.onClose());
    this.#socket.write(
      `GET ${dialect.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** Resolves when the connection is gone. */
  close() {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      this.onClose = resolve;
      this.#socket.destroy();
    });
  }
}

/** Opens `count` connections, `concurrency` at a time. @returns {Promise<RawSocket[]>} */
export async function openMany(port, dialect, count, concurrency = 50) {
  const sockets = [];
  let opened = 0;
  const worker = async () => {
    while (opened < count) {
      opened++;
      sockets.push(await RawSocket.open(port, dialect));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  return sockets;
}
