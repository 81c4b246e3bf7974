// The main namespace seen through the server: every method of it that users know is repeated here, and the emitter's.
import type {
  AllButLast,
  DecorateAcknowledgements,
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
import type { Room, SocketId } from "./adapter/adapter.js";
import type { BroadcastOperator } from "./broadcast.js";
import type { Namespace, ServerReservedEvents } from "./namespace.js";
import type { RemoteSocket } from "./remote-socket.js";
import { TypedEmitter } from "./typed-emitter.js";

type Everyone<EmitEvents extends EventsMap, SocketData> = BroadcastOperator<
  DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
  SocketData
>;

export abstract class ServerFacade<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends TypedEmitter<ServerSideEvents, ServerReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
  /** The main namespace. */
  abstract readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  use(middleware: Parameters<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>["use"]>[0]): this {
    this.sockets.use(middleware);
    return this;
  }

  override emit<Ev extends EventNamesWithoutAck<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.sockets.emit(ev, ...args);
  }

  send(...args: EventParams<EmitEvents, "message">): this {
    this.sockets.send(...args);
    return this;
  }

  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  to(room: Room | Room[]): Everyone<EmitEvents, SocketData> {
    return this.sockets.to(room);
  }

  in(room: Room | Room[]): Everyone<EmitEvents, SocketData> {
    return this.sockets.in(room);
  }

  except(room: Room | Room[]): Everyone<EmitEvents, SocketData> {
    return this.sockets.except(room);
  }

  compress(compress: boolean): Everyone<EmitEvents, SocketData> {
    return this.sockets.compress(compress);
  }

  get volatile(): Everyone<EmitEvents, SocketData> {
    return this.sockets.volatile;
  }

  get local(): Everyone<EmitEvents, SocketData> {
    return this.sockets.local;
  }

  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this.sockets.timeout(timeout);
  }

  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    return this.sockets.serverSideEmit(ev, ...args);
  }

  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return this.sockets.serverSideEmitWithAck(ev, ...args);
  }

  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.sockets.fetchSockets();
  }

  socketsJoin(room: Room | Room[]): void {
    this.sockets.socketsJoin(room);
  }

  socketsLeave(room: Room | Room[]): void {
    this.sockets.socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }

  /** @deprecated `fetchSockets()` says more. */
  allSockets(): Promise<Set<SocketId>> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as deprecated as this
    return this.sockets.allSockets();
  }
}

const EMITTER_METHODS = [
  "addListener",
  "eventNames",
  "getMaxListeners",
  "listenerCount",
  "listeners",
  "off",
  "on",
  "once",
  "prependListener",
  "prependOnceListener",
  "rawListeners",
  "removeAllListeners",
  "removeListener",
  "setMaxListeners",
] as const;

type Method = (...args: unknown[]) => unknown;
type AnyFacade = { sockets: Record<string, Method> } & object;

for (const name of EMITTER_METHODS) {
  Object.defineProperty(ServerFacade.prototype, name, {
    value: function (this: AnyFacade, ...args: unknown[]): unknown {
      const result = this.sockets[name]?.(...args);
      return result === this.sockets ? this : result;
    },
    writable: true,
    configurable: true,
  });
}
