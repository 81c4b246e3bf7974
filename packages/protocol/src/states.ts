// The state machines of both sides, each one table; `transition` is the one setter. Only its owner moves a machine.
// Closing is a state, not an error, and a closed session or transport is never opened again: there is a new one.
import { EverwireError } from "./errors.js";

/** For each state the states that may follow it. */
export type TransitionTable<S extends string = string> = Readonly<Record<S, readonly S[]>>;

export type TransportState = "opening" | "open" | "pausing" | "paused" | "closing" | "closed";

/** One transport. Pausing is the client's polling transport before an upgrade: its running requests end first. */
export const TRANSPORT_STATES = {
  opening: ["open", "closing", "closed"],
  open: ["pausing", "paused", "closing", "closed"],
  pausing: ["paused", "open", "closing", "closed"],
  paused: ["open", "closing", "closed"],
  closing: ["closed"],
  closed: [],
} as const satisfies TransitionTable<TransportState>;

export type SessionState = "opening" | "open" | "suspended" | "closing" | "closed";

/** One Engine.IO session. Closing: what was buffered is still sent. Suspended: it has no transport and waits to be resumed. */
export const SESSION_STATES = {
  opening: ["open", "closing", "closed"],
  open: ["suspended", "closing", "closed"],
  suspended: ["open", "closed"],
  closing: ["closed"],
  closed: [],
} as const satisfies TransitionTable<SessionState>;

export type UpgradeState = "opening" | "probing" | "probed" | "upgraded" | "failed";

/** One try to move a session to another transport. Probed: the other side has answered, the old transport is being silenced. */
export const UPGRADE_STATES = {
  opening: ["probing", "failed"],
  probing: ["probed", "failed"],
  probed: ["upgraded", "failed"],
  upgraded: [],
  failed: [],
} as const satisfies TransitionTable<UpgradeState>;

export type ManagerState = "closed" | "opening" | "open" | "reconnecting";

/** The client's manager. Reconnecting: it waits for the next try, which is an opening like the first. */
export const MANAGER_STATES = {
  closed: ["opening", "reconnecting"],
  opening: ["open", "closed", "reconnecting"],
  open: ["closed", "reconnecting"],
  reconnecting: ["opening", "closed"],
} as const satisfies TransitionTable<ManagerState>;

export type SocketState = "disconnected" | "connecting" | "connected";

/** A socket in its namespace, on either side. */
export const SOCKET_STATES = {
  disconnected: ["connecting"],
  connecting: ["connected", "disconnected"],
  connected: ["disconnected"],
} as const satisfies TransitionTable<SocketState>;

/** Whether a machine may go from one state to another. */
export function canMove<S extends string>(table: TransitionTable<S>, from: S, to: S): boolean {
  return table[from].includes(to);
}

/** Moves a machine: returns the new state, throws ERR_ILLEGAL_STATE when the table has no such step. */
export function transition<S extends string>(table: TransitionTable<S>, from: S, to: S): S {
  if (!canMove(table, from, to)) {
    throw new EverwireError("ERR_ILLEGAL_STATE", `failed to change state: no step leads from ${from} to ${to}`);
  }
  return to;
}
