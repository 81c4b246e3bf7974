// Types of a socket's own events, beside those of the user's maps. No code comes out of this file.
import type { ClientDisconnectReason } from "@everwire/protocol";
import type { DisconnectDetails } from "./engine/session-events.js";

export interface SocketReservedEvents {
  connect: () => void;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the server's author knows
  connect_error: (error: Error & { data?: any }) => void;
  disconnect: (reason: ClientDisconnectReason, details?: DisconnectDetails) => void;
}
