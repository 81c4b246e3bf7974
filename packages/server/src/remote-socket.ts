// A socket as `fetchSockets()` shows it when it is connected to another server: what was known of it then, and the few
// things that can be done to it from here.
import type {
  DecorateServerAcknowledgements,
  EventNames,
  EventParams,
  EventsMap,
  AllButLast,
  EventNamesWithError,
  FirstNonErrorArg,
  Last,
} from "@everwire/protocol";
import { watchAdapter } from "./adapter-result.js";
import type { AdapterContract, Room, SocketId } from "./adapter/adapter.js";
import { BroadcastOperator } from "./broadcast.js";
import type { Handshake } from "./handshake.js";

/** What an adapter tells of a socket elsewhere. */
export interface RemoteSocketDetails<SocketData> {
  id: SocketId;
  handshake: Handshake;
  rooms: Room[] | Set<Room>;
  data: SocketData;
}

export class RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: SocketData;
  readonly #operator: BroadcastOperator<EmitEvents, SocketData>;
  readonly #adapter: AdapterContract;

  constructor(adapter: AdapterContract, details: RemoteSocketDetails<SocketData>) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data;
    this.#adapter = adapter;
    this.#operator = new BroadcastOperator<EmitEvents, SocketData>(adapter, new Set([this.id]), new Set(), {
      expectSingleResponse: true,
    });
  }

  /** Milliseconds that the client has to acknowledge the next event. */
  timeout(timeout: number): BroadcastOperator<DecorateServerAcknowledgements<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeout);
  }

  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    this.#operator.emitUntyped(ev as string, args);
    return true;
  }

  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return this.#operator.emitWithAck(ev, ...args);
  }

  join(room: Room | Room[]): void {
    this.#operator.socketsJoin(room);
  }

  leave(room: Room): void {
    this.#operator.socketsLeave(room);
  }

  /** Disconnects it from the namespace; with `close`, its whole connection. */
  disconnect(close = false): this {
    const options = { rooms: new Set([this.id]), except: new Set<Room>(), flags: {} };
    watchAdapter(this.#adapter, this.#adapter.disconnectSockets(options, close));
    return this;
  }
}
