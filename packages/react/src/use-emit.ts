// useEmit: an event that is acknowledged, with what has become of it as state: for a button that waits, and says what came.
import type {
  AllButLast,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  Socket,
} from "@everwire/client";
import { useCallback, useRef, useState } from "react";

export interface EmitOptions {
  /** Milliseconds after which a missing answer is an error; without it, the socket's `ackTimeout`, if there is one. */
  timeoutMs?: number;
}

/** What has become of the newest emit. */
export type EmitState<Answer> =
  | { readonly status: "idle"; readonly answer: undefined; readonly error: undefined }
  | { readonly status: "pending"; readonly answer: undefined; readonly error: undefined }
  | { readonly status: "answered"; readonly answer: Answer; readonly error: undefined }
  | { readonly status: "failed"; readonly answer: undefined; readonly error: Error };

const IDLE = { status: "idle", answer: undefined, error: undefined } as const;
const PENDING = { status: "pending", answer: undefined, error: undefined } as const;

/**
 * A function that emits the event, the same at each render, and the state of its newest call. The function returns a promise of the
 * answer's first argument; it rejects on timeout and when the connection is lost, which is in the state as well, so that nobody has to
 * wait for it.
 */
export function useEmit<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  Event extends EventNamesWithAck<EmitEvents>,
>(
  socket: Socket<ListenEvents, EmitEvents>,
  event: Event,
  { timeoutMs }: EmitOptions = {},
): [
  emit: (
    ...args: AllButLast<EventParams<EmitEvents, Event>>
  ) => Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Event>>>>,
  state: EmitState<FirstNonErrorArg<Last<EventParams<EmitEvents, Event>>>>,
] {
  type Answer = FirstNonErrorArg<Last<EventParams<EmitEvents, Event>>>;
  const [state, setState] = useState<EmitState<Answer>>(IDLE);
  const calls = useRef(0);
  const emit = useCallback(
    (...args: AllButLast<EventParams<EmitEvents, Event>>): Promise<Answer> => {
      const call = ++calls.current;
      const settle = (outcome: EmitState<Answer>): void => {
        if (call === calls.current) setState(outcome);
      };
      setState(PENDING);
      const timed = timeoutMs === undefined ? socket : (socket.timeout(timeoutMs) as unknown as typeof socket);
      const answered = timed.emitWithAck(event, ...args);
      answered.then(
        (answer) => settle({ status: "answered", answer, error: undefined }),
        (error: unknown) => settle({ status: "failed", answer: undefined, error: error as Error }),
      );
      return answered;
    },
    [socket, event, timeoutMs],
  );
  return [emit, state];
}
