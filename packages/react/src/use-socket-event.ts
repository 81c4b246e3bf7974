// useSocketEvent, useSocketValue: what a component does with events. One listener a component and event is on the socket, from mount to
// unmount; which function it calls changes with each render, and the listener does not.
import type {
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  Socket,
  SocketReservedEvents,
} from "@everwire/client";
import { useEffect, useInsertionEffect, useRef, useState } from "react";

/**
 * Calls `listener` with each event of this name while the component is mounted: always the one of the newest render, so that it sees
 * the newest props and state and needs no list of dependencies. `connect`, `connect_error` and `disconnect` are events, too.
 */
export function useSocketEvent<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Event extends ReservedOrUserEventNames<SocketReservedEvents, ListenEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  event: Event,
  listener: ReservedOrUserListener<SocketReservedEvents, ListenEvents, Event>,
): void {
  const newest = useRef(listener);
  // Of a render that was committed: not of one that React began and threw away.
  useInsertionEffect(() => {
    newest.current = listener;
  });
  useEffect(() => {
    const source = socket as unknown as Socket;
    const call = (...args: unknown[]): unknown => (newest.current as (...args: unknown[]) => unknown)(...args);
    source.on(event as string, call);
    return () => void source.off(event as string, call);
  }, [socket, event]);
}

/**
 * The first argument of the last event of this name, and `initial` before the first one. Another socket or another name begins anew.
 * An event of several arguments needs `useSocketEvent` and a state of the component's own.
 */
export function useSocketValue<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Event extends EventNames<ListenEvents>,
>(socket: Socket<ListenEvents, EmitEvents>, event: Event): EventParams<ListenEvents, Event>[0] | undefined;
export function useSocketValue<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Event extends EventNames<ListenEvents>,
  Initial,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  event: Event,
  initial: Initial,
): EventParams<ListenEvents, Event>[0] | Initial;
export function useSocketValue(socket: Socket, event: string, initial?: unknown): unknown {
  const [last, setLast] = useState<{ socket: Socket; event: string; value: unknown }>();
  useSocketEvent(socket, event, (value: unknown) => setLast({ socket, event, value }));
  return last?.socket === socket && last.event === event ? last.value : initial;
}
