// A WebSocket connection of our own, on the socket that came with the `upgrade` event: it reads frames straight from it, minds the closing
// handshake (RFC 6455 section 7), and tells its transport of the rest. Beside a connection of `ws` it takes a quarter less of the server's time for a
// message in a burst, and a kilobyte less of its memory. It has no extensions and no subprotocol; where one is negotiated, or another WebSocket engine
// is used, the connections are those of `ws`, and it has those of their members that make sense here. Made by websocket-acceptor.ts.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { LazyEmitter } from "../../emitter.js";
import { Alarm } from "../deadlines.js";
import type { Deadlines } from "../deadlines.js";
import { Opcode } from "./frame-format.js";
import { encodeRawFrame } from "./frame.js";
import { FrameReader, MAX_CONTROL_BYTES, isCloseCode } from "./frame-reader.js";
import type { WebSocketTransport } from "./websocket.js";

/** RFC 6455 section 7.4.1: never on the wire. */
const NO_STATUS = 1005;
const ABNORMAL_CLOSURE = 1006;

/** The connection of a socket that was taken over; a property of the socket, so that its listeners can be shared by all. */
const OWNER = Symbol("WebSocket");

interface OwnedSocket extends Duplex {
  [OWNER]?: PlainWebSocket;
}

/** As users of `ws` know them. */
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** What a closing handshake may take before the connection is cut. */
export const CLOSE_TIMEOUT_MS = 10_000;

const EMPTY = Buffer.alloc(0);

type Sent = (error?: Error | null) => void;

// To its reader it is a FrameSink: those members are not published, so that is checked where it is handed over.
export class PlainWebSocket extends LazyEmitter {
  transport: WebSocketTransport | undefined = undefined;
  /** OPEN (1), CLOSING (2) or CLOSED (3). */
  readyState: 1 | 2 | 3 = OPEN;
  /** @internal */
  isReading = true;
  readonly #socket: OwnedSocket;
  readonly #deadlines: Deadlines;
  readonly #reader: FrameReader;
  #response: string | undefined;
  #closeCode = ABNORMAL_CLOSURE;
  #closeReason: Buffer = EMPTY;
  #closeAlarm: Alarm | undefined = undefined;

  /**
   * @param response to the handshake, which is to leave with the first frames, or by `respond`
   * @param head what was read of the socket already
   */
  constructor(socket: Duplex, response: string, head: Buffer, deadlines: Deadlines, maxPayload: number) {
    super();
    this.#response = response;
    this.#socket = socket;
    this.#deadlines = deadlines;
    this.#reader = new FrameReader(this, maxPayload);
    this.#socket[OWNER] = this;
    if (socket instanceof Socket) {
      // The heartbeat minds it, and not the timeout that the HTTP server has for its connections.
      if (socket.timeout) socket.setTimeout(0);
      socket.setNoDelay();
    }
    if (head.length > 0) socket.unshift(head);
    socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  }

  get extensions(): "" {
    return "";
  }

  get protocol(): "" {
    return "";
  }

  get binaryType(): "nodebuffer" {
    return "nodebuffer";
  }

  /** Bytes that wait for the network. */
  get bufferedAmount(): number {
    return this.#socket.writableLength;
  }

  get isPaused(): boolean {
    return this.#socket.isPaused();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** What is still to be written before any frame. @internal */
  takeResponse(): string | undefined {
    const response = this.#response;
    this.#response = undefined;
    return response;
  }

  /** Writes the response to the handshake, unless it has left with a frame. @internal */
  respond(): void {
    const response = this.takeResponse();
    if (response !== undefined) this.#socket.write(response, "latin1");
  }

  /** Writes a message past the session, which does not count it. The callback runs once it has left. */
  send(data: string | Uint8Array, options?: { readonly binary?: boolean } | Sent, callback?: Sent): void {
    const onSent = typeof options === "function" ? options : callback;
    const isBinary = (typeof options === "object" ? options.binary : undefined) ?? typeof data !== "string";
    this.#write(isBinary ? Opcode.BINARY : Opcode.TEXT, data, onSent);
  }

  /** At most 125 bytes. @throws RangeError if there are more */
  ping(data: string | Uint8Array = ""): void {
    checkControl(data);
    this.#write(Opcode.PING, data);
  }

  /** At most 125 bytes. @throws RangeError if there are more */
  pong(data: string | Uint8Array = ""): void {
    checkControl(data);
    this.#write(Opcode.PONG, data);
  }

  /**
   * Begins the closing handshake, and cuts the connection if the peer takes too long over it.
   * @param code one that may be sent (RFC 6455 section 7.4); none by default
   * @param reason at most 123 bytes; only with a code
   * @throws RangeError on another code, or on too long a reason
   */
  close(code?: number, reason: string | Uint8Array = ""): void {
    if (this.readyState !== OPEN) return;
    const payload = closePayload(code, reason);
    this.transport?.onClosing();
    this.#sendClose(payload);
  }

  #sendClose(payload: Uint8Array): void {
    // A listener may have closed it while the rest left.
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    this.respond();
    this.#socket.write(encodeRawFrame(Opcode.CLOSE, payload));
    // It is the server that closes the connection, once both have said so (RFC 6455 section 7.1.1).
    if (!this.isReading) this.#end();
    this.#limitClose();
  }

