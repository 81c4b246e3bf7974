// A WebSocket client that costs next to nothing: a net.Socket reading into one buffer that all connections share, counting bytes instead of
// parsing frames once the handshake is done.
import { connect } from "node:net";
import { clientFrame, FrameReader } from "./frames.mjs";
import { ResumeCount } from "./resume-count.mjs";

const READ_BUFFER = Buffer.allocUnsafe(1 << 18);
const HANDSHAKE_TIMEOUT_MS = 20_000;

export class RawSocket {
  /** Called with the number of bytes, and the bytes, of each read. @type {(count: number, bytes: Buffer) => void} */
  onBytes = () => {};
  onClose = () => {};
  #socket;
  #sid;
  /** The number of the try to resume, above that of every earlier one. */
  #leg = 0;
  #count;

  /**
   * Opens a connection and resolves when the peer's handshake is over. @returns {Promise<RawSocket>}
   * @param {RawSocket} [broken] the connection whose session this one resumes, where the dialect has that
   */
  static open(port, dialect, broken) {
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
      raw.#start(port, dialect, broken, done, fail);
    });
  }

  #start(port, dialect, broken, done, fail) {
    const finish = () => {
      this.onClose = () => {};
      // One message from the server belongs to the handshake.
      if (dialect.resume) this.#count = new ResumeCount(broken?.#count.received ?? 1, (frame) => this.write(frame));
      done();
    };
    const advance = (text) => {
      if (dialect.resume && text?.startsWith("0{")) {
        const { sid, resume } = JSON.parse(text.slice(1));
        if (resume === undefined) throw new Error("failed to connect: the server does not resume sessions");
        this.#sid = sid;
        if (resume.received !== undefined) return finish();
      }
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
          const bytes = buffer.subarray(0, count);
          if (this.#count === undefined) this.onBytes(count, bytes);
          else this.#onCounted(this.#count.push(bytes));
          return true;
        },
      },
    });
    this.#socket.on("error", () => {}); // "close" follows and says so
    this.#socket.on("close", () => {
      this.#count?.stop();
      this.onClose();
    });
    if (broken !== undefined) this.#leg = broken.#leg + 1;
    const resume = broken === undefined ? "" : `&sid=${broken.#sid}&resume=${broken.#count.received}&leg=${this.#leg}`;
    this.#socket.write(
      `GET ${dialect.path}${resume} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
  }

  #onCounted(bytes) {
    if (bytes.length > 0) this.onBytes(bytes.length, bytes);
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** Resolves when the connection is gone. A session that could be resumed is ended, so that the server does not wait for it. */
  close() {
    return this.#end(() => {
      if (this.#count === undefined) this.#socket.destroy();
      else this.#socket.end(clientFrame("1"));
    });
  }

  /** The connection breaks: resolves when it is gone. */
  break() {
    return this.#end(() => this.#socket.destroy());
  }

  #end(end) {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      this.onClose = resolve;
      end();
    });
  }
}

/**
 * Opens `count` connections, `concurrency` at a time. @returns {Promise<RawSocket[]>}
 * @param {RawSocket[]} [broken] whose sessions they resume, where the dialect has that
 */
export async function openMany(port, dialect, count, concurrency = 50, broken = []) {
  const sockets = [];
  let opened = 0;
  const worker = async () => {
    while (opened < count) sockets.push(await RawSocket.open(port, dialect, broken[opened++]));
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  return sockets;
}
