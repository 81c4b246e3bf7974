// useConnection: how a socket's connection stands, as a component shows it.
import type { EventsMap, Socket } from "@everwire/client";
import { useSyncExternalStore } from "react";
import { BEFORE, ConnectionWatch, type Connection } from "./connection-watch.js";

/**
 * The state of the socket's connection. The component renders again when it changes, and all components see the same one in one render.
 * On a server it is `connecting`.
 */
export function useConnection<ListenEvents extends EventsMap, EmitEvents extends EventsMap>(
  socket: Socket<ListenEvents, EmitEvents>,
): Connection {
  const watch = ConnectionWatch.of(socket);
  return useSyncExternalStore(watch.subscribe, watch.read, () => BEFORE);
}
