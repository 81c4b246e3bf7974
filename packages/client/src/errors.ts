// The client's errors: EverwireError (of the protocol package) > TransportError. Made by transports, the upgrade and the
// session; what users get from the `error` event of the engine and from `connect_error`.
import { EverwireError } from "@everwire/protocol";

/** A transport failed. `message` says which and doing what ("xhr poll error", "websocket error", "probe error: ..."). */
export class TransportError extends EverwireError {
  readonly type = "TransportError";
  /** The HTTP status (0: no answer), or the event of the WebSocket. */
  readonly description: unknown;
  /** The XMLHttpRequest, the response of fetch, or on Node the status and body of the response. */
  readonly context: unknown;
  /** The transport that was probed, when the error is of an upgrade. */
  transport?: string;

  constructor(message: string, description?: unknown, context?: unknown, cause?: unknown) {
    super("ERR_TRANSPORT", message, { cause });
    this.description = description;
    this.context = context;
  }
}

/** What to say to who reaches a server of the protocol before: the sentence that users look up. */
export const V2_SERVER =
  "It seems you are trying to reach a Socket.IO server in v2.x" +
  " with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";

/** The server refused the socket, or can't be understood. `message` is the server's, `data` what its middleware put beside it. */
export class ConnectError extends EverwireError {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the server's author knows
  readonly data: any;

  constructor(reason: string | { message: string; data?: unknown }) {
    super("ERR_CONNECT_REFUSED", typeof reason === "string" ? reason : reason.message);
    this.data = typeof reason === "string" ? undefined : reason.data;
  }
}
