// Errors of the socket layer. Tree: Error > EverwireError. Every code has a row in docs/errors.md. Texts that users of
// Socket.IO compare with are kept as they know them; the code is what to compare with here.
import { EverwireError } from "@everwire/protocol";

/** Codes that the socket layer of the server raises or reports. */
export const SERVER_ERROR_CODES = [
  "ERR_ACK_TIMEOUT",
  "ERR_DISCONNECTED",
  "ERR_INVALID_SERVER",
  "ERR_INVALID_OPTION",
  "ERR_LISTENER",
  "ERR_NAMESPACE_PATTERN",
  "ERR_NOT_SUPPORTED",
  "ERR_RESERVED_EVENT",
  "ERR_TOO_MANY_ACKS",
  "ERR_TOO_MANY_ROOMS",
  "ERR_ATTACHMENTS_TIMEOUT",
] as const;

export type ServerErrorCode = (typeof SERVER_ERROR_CODES)[number];

export function serverError(code: ServerErrorCode, message: string, options?: { cause?: unknown }): EverwireError {
  return new EverwireError(code, message, options);
}

/** An error with something for the client in `data`; given to `next` by a middleware, it reaches the client's `connect_error`. */
export interface ExtendedError extends Error {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the middleware wants the client to have
  data?: any;
}

/** What a client is told of an error that its request ran into. */
export interface PublicError {
  message: string;
  code?: string;
  data?: unknown;
}

/** What a client is told of an error that is none of its business. */
export const HIDDEN_ERROR: PublicError = Object.freeze({ message: "internal server error", code: "ERR_LISTENER" });

/**
 * What may leave the process of an error that was thrown, not passed on: nothing, unless the error says `expose: true`
 * (the convention of http-errors), for its message may hold a query, a path or a key.
 */
export function toPublicError(error: unknown): PublicError {
  if (!isExposed(error)) return HIDDEN_ERROR;
  const { message, code } = error;
  const data: unknown = error.data;
  return {
    message,
    ...(typeof code === "string" ? { code } : { code: "ERR_LISTENER" }),
    ...(data === undefined ? undefined : { data }),
  };
}

interface ExposedError extends ExtendedError {
  expose: true;
  code?: unknown;
}

function isExposed(error: unknown): error is ExposedError {
  return error instanceof Error && "expose" in error && error.expose === true;
}
