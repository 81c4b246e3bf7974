// Types of a socket's own events, beside those of the user's maps, and of what it emits. No code comes out of this file.
import type { ClientDisconnectReason, EventNames, EventParams, EventsMap } from "@everwire/protocol";
import type { FirstNonErrorArg, Last } from "@everwire/protocol";
import type { AckCallback } from "./acks.js";
import type { DisconnectDetails } from "./engine/session-events.js";
import type { OutgoingPacket } from "./manager.js";

export interface SocketReservedEvents {
  connect: () => void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the server's author knows
  connect_error: (error: Error & { data?: any }) => void;
  disconnect: (reason: ClientDisconnectReason, details?: DisconnectDetails) => void;
}

/** What `emitWithAck` promises. */
export type AnswerOf<Events extends EventsMap, Event extends EventNames<Events>> = FirstNonErrorArg<
  Last<EventParams<Events, Event>>
>;

/** What the next emit is to be like. */
export type Flags = OutgoingPacket["options"];

/** An event of a socket with `retries`, which waits for its turn or its answer. */
export interface QueuedEvent {
  data: unknown[];
  flags: Flags;
  timeoutMs: number | undefined;
  callback: AckCallback;
  /** How many tries failed. */
  tries: number;
}
