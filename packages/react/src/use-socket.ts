// useSocket: the socket of a component: the one that all components share which ask for the same, or the one that it was given.
import { EverwireError, type DefaultEventsMap, type EventsMap, type IoOptions, type Socket } from "@everwire/client";
import { useContext, useEffect, useInsertionEffect, useState } from "react";
import { SharedSocket } from "./shared-socket.js";
import { SocketContext } from "./socket-context.js";

/** The socket of the `<SocketProvider>` above. Without one it throws `ERR_NO_SOCKET`. */
export function useSocket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(): Socket<ListenEvents, EmitEvents>;
/**
 * One socket for all components that give the same address and equal options. It opens when the first of them is mounted and closes
 * when the last one is gone; what is emitted before waits. Nothing opens on a server.
 *
 * `url` and `options` are those of `io()`: `"/"` is the server of the page. Options are compared by value; another address or other
 * options give another socket. `forceNew: true` gives each component one of its own, and with `autoConnect: false` nothing opens
 * before `socket.connect()`.
 */
export function useSocket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(url: string, options?: IoOptions): Socket<ListenEvents, EmitEvents>;
export function useSocket(url?: string, options?: IoOptions): Socket {
  const given = useContext(SocketContext);
  const find = (): SharedSocket | undefined => (url === undefined ? undefined : SharedSocket.find(url, options));
  const [held, hold] = useState(find);
  const isSame = url === undefined ? held === undefined : held?.isFor(url, options);
  const shared = isSame ? held : find();
  if (shared !== held) hold(shared);

  const auth = options?.auth;
  // Before any effect that could open the socket.
  useInsertionEffect(() => {
    if (shared && typeof auth === "function") shared.socket.auth = auth;
  }, [shared, auth]);
  useEffect(() => shared?.use(), [shared]);

  const socket = shared ? shared.socket : given;
  if (!socket)
    throw new EverwireError(
      "ERR_NO_SOCKET",
      "failed to find a socket: useSocket() without a url needs a <SocketProvider>",
    );
  return socket;
}
