// The parent of a dynamic namespace (`io.of(/^\/org-\d+$/)`, or a function): it decides which names exist, gives each child
// its middlewares and listeners, and reaches the sockets of all children at once. No socket is ever in it.
import type { DefaultEventsMap, EventsMap, Packet } from "@everwire/protocol";
import { watchAdapter } from "./adapter-result.js";
import type { AdapterContract, AdapterNamespace, BroadcastOptions, Room } from "./adapter/adapter.js";
import { Adapter } from "./adapter/in-memory.js";
import { serverError } from "./errors.js";
import { Namespace } from "./namespace.js";
import type { RemoteSocket } from "./remote-socket.js";
import type { Server } from "./server.js";
import type { AnyNamespace } from "./types.js";

let count = 0;

export class ParentNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what users keep in a socket is theirs; they name the type
  SocketData = any,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  readonly children = new Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) {
    super(server, `/_${count++}`);
  }

  /** A child with what this namespace has now. @internal */
  createChild(name: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const child = new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this.server, name);
    child.inherit(this);
    this.children.add(child);
    return child;
  }

  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    throw serverError("ERR_NOT_SUPPORTED", "fetchSockets() is not supported on parent namespaces");
  }

  protected override createAdapter(): AdapterContract {
    // Asked for later, when this constructor is through.
    return new FanOutAdapter(this, () => this.children);
  }
}

/** Hands every operation to the adapters of the children. */
class FanOutAdapter extends Adapter {
  readonly #children: () => Iterable<AnyNamespace>;

  constructor(parent: AdapterNamespace, children: () => Iterable<AnyNamespace>) {
    super(parent);
    this.#children = children;
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    for (const { adapter, name } of this.#children()) {
      watchAdapter(adapter, adapter.broadcast(copyFor(packet, name), options));
    }
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: unknown[]) => void,
  ): unknown {
    const forget: unknown[] = [];
    for (const { adapter, name } of this.#children()) {
      forget.push(adapter.broadcastWithAck(copyFor(packet, name), options, clientCountCallback, ack));
    }
    return () => {
      for (const run of forget) if (typeof run === "function") (run as () => void)();
    };
  }

  /** Each child's servers report for themselves. */
  override async serverCount(): Promise<number> {
    const counts = await Promise.all(Array.from(this.#children(), ({ adapter }) => adapter.serverCount()));
    return counts.reduce((sum, one) => sum + one, 0);
  }

  override get localCount(): number {
    return [...this.#children()].length;
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.#children()) watchAdapter(adapter, adapter.addSockets(options, rooms));
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { adapter } of this.#children()) watchAdapter(adapter, adapter.delSockets(options, rooms));
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const { adapter } of this.#children()) watchAdapter(adapter, adapter.disconnectSockets(options, close));
  }
}

// An adapter writes into the packet it is given: its namespace, an ack id, an offset.
function copyFor(packet: Packet, nsp: string): Packet {
  return { ...packet, nsp, data: [...(packet.data as unknown[])] };
}
