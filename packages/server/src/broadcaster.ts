// Every way to reach many sockets at once, as a namespace has it and the server repeats it for its main namespace. Each
// chain starts here with a BroadcastOperator; events for other servers go straight to the adapter.
import type {
  AllButLast,
  DecorateServerAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "@everwire/protocol";
import { emitServerSide } from "./adapter-result.js";
import type { AdapterContract, Room, SocketId } from "./adapter/adapter.js";
import { BroadcastOperator } from "./broadcast.js";
import { serverError } from "./errors.js";
import type { RemoteSocket } from "./remote-socket.js";
import { isOwnEvent, TypedEmitter } from "./typed-emitter.js";

/** Events between servers can't have these names: they are the namespace's own. */
const RESERVED_SERVER_EVENTS: ReadonlySet<unknown> = new Set([
  "connect",
  "connection",
  "new_namespace",
  "listener_error",
]);

type Everyone<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

export abstract class Broadcaster<
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
  ReservedEvents extends EventsMap,
> extends TypedEmitter<ServerSideEvents, ReservedEvents> {
  /** The adapter that delivers. @internal */
  protected abstract get delivery(): AdapterContract;

  /** Sends an event to every socket of the namespace. */
  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    if (isOwnEvent(this, ev, args)) return super.emit(ev, ...(args as unknown[]));
    this.#everyone.emitUntyped(ev as string, args);
    return true;
  }

  /** Sends the event `message` to every socket. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.#everyone.emitUntyped("message", args);
    return this;
  }

  /** The same as `send()`. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** Limits the event to the sockets in a room, or in any of several. */
  to(room: Room | Room[]): Everyone<EmitEvents, SocketData> {
    return this.#everyone.to(room);
  }

  /** The same as `to()`. */
  in(room: Room | Room[]): Everyone<EmitEvents, SocketData> {
    return this.#everyone.to(room);
  }

  /** Leaves out the sockets in a room, or in any of several. */
  except(room: Room | Room[]): Everyone<EmitEvents, SocketData> {
    return this.#everyone.except(room);
  }

  /** Whether the packets may be compressed, where compression was negotiated. */
  compress(compress: boolean): Everyone<EmitEvents, SocketData> {
    return this.#everyone.compress(compress);
  }

  /** A recipient that can't take the event right now never gets it. */
  get volatile(): Everyone<EmitEvents, SocketData> {
    return this.#everyone.volatile;
  }

  /** Only the sockets of this server. */
  get local(): Everyone<EmitEvents, SocketData> {
    return this.#everyone.local;
  }

  /** Milliseconds that the recipients have to acknowledge the event. */
  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateServerAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this.#everyone.timeout(timeout);
  }

  /** Sends an event to the other servers; with a callback at the end, it gets `(err, responses)`. */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    if (RESERVED_SERVER_EVENTS.has(ev)) {
      throw serverError("ERR_RESERVED_EVENT", `"${String(ev)}" is a reserved event name`);
    }
    emitServerSide(this.delivery, [ev, ...(args as unknown[])]);
    return true;
  }

  /** The same with a promise of the responses; it rejects with an error that has them in `responses`. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return new Promise((resolve, reject) => {
      const onAck = (error: Error | null, responses: unknown[]): void => {
        if (error === null) resolve(responses as never);
        else reject(Object.assign(error, { responses }));
      };
      this.serverSideEmit(ev as never, ...([...(args as unknown[]), onAck] as never));
    });
  }

  /** The sockets of every server. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.#everyone.fetchSockets() as Promise<unknown> as Promise<RemoteSocket<EmitEvents, SocketData>[]>;
  }

  /** Makes all sockets join. */
  socketsJoin(room: Room | Room[]): void {
    this.#everyone.socketsJoin(room);
  }

  /** Makes all sockets leave. */
  socketsLeave(room: Room | Room[]): void {
    this.#everyone.socketsLeave(room);
  }

  /** Disconnects all sockets; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    this.#everyone.disconnectSockets(close);
  }

  /** @deprecated `fetchSockets()` says more. */
  allSockets(): Promise<Set<SocketId>> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as deprecated as this
    return this.#everyone.allSockets();
  }

  get #everyone(): Everyone<EmitEvents, SocketData> {
    return new BroadcastOperator(this.delivery);
  }
}
