// A connection of `ws` that knows its transport and tells it of everything by itself: no listener, and so no table of listeners, which
// would be 120 bytes of every idle connection. Listeners of the user hear the same. Made by websocket-acceptor.ts.
import { WebSocket } from "ws";
import type { WebSocketTransport } from "./websocket.js";

/** RFC 6455 section 7.4.1 */
const PROTOCOL_ERROR = 1002;
const MESSAGE_TOO_BIG = 1009;

export class EngineWebSocket extends WebSocket {
  transport: WebSocketTransport | undefined = undefined;
  /** `ws` was told to leave pings to the transport: it answers each by itself, in one write each, even if nobody reads the answers. */
  leavesPings = false;
  #isClosing = false;
  #hasIllegalLength = false;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const isTold = this.transport !== undefined && this.#tell(this.transport, event, args);
    // An error that nobody listens to would be thrown.
    if (isTold && this.listenerCount(event) === 0) return true;
    return super.emit(event, ...args);
  }

  override close(code?: number, data?: string | Buffer): void {
    if (this.#isClosing) return;
    if (this.readyState === WebSocket.OPEN) this.transport?.onClosing();
    if (code !== MESSAGE_TOO_BIG) {
      super.close(code, data);
      return;
    }
    // RFC 6455 section 5.2: the most significant bit of a 64-bit length must be 0, anything else is a protocol error. `ws` tells
    // which of the two it was in the `error` event, right after this call.
    this.#isClosing = true;
    process.nextTick(() => super.close(this.#hasIllegalLength ? PROTOCOL_ERROR : MESSAGE_TOO_BIG, data));
  }

  #tell(transport: WebSocketTransport, event: string | symbol, args: readonly unknown[]): boolean {
    switch (event) {
      case "message":
        // The binary type is left at "nodebuffer".
        transport.onMessage(args[0] as Buffer, args[1] as boolean);
        return true;
      case "ping":
        if (this.leavesPings) transport.onPing(args[0] as Buffer);
        return this.leavesPings;
      case "close":
        transport.onWebSocketClose(args[0] as number);
        return true;
      case "error":
        // The peer sent a length with more than 53 bits, which `ws` counts as too big a message.
        if ((args[0] as { code?: string }).code === "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH")
          this.#hasIllegalLength = true;
        transport.onWebSocketError(args[0] as Error);
        return true;
      default:
        return false;
    }
  }
}
