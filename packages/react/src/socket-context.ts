// The socket that a part of the tree is given, for `useSocket()` without an address. Who gives it opens and closes it.
import type { EventsMap, Socket } from "@everwire/client";
import { createContext, createElement, type ReactElement, type ReactNode } from "react";

export const SocketContext = createContext<Socket | undefined>(undefined);

export interface SocketProviderProps<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  /** From `io()`, or from `useSocket(url)`. */
  socket: Socket<ListenEvents, EmitEvents>;
  children?: ReactNode;
}

/** Gives everything below it a socket: `useSocket()` there returns it. It is neither opened nor closed by this. */
export function SocketProvider<ListenEvents extends EventsMap, EmitEvents extends EventsMap>({
  socket,
  children,
}: SocketProviderProps<ListenEvents, EmitEvents>): ReactElement {
  return createElement(SocketContext.Provider, { value: socket as unknown as Socket }, children);
}
