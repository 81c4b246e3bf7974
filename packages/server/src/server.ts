// The server as users make it: options, the HTTP servers and engines below, the namespaces above. Methods of the main
// namespace are repeated on it, its emitter's too, so that `io.on("connection")` and `io.emit` do what one expects.
import { createServer, type Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { type DefaultEventsMap, defaultParser, type EventsMap, type PacketEncoder } from "@everwire/protocol";
import type { EncodedPacket, PreparedPacket, WriteOptions } from "./adapter/adapter.js";
import { SessionAwareAdapter } from "./adapter/session-aware.js";
import { Connection } from "./connection.js";
import { drain } from "./drain.js";
import type { DrainOptions, DrainResult } from "./drain.js";
import { Deadlines } from "./engine/deadlines.js";
import { EngineServer } from "./engine/engine-server.js";
import { OutgoingPacket } from "./engine/outgoing-packet.js";
import type { Session } from "./engine/session.js";
import { ErrorBoundary } from "./error-boundary.js";
import { serverError } from "./errors.js";
import { closeServer } from "./http/close-server.js";
import { serveClient } from "./http/serve-client.js";
import type { Namespace } from "./namespace.js";
import { type NamespaceMatcher, NamespaceRegistry } from "./namespaces.js";
import {
  type AdapterConstructor,
  resolveOptions,
  resolvePath,
  type ResolvedOptions,
  type ServerOptions,
} from "./options.js";
import { PacketIntake } from "./packet-intake.js";
import { ServerFacade } from "./server-facade.js";
import type { ForeignSession } from "./session-port.js";
import type { Socket } from "./socket.js";
import type { AnyNamespace } from "./types.js";

export type AnyHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** An engine that `bind()` takes: ours, or one with the same interface. */
export interface BindableEngine {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the emitter of whatever library it comes from
  on(event: string, listener: (...args: any[]) => void): unknown;
  close(): unknown;
}

export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what users keep in a socket is theirs; they name the type
  SocketData = any,
> extends ServerFacade<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Options as they were given; `connectionStateRecovery` with its defaults. */
  readonly opts: Partial<ServerOptions>;
  /** The HTTP server, once there is one. */
  httpServer: AnyHttpServer | undefined;
  /** Encodes packets; adapters use it too. */
  readonly encoder: PacketEncoder;
  /** @internal */
  readonly resolved: ResolvedOptions;
  /** @internal */
  readonly boundary = new ErrorBoundary(() => this.sockets);
  /** @internal */
  readonly intake: PacketIntake;
  /** @internal */
  readonly deadlines = new Deadlines();
  /** @internal */
  readonly namespaces: NamespaceRegistry;

  #engine: EngineServer | BindableEngine | undefined;
  // All that close() has to end: a server may be attached more than once.
  readonly #engines = new Set<EngineServer | BindableEngine>();
  readonly #httpServers = new Set<AnyHttpServer>();
  readonly #prepared = new WeakMap<EncodedPacket, PreparedPacket>();

  constructor(options?: Partial<ServerOptions>);
  constructor(server?: AnyHttpServer | number | string, options?: Partial<ServerOptions>);
  constructor(
    serverOrOptions?: AnyHttpServer | number | string | Partial<ServerOptions>,
    options: Partial<ServerOptions> = {},
  ) {
    super();
    // Users without types write null for "none".
    const first = serverOrOptions ?? undefined;
    const isOptions = typeof first === "object" && !("listen" in first);
    const given = isOptions ? first : options;
    this.resolved = resolveOptions(given);
    const { recovery, parser, maxAttachmentBytes } = this.resolved;
    this.opts = recovery === undefined ? given : { ...given, connectionStateRecovery: recovery };
    this.encoder = new (parser ?? defaultParser).Encoder();
    this.intake = new PacketIntake(parser, { maxAttachmentBytes });
    this.namespaces = new NamespaceRegistry(this);
    this.sockets = this.of("/");
    if (first !== undefined && !isOptions) this.attach(first);
  }

  /** The engine below: long-polling, WebSocket, and the events of both. */
  get engine(): EngineServer {
    return this.#engine as EngineServer;
  }

  /** Every namespace by name. */
  get _nsps(): Map<string, AnyNamespace> {
    return this.namespaces.all;
  }

  /** Attaches to an HTTP server, or listens on a port. Options given to the constructor win. */
  attach(server: AnyHttpServer | number | string, options: Partial<ServerOptions> = {}): this {
    if (typeof server === "function") {
      // The sentence that users look up, but for the name.
      const what = "You are trying to attach Everwire to an express request handler function";
      throw serverError("ERR_INVALID_SERVER", `${what}. Please pass a http.Server instance.`);
    }
    const httpServer = typeof server === "object" ? server : listen(toPort(server));
    const engineOptions = { ...this.#resumeDefault(), ...options, ...this.opts, path: this.resolved.path };
    const engine = new EngineServer(engineOptions);
    engine.attach(httpServer, engineOptions);
    if (this.resolved.serveClient)
      serveClient(httpServer as HttpServer, {
        path: this.resolved.path,
        cors: engineOptions.cors,
        userCode: this.boundary,
      });
    this.httpServer = httpServer;
    this.#httpServers.add(httpServer);
    return this.bind(engine);
  }

  /**
   * An adapter that recovers sessions over processes is there for clients that come back to another one. Here their session would
   * still wait for them meanwhile, and be in two places at once: so it does not, unless that is asked for.
   */
  #resumeDefault(): { resume?: boolean } {
    const { recovery, adapter } = this.resolved;
    return recovery !== undefined && adapter !== SessionAwareAdapter ? { resume: false } : {};
  }

  /** The same as `attach()`. */
  listen(server: AnyHttpServer | number | string, options?: Partial<ServerOptions>): this {
    return this.attach(server, options);
  }

  /** Takes the sessions of an engine that was set up elsewhere. */
  bind(engine: BindableEngine): this {
    this.#engine = engine;
    this.#engines.add(engine);
    if (engine instanceof EngineServer) {
      engine.handler = (session) => this.onSession(session);
      engine.userCode.fallback = (error, context) => this.boundary.report(error, context);
    } else engine.on("connection", (session: ForeignSession) => this.onSession(session));
    return this;
  }

  /** A session of an engine has opened. @internal */
  onSession(session: Session | ForeignSession): void {
    new Connection(this, session);
  }

  /** The namespace of that name, or the parent of all names that a pattern or function knows. */
  of(
    name: string | RegExp | NamespaceMatcher,
    listener?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const made: unknown = typeof name === "string" ? this.namespaces.of(name) : this.namespaces.ofMatching(name);
    const namespace = made as Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    if (listener !== undefined) namespace.on("connect", listener);
    return namespace;
  }

  /** Disconnects everyone ("server shutting down"), closes adapters, engines and HTTP servers. Never rejects. */
  async close(callback?: (error?: Error) => void): Promise<void> {
    const adapters: Promise<void>[] = [];
    for (const namespace of this.namespaces.all.values()) {
      for (const socket of [...namespace.sockets.values()]) socket.onDisconnect("server shutting down");
      adapters.push(namespace.close());
    }
    for (const engine of this.#engines) engine.close();
    // One that was closed before, by an earlier close() or its owner, is no error; the current one is told of.
    const open = [...this.#httpServers].filter((each) => each === this.httpServer || each.listening);
    const closed = Promise.all(open.map((each) => closeServer(each)));
    await Promise.allSettled(adapters);
    const errors = await closed;
    if (callback === undefined) return;
    const failed = errors.find((error) => error !== undefined);
    this.boundary.call({ kind: "listener", event: "close" }, this, callback, [failed]);
  }

  /**
   * Empties the server before it goes: refuses new connections, tells clients to move in paced batches, and cuts off who is left at the
   * deadline. Sockets disconnect with "server shutting down"; clients connect again. The HTTP server stays open: it is its owner's.
   */
  drain(options: DrainOptions = {}): Promise<DrainResult> {
    return drain(
      [...this.#engines].filter((engine) => engine instanceof EngineServer),
      options,
    );
  }

  path(): string;
  path(path: string): this;
  path(path?: string): string | this {
    if (path === undefined) return this.resolved.path;
    this.resolved.path = resolvePath(path);
    return this;
  }

  connectTimeout(): number;
  connectTimeout(timeout: number): this;
  connectTimeout(timeout?: number): number | this {
    if (timeout === undefined) return this.resolved.connectTimeout;
    this.resolved.connectTimeout = timeout;
    return this;
  }

  serveClient(): boolean;
  serveClient(isServed: boolean): this;
  serveClient(isServed?: boolean): boolean | this {
    if (isServed === undefined) return this.resolved.serveClient;
    this.resolved.serveClient = isServed;
    return this;
  }

  adapter(): AdapterConstructor;
  adapter(adapter: AdapterConstructor): this;
  adapter(adapter?: AdapterConstructor): AdapterConstructor | this {
    if (adapter === undefined) return this.resolved.adapter;
    this.resolved.adapter = adapter;
    for (const namespace of this.namespaces.all.values()) namespace.resetAdapter();
    return this;
  }

  /** An encoded packet in the form that sessions share: made once for all recipients of a broadcast. @internal */
  prepare(encodedPackets: EncodedPacket, { compress = true, volatile }: WriteOptions): PreparedPacket {
    const isAlone = encodedPackets.length === 1;
    const packetOptions = { compress, volatile, preEncoded: true, isAlone };
    return encodedPackets.map((part) => new OutgoingPacket("message", part, packetOptions));
  }

  /** The same for adapters that know nothing of it, and pass one list of packets for each recipient. @internal */
  prepareOnce(encodedPackets: EncodedPacket, options: WriteOptions): PreparedPacket {
    let prepared = this.#prepared.get(encodedPackets);
    if (prepared === undefined) {
      prepared = this.prepare(encodedPackets, options);
      this.#prepared.set(encodedPackets, prepared);
    }
    return prepared;
  }

  /** @internal */
  onNamespace(namespace: AnyNamespace): void {
    this.boundary.emit(this.sockets, "new_namespace", [namespace], {
      kind: "namespace",
      event: "new_namespace",
      namespace,
    });
  }
}

function listen(port: number): HttpServer {
  const server = createServer((_request, response) => {
    response.writeHead(404).end();
  });
  server.listen(port);
  return server;
}

function toPort(value: number | string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw serverError("ERR_INVALID_SERVER", `failed to listen: "${value}" is neither a port nor an HTTP server`);
}
