// What the engine refuses and why. Refusals are answers to a request (the numbers 0 to 5 of the Engine.IO server API);
// a TransportError is the description of a session's close. Error tree: Error > EverwireError > TransportError.
// Every ERR_ code has a row in docs/errors.md.
import { EverwireError } from "@everwire/protocol";

/** Numbers that a refused request is answered with, as `Server.errors`. */
export const ERRORS = {
  UNKNOWN_TRANSPORT: 0,
  UNKNOWN_SID: 1,
  BAD_HANDSHAKE_METHOD: 2,
  BAD_REQUEST: 3,
  FORBIDDEN: 4,
  UNSUPPORTED_PROTOCOL_VERSION: 5,
} as const;

export type RefusalCode = (typeof ERRORS)[keyof typeof ERRORS];

/** Texts that go with the numbers, as `Server.errorMessages`. */
export const ERROR_MESSAGES: Readonly<Record<RefusalCode, string>> = {
  0: "Transport unknown",
  1: "Session ID unknown",
  2: "Bad handshake method",
  3: "Bad request",
  4: "Forbidden",
  5: "Unsupported protocol version",
};

/** Why a request is not served: the number for the peer, and for `connection_error` what is behind it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly context: Readonly<Record<string, unknown>>;
  /** Text for the peer when it is not the one of the table. */
  readonly message?: string;
  /** Status line when it is not the one that goes with the code. */
  readonly status?: number;
}

export function refusal(code: RefusalCode, context: Refusal["context"]): Refusal {
  return { code, context };
}

/** A request that makes no sense to this server: number 3, told apart by a name. */
export function badRequest(name: string, context?: Refusal["context"]): Refusal {
  return { code: ERRORS.BAD_REQUEST, context: { name, ...context } };
}

/** A request that this server does not want: number 4. */
export function forbidden(message: string, extra?: { reply?: string; status?: number }): Refusal {
  const base: Refusal = { code: ERRORS.FORBIDDEN, context: { message } };
  if (extra === undefined) return base;
  return {
    ...base,
    ...(extra.reply === undefined ? undefined : { message: extra.reply }),
    ...(extra.status === undefined ? undefined : { status: extra.status }),
  };
}

/** Codes of the engine, each with the class that carries it. */
export const ENGINE_ERROR_CODES = [
  "ERR_POLL_ABORTED",
  "ERR_BODY_ABORTED",
  "ERR_BODY_TIMEOUT",
  "ERR_BODY_TYPE",
  "ERR_OVERLAPPING_REQUESTS",
  "ERR_HEARTBEAT_DIRECTION",
  "ERR_PACKET_MALFORMED",
  "ERR_PAYLOAD_MALFORMED",
  "ERR_COMPRESSION_FAILED",
  "ERR_WEBSOCKET_FAILED",
  "ERR_BUFFER_OVERFLOW",
  "ERR_MISCOUNT",
] as const;

export type EngineErrorCode = (typeof ENGINE_ERROR_CODES)[number];

/** A transport broke, or its peer broke the rules: what `close` gives as its description. */
export class TransportError extends EverwireError {
  declare readonly code: EngineErrorCode;

  /** The peer broke the rules, and would again: no session goes on after it. */
  readonly isFinal: boolean;

  constructor(code: EngineErrorCode, message: string, options?: { cause?: unknown; isFinal?: boolean }) {
    super(code, message, options);
    this.isFinal = options?.isFinal === true;
  }

  override get name(): string {
    return "TransportError";
  }
}
