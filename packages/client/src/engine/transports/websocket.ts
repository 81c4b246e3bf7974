// WebSocketTransport: one packet a message (Engine.IO protocol v4, "WebSocket"). By the platform's port: `ws` on Node, the
// environment's own WebSocket elsewhere.
import type { BinaryType, EnginePacket, RawData } from "@everwire/protocol";
import { nextTick, webSocketPort } from "#platform";
import type { WebSocketLike, WebSocketPort } from "../ports.js";
import type { Timer } from "../timers.js";
import { encodeAll } from "./encode-all.js";
import { Transport } from "./transport.js";
import { globalWebSocketPort } from "./ws-global.js";

/** With more than this in the environment's buffer nothing is added: what waits is the session's, and bounded there. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** A WebSocket has no event for an emptier buffer, so it is looked at. */
const DRAIN_CHECK_MS = 20;

/** How long a closed transport waits for its handshake, so that the server hears of the close. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Any but those by which a session ends. */
const DROPPED_CODE = 4000;

/** Closed in good order (1000), or with no code in the frame (1005): RFC 6455, section 7.4.1. */
const isClean = (code?: number): boolean => code === 1000 || code === 1005;

export class WebSocketTransport extends Transport {
  #socket: WebSocketLike | undefined;
  #closeTimer: Timer;

  override get name(): string {
    return "websocket";
  }

  /** The WebSocket, once it is opening. */
  get ws(): WebSocketLike | undefined {
    return this.#socket;
  }

  protected get port(): WebSocketPort {
    return webSocketPort;
  }

  override open(): this {
    try {
      const socket = this.port.create(this.uri(), this.opts);
      this.#socket = socket;
      socket.onopen = () => {
        if (this.readyState === "opening") this.onOpen();
        else this.#closeSocket();
      };
      socket.onmessage = ({ data }: { data: RawData }) => this.onData(data);
      socket.onclose = (event: { code?: number }) => {
        this.opts.clearTimeoutFn(this.#closeTimer);
        this.onClose({ description: "websocket connection closed", context: event }, isClean(event.code));
      };
      socket.onerror = (event: { error?: unknown }) => this.onError("websocket error", event, undefined, event.error);
    } catch (error) {
      // No WebSocket here, or an address that it refuses; never in the turn of open().
      nextTick(() => this.onError("websocket error", error, undefined, error));
    }
    return this;
  }

  override setBinaryType(type: BinaryType): void {
    super.setBinaryType(type);
    if (this.#socket) this.#socket.binaryType = type;
  }

  override send(packets: EnginePacket[]): void {
    this.writable = false;
    encodeAll(packets, !this.opts.forceBase64, (frames) => {
      const socket = this.#socket;
      if (!socket || this.readyState !== "open") return;
      frames.forEach((frame, index) => {
        this.port.send(socket, frame, packets[index]?.options?.compress !== false, this.opts);
      });
      this.#drain();
    });
  }

  override close(code?: number): this {
    const { handler, readyState: state } = this;
    this.handler = undefined;
    if (state !== "closing" && state !== "closed") {
      this.moveTo(this.#socket ? "closing" : "closed");
      this.writable = false;
      // The server may have a session for this handshake by now, and would keep the place of one that is just gone.
      if (state === "opening" && !this.query.sid)
        this.#closeTimer = this.opts.setTimeoutFn(() => this.#closeSocket(), CLOSE_TIMEOUT_MS);
      else this.#closeSocket(code);
      handler?.onClose();
    }
    return this;
  }

  override drop(): void {
    this.handler = undefined;
    this.close(DROPPED_CODE);
  }

  #closeSocket(code?: number): void {
    // Old engines take `undefined` for the code 0, and throw.
    if (code) this.#socket?.close(code);
    else this.#socket?.close();
  }

  #drain(): void {
    nextTick(() => {
      if (this.readyState !== "open") return;
      if (this.#socket && this.#socket.bufferedAmount > HIGH_WATER_BYTES) {
        this.opts.setTimeoutFn(() => this.#drain(), DRAIN_CHECK_MS);
        return;
      }
      this.writable = true;
      this.handler?.onDrain();
    });
  }
}

/** The environment's own WebSocket, on Node too. */
export class GlobalWebSocket extends WebSocketTransport {
  protected override get port(): WebSocketPort {
    return globalWebSocketPort;
  }
}
