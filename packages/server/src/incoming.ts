// An event on its way from the connection to users' listeners: catch-all listeners, packet middlewares, then the listeners
// of the event. Whatever fails on the way is reported, and the caller that waits for an answer is told.
import { type Packet, PacketType } from "@everwire/protocol";
import type { AckCallback } from "./acks.js";
import type { CatchAll } from "./catch-all-emitter.js";
import { HIDDEN_ERROR, toPublicError } from "./errors.js";
import { runMiddlewares } from "./middleware.js";
import type { AnyListener, AnySocket } from "./types.js";

/** An event as packet middlewares see it: the name, then the arguments, the acknowledgement last. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the client decides what they are; the middleware checks it
export type Event = [event: string, ...args: any[]];

export type PacketMiddleware = (event: Event, next: (error?: Error) => void) => void;

type OnFailure = ((error: unknown) => void) | undefined;

export function receiveEvent(
  socket: AnySocket,
  packet: Packet,
  catchAll: CatchAll,
  middlewares: readonly PacketMiddleware[] | undefined,
): void {
  const args = packet.data as Event;
  const answer = packet.id === undefined ? undefined : createAnswer(socket, packet.id);
  if (answer !== undefined) args.push(answer);
  if (catchAll !== undefined) {
    const context = socket.errorContext("catch-all", args[0]);
    for (const listener of catchAll) socket.server.boundary.call(context, socket, listener, args);
  }
  const onFailure: OnFailure =
    answer === undefined ? undefined : (error: unknown): void => answerFailure(answer, error);
  if (middlewares === undefined) {
    callListeners(socket, args, onFailure);
    return;
  }
  const context = socket.errorContext("packet-middleware", args[0]);
  runMiddlewares(
    middlewares,
    (middleware, next) =>
      socket.server.boundary.call(context, socket, middleware as AnyListener, [args, next], onFailure),
    (error) => {
      if (error !== undefined) socket.onError(error);
      else if (socket.connected) callListeners(socket, args, onFailure);
    },
  );
}

function callListeners(socket: AnySocket, args: Event, onFailure: OnFailure): void {
  const [event] = args;
  socket.server.boundary.emit(socket, event, args.slice(1), socket.errorContext("listener", event), onFailure);
}

/** Tells the caller that it failed, be it that what the error says of itself can't be sent. */
function answerFailure(answer: AckCallback, error: unknown): void {
  try {
    answer({ error: toPublicError(error) });
  } catch {
    answer({ error: HIDDEN_ERROR });
  }
}

/** The function that a listener gets as its last argument; the first call counts. */
function createAnswer(socket: AnySocket, id: number): AckCallback {
  let isSent = false;
  return (...args) => {
    if (isSent) return;
    if (socket.connected) socket.client.sendPacket({ type: PacketType.ACK, nsp: socket.nsp.name, id, data: args });
    isSent = true;
  };
}
