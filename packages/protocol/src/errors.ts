// Error tree of the protocol, and the base class of every error in the project:
//   Error > EverwireError > ProtocolError
// A ProtocolError means that the peer's bytes are wrong: the layer above closes the session. Anything else is the caller's fault
// and is thrown at once. Every code has a row in docs/errors.md.

/** Base of all errors: `code` is stable ("ERR_…"), `message` is for people, `cause` is what was underneath. */
export class EverwireError extends Error {
  readonly code: string;

  /** Without a message the code is one, as in the minified bundles of the client. */
  constructor(code: string, message = code, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  override get name(): string {
    return "EverwireError";
  }
}

/** The peer sent something that the protocol does not allow. */
export class ProtocolError extends EverwireError {
  override get name(): string {
    return "ProtocolError";
  }
}

/** Codes that this package raises, each with the class that carries it. */
export const PROTOCOL_ERROR_CODES = [
  "ERR_INVALID_PAYLOAD",
  "ERR_UNKNOWN_PACKET_TYPE",
  "ERR_UNKNOWN_CHUNK",
  "ERR_ILLEGAL_ATTACHMENT_COUNT",
  "ERR_TOO_MANY_ATTACHMENTS",
  "ERR_ATTACHMENTS_TOO_LARGE",
  "ERR_ILLEGAL_PLACEHOLDER",
  "ERR_UNEXPECTED_TEXT",
  "ERR_UNEXPECTED_BINARY",
  "ERR_INVALID_HANDSHAKE",
] as const;

export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number];

/** Codes of caller faults that this package raises. */
export const CALLER_ERROR_CODES = [
  "ERR_CIRCULAR_DATA",
  "ERR_DATA_TOO_DEEP",
  "ERR_NOT_SERIALIZABLE",
  "ERR_RESERVED_PLACEHOLDER",
  "ERR_ILLEGAL_STATE",
] as const;

export type CallerErrorCode = (typeof CALLER_ERROR_CODES)[number];
