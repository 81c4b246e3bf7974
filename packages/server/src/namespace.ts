// A namespace: its middlewares, its sockets and its adapter. The registry makes it, admissions bring sockets in, users hold
// it as `io.of("/name")`, with every way to reach its sockets that a Broadcaster has.
import type { DefaultEventsMap, EventsMap } from "@everwire/protocol";
import type { AdapterContract, AdapterNamespace, Session, SocketId } from "./adapter/adapter.js";
import { Broadcaster } from "./broadcaster.js";
import type { ListenerErrorContext } from "./error-boundary.js";
import { type ExtendedError, toPublicError } from "./errors.js";
import { runMiddlewares } from "./middleware.js";
import type { AdapterConstructor } from "./options.js";
import type { Released } from "./recovery-gate.js";
import { RecoveryLog } from "./recovery-log.js";
import type { Server } from "./server.js";
import type { Socket } from "./socket.js";
import type { AnyListener, AnyNamespace, AnySocket } from "./types.js";

export interface NamespaceReservedEvents<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

export interface ServerReservedEvents<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  listener_error: (error: unknown, context: ListenerErrorContext) => void;
}

type Middleware = (socket: AnySocket, next: (error?: ExtendedError) => void) => unknown;

export class Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what users keep in a socket is theirs; they name the type
  SocketData = any,
>
  extends Broadcaster<
    EmitEvents,
    ServerSideEvents,
    SocketData,
    NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  >
  implements AdapterNamespace
{
  readonly name: string;
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Connected sockets by id. */
  readonly sockets = new Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  adapter: AdapterContract;
  /** By which sessions are taken up again that the adapter keeps in a log of its own. @internal */
  recoveryLog: RecoveryLog | undefined;
  /** Ids of acknowledgements; adapters draw from it too. */
  _ids = 0;

  #middlewares: Middleware[] = [];
  #arriving = 0;
  // Sockets whose session can be taken up again, by private id; only with connection state recovery.
  #recoverable: Map<string, AnySocket> | undefined;

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, name: string) {
    super();
    this.server = server;
    this.name = name;
    this.adapter = this.createAdapter();
  }

  /** @internal */
  protected override get delivery(): AdapterContract {
    return this.adapter;
  }

  /** Adds a middleware: it sees every socket that wants in, and lets it or does not. */
  use(
    middleware: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (error?: ExtendedError) => void,
    ) => void,
  ): this {
    this.#middlewares = [...this.#middlewares, middleware];
    return this;
  }

  /** The adapter received an event of another server. */
  _onServerSideEmit(args: unknown[]): void {
    const [event, ...rest] = args;
    const answer = rest.at(-1) as AnyListener | undefined;
    // The answers of servers are values: an error is told as clients are told of theirs.
    const onFailure =
      typeof answer === "function" ? (error: unknown): unknown => answer({ error: toPublicError(error) }) : undefined;
    this.server.boundary.emit(this, String(event), rest, this.#context("listener", String(event)), onFailure);
  }

  /** Runs something of an adapter or of a broadcast where its errors are caught. @internal */
  guard(kind: "ack" | "adapter", run: () => unknown): void {
    this.server.boundary.call(this.#context(kind), this, run, []);
  }

  /** Copies what a child of a dynamic namespace starts with. @internal */
  inherit(parent: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.#middlewares = parent.#middlewares;
    for (const event of ["connect", "connection"] as const) {
      for (const listener of parent.listeners(event)) this.on(event, listener);
    }
  }

  /** Makes the adapter anew: the server's option has changed. @internal */
  resetAdapter(): void {
    this.adapter = this.createAdapter();
  }

  /** @internal */
  protected createAdapter(): AdapterContract {
    const adapter = construct(this.server.adapter(), this);
    this.recoveryLog = RecoveryLog.isFor(adapter) ? new RecoveryLog(adapter) : undefined;
    this.server.boundary.call(this.#context("adapter"), adapter, () => adapter.init(), []);
    return adapter;
  }

  /** @internal */
  get hasMiddlewares(): boolean {
    return this.#middlewares.length > 0;
  }

  /** @internal */
  runMiddlewares(socket: AnySocket, done: (error: unknown, isThrown: boolean) => void): void {
    let isThrown = false;
    const context: ListenerErrorContext = { kind: "middleware", socket, namespace: this.#any };
    runMiddlewares(
      this.#middlewares,
      (middleware, next) => {
        this.server.boundary.call(context, this, middleware as AnyListener, [socket, next], (error) => {
          isThrown = true;
          next(error ?? new Error("a middleware failed"));
        });
      },
      (error) => done(error, isThrown),
    );
  }

  /** A client is at the door. @internal */
  onArrival(): void {
    this.#arriving++;
  }

  /** It was let in, refused, or went away. @internal */
  onArrivalEnd(): void {
    this.#arriving--;
    this.#checkEmpty();
  }

  /** A socket whose session is taken up again is in its rooms already, and is let in when it has what it missed. @internal */
  reserve(socket: AnySocket): void {
    this.sockets.set(socket.id, socket as Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>);
  }

  /** Lets a socket in. @internal */
  add(socket: AnySocket, session: Session | null, released?: readonly Released[]): void {
    this.reserve(socket);
    if (socket.pid !== undefined) {
      this.#recoverable ??= new Map();
      this.#recoverable.set(socket.pid, socket);
    }
    socket.onConnect(session, released);
    const context: ListenerErrorContext = { kind: "listener", event: "connection", socket, namespace: this.#any };
    this.server.boundary.emit(this, "connect", [socket], context);
    this.server.boundary.emit(this, "connection", [socket], context);
  }

  /** A socket left. @internal */
  remove(socket: AnySocket): void {
    if (this.sockets.get(socket.id) === socket) this.sockets.delete(socket.id);
    if (socket.pid !== undefined && this.#recoverable?.get(socket.pid) === socket) {
      this.#recoverable.delete(socket.pid);
    }
    this.#checkEmpty();
  }

  /** A client came back on a new connection before its old one was noticed to be dead: that one ends now. @internal */
  supersede(pid: string): void {
    this.#recoverable?.get(pid)?.client.supersede();
  }

  /** No socket is here, and none on its way in. @internal */
  get isEmpty(): boolean {
    return this.sockets.size === 0 && this.#arriving === 0;
  }

  /** Resolves when the adapter is closed; what it fails with is reported. @internal */
  async close(): Promise<void> {
    try {
      await this.adapter.close();
    } catch (error) {
      this.server.boundary.report(error, this.#context("adapter"));
    }
  }

  #checkEmpty(): void {
    if (this.isEmpty) this.server.namespaces.onEmpty(this.#any);
  }

  #context(kind: ListenerErrorContext["kind"], event?: string): ListenerErrorContext {
    return { kind, event, namespace: this.#any };
  }

  get #any(): AnyNamespace {
    return erase(this);
  }
}

function erase(namespace: unknown): AnyNamespace {
  return namespace as AnyNamespace;
}

/** An arrow function has no prototype, and so is no class: it is called. Everything else is constructed, as users know it. */
function construct(adapter: AdapterConstructor, namespace: AdapterNamespace): AdapterContract {
  if (adapter.prototype === undefined) return (adapter as (nsp: AdapterNamespace) => AdapterContract)(namespace);
  return new (adapter as new (nsp: AdapterNamespace) => AdapterContract)(namespace);
}