  /** A peer that reads nothing would be waited for. */
  #limitClose(): void {
    if (this.#closeAlarm !== undefined) return;
    this.#closeAlarm = new Alarm(() => this.#socket.destroy());
    this.#deadlines.set(this.#closeAlarm, CLOSE_TIMEOUT_MS);
  }

  /** Cuts the connection. */
  terminate(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSING;
    // Nor what is behind in the chunk that is being read.
    this.isReading = false;
    this.#socket.destroy();
  }

  /** @internal */
  onText(bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    this.transport?.onText(bytes, start, end, isAscii);
    if (this.listenerCount("message") > 0) this.emit("message", bytes.subarray(start, end), false);
  }

  /** @internal */
  onBinary(data: Buffer): void {
    this.transport?.onBinary(data);
    if (this.listenerCount("message") > 0) this.emit("message", data, true);
  }

  /** @internal */
  onPing(data: Buffer): void {
    this.transport?.onPing(data);
    if (this.listenerCount("ping") > 0) this.emit("ping", data);
  }

  /** @internal */
  onPong(data: Buffer): void {
    if (this.listenerCount("pong") > 0) this.emit("pong", data);
  }

  /** @internal */
  onCloseFrame(code: number, reason: Buffer): void {
    this.isReading = false;
    this.#closeCode = code;
    this.#closeReason = reason;
    this.#conclude(code === NO_STATUS ? undefined : code, reason);
  }

  /** @internal */
  onViolation(code: number, why: string): void {
    this.isReading = false;
    // First, for the transport would close with another code.
    this.#conclude(code);
    this.transport?.onWebSocketFault(why);
    if (this.listenerCount("error") > 0) this.emit("error", new Error(`failed to read WebSocket: ${why}`));
  }

  /** The peer sends no more. @internal */
  onEnd(): void {
    this.readyState = CLOSING;
    this.#socket.end();
    this.#limitClose();
  }

  /** @internal */
  onSocketClose(): void {
    this.readyState = CLOSED;
    if (this.#closeAlarm !== undefined) this.#deadlines.clear(this.#closeAlarm);
    this.transport?.onWebSocketClose(this.#closeCode);
    if (this.listenerCount("close") > 0) this.emit("close", this.#closeCode, this.#closeReason);
  }

  /** @internal */
  read(chunk: Buffer): void {
    if (this.isReading) this.#reader.read(chunk);
  }

  /** Nothing of the peer is wanted any more. */
  #conclude(code: number | undefined, reason?: Uint8Array): void {
    if (this.readyState === OPEN) this.close(code, reason);
    else this.#end();
  }

  /** A socket that is paused would never hear that the peer has ended too. */
  #end(): void {
    this.#socket.end();
    this.#socket.resume();
  }

  #write(opcode: number, data: string | Uint8Array, callback?: Sent): void {
    if (this.readyState === OPEN) {
      this.respond();
      this.#socket.write(encodeRawFrame(opcode, data), callback);
    } else callback?.(new Error("failed to send: the WebSocket is not open"));
  }
}

function closePayload(code: number | undefined, reason: string | Uint8Array): Uint8Array {
  if (code === undefined) return EMPTY;
  if (!isCloseCode(code)) throw new RangeError(`failed to close: ${code} is no code that may be sent`);
  const text = Buffer.from(reason);
  if (text.length > MAX_CONTROL_BYTES - 2) throw new RangeError("failed to close: the reason has more than 123 bytes");
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return payload;
}

function checkControl(data: string | Uint8Array): void {
  if (Buffer.byteLength(data) > MAX_CONTROL_BYTES)
    throw new RangeError(`failed to send: more than ${MAX_CONTROL_BYTES} bytes for a control frame`);
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  const webSocket = this[OWNER];
  try {
    webSocket?.read(chunk);
  } catch (error) {
    // A listener of the user threw, which is the process's affair. Where the next frame begins is not known any more.
    webSocket?.terminate();
    throw error;
  }
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]?.onEnd();
}

/** `close` follows. */
function onError(this: OwnedSocket): void {
  this.destroy();
}

function onClose(this: OwnedSocket): void {
  this[OWNER]?.onSocketClose();
}
