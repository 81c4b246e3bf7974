// Why sessions close and sockets disconnect: the names that users compare with, a stable number for each, a sentence for people,
// and what follows. The engine, the socket layers and the diagnostics of both sides read these tables; nobody writes the names anew.

export interface Reason {
  readonly name: string;
  /** Stable number, from the range that RFC 6455, section 7.4.2, leaves to applications. */
  readonly code: number;
  /** One sentence for people. */
  readonly text: string;
  /** Whether the server keeps what it needs for connection state recovery. */
  readonly recoverable: boolean;
  /** Whether the client connects again by itself. */
  readonly reconnects: boolean;
}

/** Why an Engine.IO session closed, as either side sees it. */
export type CloseReason =
  | "transport close"
  | "transport error"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "buffer overflow"
  | "session expired"
  | "session unknown";

/** Why a socket disconnected, as the server sees it. */
export type ServerDisconnectReason =
  | CloseReason
  | "client namespace disconnect"
  | "server namespace disconnect"
  | "server shutting down"
  | "forced server close"
  | "too many messages";

/** Why a socket disconnected, as the client sees it. */
export type ClientDisconnectReason = CloseReason | "io server disconnect" | "io client disconnect";

type ReasonTable<Name extends string> = { readonly [Key in Name]: Reason & { readonly name: Key } };

function reason<Name extends string>(
  name: Name,
  code: number,
  text: string,
  follows: { recoverable: boolean; reconnects: boolean },
): Reason & { readonly name: Name } {
  return Object.freeze({ name, code, text, ...follows });
}

const LOST = { recoverable: true, reconnects: true };
const BROKEN = { recoverable: false, reconnects: true };
const FINAL = { recoverable: false, reconnects: false };

/** Session reasons on the server: the other end is a client that will come back. */
export const CLOSE_REASONS: ReasonTable<CloseReason> = {
  "transport close": reason("transport close", 4000, "The other side closed the connection, or the network did.", LOST),
  "transport error": reason("transport error", 4001, "The connection broke with an error.", LOST),
  "forced close": reason("forced close", 4002, "This side closed the session.", LOST),
  "ping timeout": reason("ping timeout", 4003, "The other side did not answer in time.", LOST),
  "parse error": reason("parse error", 4004, "The other side sent something that is no valid packet.", BROKEN),
  "buffer overflow": reason(
    "buffer overflow",
    4005,
    "The other side did not read fast enough, and too much was waiting for it.",
    BROKEN,
  ),
  "session expired": reason(
    "session expired",
    4006,
    "The connection broke and the session was not resumed in time.",
    LOST,
  ),
  "session unknown": reason(
    "session unknown",
    4007,
    "The server no longer has the session that was to be resumed: it was closed there, or the server is another one.",
    LOST,
  ),
};

/** Disconnect reasons on the server. */
export const SERVER_DISCONNECT_REASONS: ReasonTable<ServerDisconnectReason> = {
  ...CLOSE_REASONS,
  "client namespace disconnect": reason("client namespace disconnect", 4010, "The client left the namespace.", FINAL),
  "server namespace disconnect": reason(
    "server namespace disconnect",
    4011,
    "The server put the socket out of the namespace.",
    FINAL,
  ),
  "server shutting down": reason("server shutting down", 4012, "The server is shutting down.", LOST),
  "forced server close": reason(
    "forced server close",
    4013,
    "The server closed the connection: the client broke the protocol or joined no namespace in time.",
    LOST,
  ),
  "too many messages": reason("too many messages", 4014, "The client sent more messages a second than it may.", BROKEN),
};

/** Disconnect reasons on the client. A close of its own making is meant to last. */
export const CLIENT_DISCONNECT_REASONS: ReasonTable<ClientDisconnectReason> = {
  ...CLOSE_REASONS,
  "forced close": reason("forced close", 4002, "This side closed the connection.", FINAL),
  "io server disconnect": reason(
    "io server disconnect",
    4020,
    "The server put the socket out of the namespace.",
    FINAL,
  ),
  "io client disconnect": reason("io client disconnect", 4021, "This side left the namespace.", FINAL),
};

/** Finds a reason by the text that a listener was given; `undefined` when a table does not know it. */
export function findReason<Name extends string>(
  table: ReasonTable<Name>,
  name: string,
): (Reason & { readonly name: Name }) | undefined {
  return Object.prototype.hasOwnProperty.call(table, name) ? table[name as Name] : undefined;
}
