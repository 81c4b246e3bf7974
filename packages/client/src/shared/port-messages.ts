// What a tab and the shared worker say to each other over a MessagePort. Both ends are built by themselves and have each their own short
// names, so that nothing but arrays and the names of users' options goes over. Types, and the one name both need.
import type { CloseReason, RawData } from "@everwire/protocol";
import type { ResumeSummary, SendOptions } from "../engine/session-events.js";
import type { ManagerOptions } from "../options.js";

/**
 * Name of the worker, as developer tools show it. Browsers tell workers apart by script and name: with the number of this dialect in it,
 * a page of a later release never talks to a worker that an earlier one has started and still holds.
 */
export const WORKER_NAME = "everwire 1";

/** From a tab. */
export type TabMessage =
  /** It wants a connection; the first message of a port. */
  | ["open", uri: string | undefined, options: Partial<ManagerOptions>]
  /** It holds the Web Lock of this name for as long as it lives. */
  | ["lock", name: string]
  /** One chunk of a packet: its text, or an attachment. */
  | ["send", chunk: RawData, options: SendOptions | undefined]
  /** It wants the connection no more, but may be woken. */
  | ["close"]
  /** The answer to each "ask": all before it has been taken. */
  | ["ack"]
  /** The page was shown, or the network is back. */
  | ["wake"]
  /** It says no more and hears nothing. */
  | ["bye"];

/** What the tab shows of the session from now on. */
export interface SessionView {
  readyState?: "open" | "suspended" | "closed";
  id?: string | undefined;
  transport?: { name: string };
}

/** From the worker: a name, what changes in the tab's view, what the event has to say. */
export type WorkerMessage =
  | ["open", SessionView]
  | ["message", undefined, chunk: RawData]
  | ["ping", undefined]
  | ["suspend", SessionView, reason: CloseReason, details: PlainDetails | undefined]
  | ["resume", SessionView, ResumeSummary]
  | ["upgrade", SessionView]
  /** What a TransportError is made of. */
  | ["error", SessionView, message: string, description?: unknown]
  | ["close", SessionView, reason: CloseReason, details: PlainDetails | undefined]
  /** To be answered by "ack". */
  | ["ask", undefined]
  /** Another tab opens the connection again: now is the time to join. */
  | ["wake", undefined]
  /** These options can't be shared. */
  | ["refuse", undefined, why: string];

/** Details of a close, without what can't leave its thread. */
export interface PlainDetails {
  description: string;
  code?: string;
}
