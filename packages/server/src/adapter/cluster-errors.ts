// Errors of servers that work together. The texts of requests that nobody answered are those that users of Socket.IO
// know; every code has a row in docs/errors.md.
import { EverwireError } from "@everwire/protocol";

export type ClusterErrorCode =
  | "ERR_CLUSTER_CLOSED"
  | "ERR_CLUSTER_MESSAGE"
  | "ERR_CLUSTER_OVERLOADED"
  | "ERR_CLUSTER_PUBLISH"
  | "ERR_CLUSTER_TIMEOUT";

export function clusterError(code: ClusterErrorCode, message: string, options?: { cause?: unknown }): EverwireError {
  return new EverwireError(code, message, options);
}

/** The same with what went wrong below as its cause and at the end of its text. */
export function clusterFailure(code: ClusterErrorCode, what: string, cause: unknown): EverwireError {
  return clusterError(code, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
