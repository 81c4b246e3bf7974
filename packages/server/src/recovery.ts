// Connection state recovery as the wire sees it: the private id that a socket is given, and what a returning client sends
// in its CONNECT packet (Socket.IO protocol v5, "Connection to a namespace"; `pid` and `offset` are Socket.IO 4.6's).
import { randomBytes } from "node:crypto";
import { SERVER_DISCONNECT_REASONS, findReason } from "@everwire/protocol";
import type { PrivateSessionId } from "./adapter/adapter.js";

export interface RecoveryRequest {
  readonly pid: PrivateSessionId;
  /** The last one that the client received; undefined when it received none. */
  readonly offset: string | undefined;
}

const PID_BYTES = 18;

export function createPid(): PrivateSessionId {
  return randomBytes(PID_BYTES).toString("base64url");
}

/** What the client asks to take up again, if it asks at all. */
export function readRecoveryRequest(auth: Record<string, unknown>): RecoveryRequest | undefined {
  const { pid, offset } = auth;
  if (typeof pid !== "string") return undefined;
  return { pid, offset: typeof offset === "string" ? offset : undefined };
}

/** Whether a client that was disconnected for this reason may come back to its session. */
export function isRecoverable(reason: string): boolean {
  return findReason(SERVER_DISCONNECT_REASONS, reason)?.recoverable ?? false;
}
