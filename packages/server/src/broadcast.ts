// `io.to("room").volatile.emit(...)`: whom an event is for and how it goes, gathered in an immutable object. Namespaces
// and sockets make one for each chain; the adapter does what it says.
import {
  type AllButLast,
  type DecorateServerAcknowledgements,
  type EventNamesWithError,
  type EventNamesWithoutAck,
  type EventParams,
  type EventsMap,
  type FirstNonErrorArg,
  type Last,
  PacketType,
  RESERVED_EVENTS,
} from "@everwire/protocol";
import { watchAdapter } from "./adapter-result.js";
import type { AdapterContract, BroadcastFlags, BroadcastOptions, Room } from "./adapter/adapter.js";
import { type BroadcastAck, BroadcastAcks } from "./broadcast-acks.js";
import { serverError } from "./errors.js";
import { RemoteSocket, type RemoteSocketDetails } from "./remote-socket.js";

const NOWHERE: ReadonlySet<Room> = new Set();

export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> {
  readonly #adapter: AdapterContract;
  readonly #rooms: ReadonlySet<Room>;
  readonly #except: ReadonlySet<Room>;
  readonly #flags: Readonly<BroadcastFlags>;

  constructor(
    adapter: AdapterContract,
    rooms: ReadonlySet<Room> = NOWHERE,
    except: ReadonlySet<Room> = NOWHERE,
    flags: Readonly<BroadcastFlags> = {},
  ) {
    this.#adapter = adapter;
    this.#rooms = rooms;
    this.#except = except;
    this.#flags = flags;
  }

  /** Limits the event to the sockets in a room; called again, or with a list, to those in any of them. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, withRooms(this.#rooms, room), this.#except, this.#flags);
  }

  /** The same as `to()`; it reads better where something is asked, not sent. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Leaves out the sockets in a room, or in any of several. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#rooms, withRooms(this.#except, room), this.#flags);
  }

  /** Whether the packets may be compressed, where compression was negotiated; they may unless this says no. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ compress });
  }

  /** A recipient that can't take the event right now never gets it. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ volatile: true });
  }

  /** Only the sockets of this server. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ local: true });
  }

  /** Milliseconds that the recipients have to acknowledge the event. */
  timeout(timeout: number): BroadcastOperator<DecorateServerAcknowledgements<EmitEvents>, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#rooms, this.#except, { ...this.#flags, timeout });
  }

  /** Sends an event to everyone that was named; with a callback at the end, it gets `(err, responses)`. */
  emit<Ev extends EventNamesWithoutAck<EmitEvents> | EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: EventParams<EmitEvents, Ev>
  ): boolean {
    this.emitUntyped(ev as string, args);
    return true;
  }

  /** The same with a promise of the responses; when the time is over it rejects with an error that has them in `responses`. */
  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return new Promise((resolve, reject) => {
      const onAck: BroadcastAck = (error, responses) => {
        if (error === null) resolve(responses as never);
        else reject(Object.assign(error, { responses }));
      };
      this.emitUntyped(ev as string, [...(args as unknown[]), onAck]);
    });
  }

  /** Sends without the types, for the layers of this package. @internal */
  emitUntyped(event: string, args: readonly unknown[]): void {
    if (RESERVED_EVENTS.has(event)) {
      throw serverError("ERR_RESERVED_EVENT", `"${event}" is a reserved event name`);
    }
    const data: unknown[] = [event, ...args];
    const packet = { type: PacketType.EVENT, nsp: this.#adapter.nsp.name, data };
    const options = this.#options();
    const callback = data.at(-1);
    if (typeof callback !== "function") {
      watchAdapter(this.#adapter, this.#adapter.broadcast(packet, options));
      return;
    }
    data.pop();
    const isSingle = this.#flags.expectSingleResponse === true;
    new BroadcastAcks(this.#adapter, packet, isSingle, callback as BroadcastAck).send(options);
  }

  /** The sockets that were named, of every server. */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    const sockets = await this.#adapter.fetchSockets(this.#options());
    return sockets.map((socket) => {
      // Only a socket of this server has one; what came from elsewhere is a description.
      if (typeof socket === "object" && socket !== null && "server" in socket) {
        return socket as unknown as RemoteSocket<EmitEvents, SocketData>;
      }
      return new RemoteSocket<EmitEvents, SocketData>(this.#adapter, socket as RemoteSocketDetails<SocketData>);
    });
  }

  /** Makes the sockets join. */
  socketsJoin(room: Room | Room[]): void {
    watchAdapter(this.#adapter, this.#adapter.addSockets(this.#options(), toList(room)));
  }

  /** Makes the sockets leave. */
  socketsLeave(room: Room | Room[]): void {
    watchAdapter(this.#adapter, this.#adapter.delSockets(this.#options(), toList(room)));
  }

  /** Disconnects the sockets; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    watchAdapter(this.#adapter, this.#adapter.disconnectSockets(this.#options(), close));
  }

  /** @deprecated `fetchSockets()` says more. */
  allSockets(): Promise<Set<string>> {
    return this.#adapter.sockets(new Set(this.#rooms));
  }

  #with(flags: BroadcastFlags): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#rooms, this.#except, { ...this.#flags, ...flags });
  }

  #options(): BroadcastOptions {
    return {
      rooms: this.#rooms as Set<Room>,
      except: this.#except as Set<Room>,
      flags: { ...this.#flags },
    };
  }
}

export function toList(room: Room | Room[]): Room[] {
  return Array.isArray(room) ? room : [room];
}

function withRooms(rooms: ReadonlySet<Room>, room: Room | Room[]): ReadonlySet<Room> {
  const more = new Set(rooms);
  for (const name of toList(room)) more.add(name);
  return more;
}
