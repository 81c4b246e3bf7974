// The Engine.IO server: takes HTTP and upgrade requests, checks them, opens sessions and finds them again. It needs no HTTP server
// of its own; http/attach.ts connects it to one. The layer above sets `handler`, users listen to its events.
import type { IncomingMessage, OutgoingHttpHeaders, Server as HttpServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { CLOSE_REASONS, ENGINE_PROTOCOL } from "@everwire/protocol";
import type { HandshakeData, ResumeTerms as OfferedResume } from "@everwire/protocol";
import { attachEngine } from "../http/attach.js";
import type { AnyHttpServer } from "../http/attach.js";
import { Cors } from "../http/cors.js";
import { AddressLimits } from "./address-limits.js";
import { viewOfMap } from "./clients-view.js";
import { formatCookie } from "./cookie.js";
import { Deadlines } from "./deadlines.js";
import { admit } from "./admission.js";
import type { AdmissionHost } from "./admission.js";
import { ERRORS, ERROR_MESSAGES, refusal } from "./errors.js";
import type { Refusal } from "./errors.js";
import { isFarewell, takeFarewell } from "./farewell.js";
import { GuardedEmitter } from "./guarded-emitter.js";
import type { Returning } from "./handshake.js";
import type { Middleware } from "./middleware.js";
import { isHttpServer, resolveOptions } from "./options.js";
import type { AttachOptions, ResolvedOptions, ServerOptions } from "./options.js";
import { Outbox } from "./outbox.js";
import type { OutgoingPacket } from "./outgoing-packet.js";
import { refuseRequest, refuseUpgrade } from "./refuse.js";
import { parseRequestQuery, protocolOf, queryOf } from "./request-query.js";
import type { EngineRequest } from "./request-query.js";
import type { ResumeTerms } from "./resume-options.js";
import { Session } from "./session.js";
import { generateSessionId } from "./session-id.js";
import { SuspendedSessions } from "./suspended-sessions.js";
import type { ResumeCounters } from "./suspended-sessions.js";
import { jsonpResume, openPolling } from "./transports/open-polling.js";
import { PollingTransport } from "./transports/polling.js";
import { WebSocketAcceptor } from "./transports/websocket-acceptor.js";
import type { Transport } from "./transports/transport.js";
import type { WebSocketTransport } from "./transports/websocket.js";
import type { WebTransportSession } from "./transports/webtransport-session.js";
import { UpgradeRequest } from "./upgrade-request.js";
import { UserCode } from "./user-code.js";
import { WebTransportHandshake } from "./webtransport-handshake.js";

/** What each transport may be upgraded to. */
const UPGRADES: Readonly<Record<string, readonly string[]>> = { polling: ["websocket", "webtransport"], websocket: [] };

// That it is the TransportContext of its transports is checked where they are made: those members are not published.
export class EngineServer extends GuardedEmitter {
  static readonly errors = ERRORS;
  static readonly errorMessages = ERROR_MESSAGES;

  readonly opts: ResolvedOptions;
  /** The server made by `listen`. */
  httpServer: HttpServer | undefined = undefined;
  /** The layer above: is given each new session, before the `connection` event. */
  handler: ((session: Session) => void) | undefined = undefined;

  /** The live sessions by their id, to be looked at. */
  readonly clients: Readonly<Record<string, Session>>;

  /** The live sessions by their id. @internal */
  readonly sessions = new Map<string, Session>();
  /** Other listeners of the HTTP server see the same requests. @internal */
  sharesRequests = false;
  /** @internal */ readonly deadlines = new Deadlines();
  /** @internal */ readonly outbox = new Outbox();
  /** @internal */ readonly suspended = new SuspendedSessions();
  /** @internal */ readonly userCode = new UserCode(() => this);
  readonly #middleware: Middleware[] = [];
  readonly #limits: AddressLimits;
  readonly #admission: AdmissionHost;
  #acceptor: WebSocketAcceptor | undefined = undefined;
  #isOpen = false;

  /** A first argument that is no options object, such as an HTTP server, is passed over. */
  constructor(options?: ServerOptions | AnyHttpServer);
  constructor(ignored: AnyHttpServer | undefined, options?: ServerOptions);
  constructor(first?: ServerOptions | AnyHttpServer, second?: ServerOptions) {
    super();
    this.clients = viewOfMap(this.sessions);
    this.opts = resolveOptions(isHttpServer(first) ? second : (first ?? second));
    // Throws now, and not in the middle of a request, if a cookie can't be written.
    this.#cookieFor("sid");
    this.#limits = new AddressLimits(this.opts, undefined, this.userCode);
    this.#admission = this.#createAdmission();
    this.init();
  }

  /** The WebSocket server, whose `headers` event tells of each handshake; none if that transport is not enabled, or the engine is closed. */
  get ws(): WebSocketServer | undefined {
    return this.#acceptor?.server;
  }

  /** @internal */
  protected override get guard(): UserCode {
    return this.userCode;
  }

  get clientsCount(): number {
    return this.sessions.size;
  }

  /** What became of sessions whose connection broke, since this engine was made. */
  get counters(): Readonly<ResumeCounters> {
    return this.suspended.counters;
  }

  /** Makes the id of a session; may be replaced, and may return a promise. */
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- those who replace it want the request
  generateId(_request: IncomingMessage): string | Promise<string> {
    return generateSessionId();
  }

  /** The transports that a session on this one can move to; it is told of those that are enabled. */
  upgrades(transport: string): string[] {
    return this.opts.allowUpgrades && Object.hasOwn(UPGRADES, transport) ? [...(UPGRADES[transport] ?? [])] : [];
  }

  /** Adds middleware for the requests of both transports; it runs in the order of the calls. */
  use(middleware: Middleware): this {
    this.#middleware.push(middleware);
    return this;
  }

  /** Serves an HTTP server's requests under a path; everything else stays with its other listeners. */
  attach(httpServer: AnyHttpServer, options: AttachOptions = {}): this {
    this.init();
    attachEngine(this, httpServer, options);
    return this;
  }

  /** Gets ready for requests; after `close`, again. */
  init(): this {
    if (this.opts.transports.includes("websocket")) this.#acceptor ??= new WebSocketAcceptor(this);
    this.#isOpen = true;
    return this;
  }

  /** Serves one HTTP request. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const engineRequest = parseRequestQuery(request);
    const refuse = (why: Refusal): void => refuseRequest(response, why, jsonpResume(engineRequest, this.opts));
    admit(this.#admission, {
      request: engineRequest,
      response,
      isUpgrade: false,
      onRefused: (refusal) => {
        this.#reportRefusal(request, refusal);
        refuse(refusal);
      },
      onSession: (session) => {
        const { transport } = session;
        if (isFarewell(engineRequest, session))
          takeFarewell(engineRequest, session, response, this.deadlines, this.opts.bodyTimeout);
        else if (transport instanceof PollingTransport) transport.onRequest(request, response);
      },
      onReturning: (returning) => {
        const replay = this.#replayFor(returning);
        if (replay === undefined) {
          refuse(refusal(ERRORS.UNKNOWN_SID, { sid: returning.session.id }));
          return;
        }
        const transport = openPolling(this, engineRequest._query);
        transport.onRequest(request, response);
        returning.session.resume(transport, returning.leg, replay);
      },
      onNew: (sid) => {
        const transport = openPolling(this, engineRequest._query);
        transport.initialHeaders = this.#cookieFor(sid);
        transport.onRequest(request, response);
        this.#open(sid, transport, engineRequest);
      },
    });
  }

  /** Serves one upgrade request: a WebSocket handshake. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const engineRequest = parseRequestQuery(request);
    const upgrade = new UpgradeRequest(request, socket, this.#middleware.length > 0);
    const accept = (onOpen: (transport: WebSocketTransport) => void): void => {
      const taken = upgrade.accept();
      if (this.#acceptor === undefined) socket.destroy();
      else this.#acceptor.accept(request, socket, head, taken, onOpen);
    };
    admit(this.#admission, {
      request: engineRequest,
      response: upgrade.response,
      isUpgrade: true,
      onRefused: (refusal) => {
        this.#reportRefusal(request, refusal);
        // A page can't read an HTTP answer to its WebSocket, but it has to know that the session is gone.
        if (refusal.code === ERRORS.UNKNOWN_SID && engineRequest._query.resume !== undefined) {
          accept(dismiss);
          return;
        }
        upgrade.refuse();
        refuseUpgrade(socket, refusal, this.deadlines, this.opts.upgradeTimeout);
      },
      onSession: (session) => {
        accept((transport) => {
          if (!session.beginUpgrade(transport)) transport.close();
        });
      },
      onReturning: (returning) => {
        accept((transport) => {
          const replay = this.#replayFor(returning);
          if (replay === undefined) dismiss(transport);
          else returning.session.resume(transport, returning.leg, replay);
        });
      },
      onNew: (sid) => {
        accept((transport) => this.#open(sid, transport, engineRequest));
      },
    });
    upgrade.limit(this.deadlines, this.opts.upgradeTimeout);
  }

  /**
   * Takes a WebTransport session, from a server that the caller runs. It is refused, which closes it, unless `webtransport` is among
   * `transports`; and if there is middleware, which has no request to run with.
   */
  onWebTransportSession(session: WebTransportSession): void {
    new WebTransportHandshake(
      {
        admission: this.#admission,
        context: this,
        onNew: (transport) => this.#open(generateSessionId(), transport),
        onRefused: (request, refusal) => this.#reportRefusal(request, refusal),
      },
      session,
    ).start();
  }

  /** Closes every session, dropping what they have not sent, and takes no more. */
  close(): this {
    for (const session of [...this.sessions.values()]) session.close(true);
    this.#acceptor?.close();
    this.#acceptor = undefined;
    this.#isOpen = false;
    return this;
  }

  /** Takes no new sessions, and goes on with those that there are. @internal */
  refuseNew(): void {
    this.#isOpen = false;
  }

  /** @internal */
  decorateHeaders(headers: OutgoingHttpHeaders, request: IncomingMessage): void {
    const { sid } = queryOf(request);
    if (sid === undefined || sid === "") this.emit("initial_headers", headers, request);
    this.emit("headers", headers, request);
  }

  /** What the open packet of a session says. @internal */
  describe({ id, transport }: Session): HandshakeData {
    const { pingInterval, pingTimeout, maxHttpBufferSize, transports } = this.opts;
    return {
      sid: id,
      upgrades: this.upgrades(transport.name).filter((name) => (transports as readonly string[]).includes(name)),
      pingInterval,
      pingTimeout,
      maxPayload: maxHttpBufferSize,
    };
  }

  /** What a client is told of the terms. @internal */
  offer({ windowMs, maxBufferBytes }: ResumeTerms): OfferedResume {
    return { windowMs, maxBufferBytes };
  }

  /** The packets that this client lacks. One that can't have them all does not get its session back, and that ends it. */
  #replayFor({ session, received }: Returning): readonly OutgoingPacket[] | undefined {
    const replay = session.resumption?.replay(received);
    if (replay === undefined) {
      this.suspended.counters.refused += 1;
      session.onUnresumable();
    }
    return replay;
  }

  /** @internal */
  onSessionClose(session: Session): void {
    this.sessions.delete(session.id);
    this.#limits.closed(session);
  }

  /** A new session on a transport that is ready; what is sent meanwhile leaves with the open packet where the transport allows. */
  #open(sid: string, transport: Transport, request?: EngineRequest): void {
    const protocol = request === undefined ? ENGINE_PROTOCOL : protocolOf(request._query);
    const { resume } = this.opts;
    // The client says that it knows how (docs/PROTOCOL.md, "Negotiation").
    const isAsked = request?._query.ew === "1" && protocol === ENGINE_PROTOCOL;
    const terms = resume !== false && isAsked ? resume : undefined;
    const session = new Session(this, sid, protocol, transport, request, terms);
    this.sessions.set(sid, session);
    this.#limits.opened(session, request);
    session.open();
    this.handler?.(session);
    this.emit("connection", session);
    session.flush();
    if (!this.#showsRequests()) session.releaseRequest();
  }

  /** True if anything but the session could hold on to a request, or have put something on it. */
  #showsRequests(): boolean {
    return (
      this.sharesRequests ||
      this.#middleware.length > 0 ||
      this.opts.allowRequest !== undefined ||
      typeof this.opts.cors === "function" ||
      this.generateId !== EngineServer.prototype.generateId ||
      this.listenerCount("initial_headers") > 0 ||
      this.listenerCount("headers") > 0
    );
  }

  #createAdmission(): AdmissionHost {
    const isOpen = (): boolean => this.#isOpen;
    return {
      opts: this.opts,
      sessions: this.sessions,
      cors: new Cors(this.opts.cors, this.userCode),
      middleware: this.#middleware,
      limits: this.#limits,
      userCode: this.userCode,
      deadlines: this.deadlines,
      generateId: (request) => this.generateId(request),
      get isOpen() {
        return isOpen();
      },
    };
  }

  #cookieFor(sid: string): OutgoingHttpHeaders | undefined {
    const { cookie } = this.opts;
    return cookie === false ? undefined : { "Set-Cookie": formatCookie(sid, cookie) };
  }

  #reportRefusal(request: IncomingMessage, { code, context }: Refusal): void {
    if (code === ERRORS.UNKNOWN_SID && queryOf(request).resume !== undefined) this.suspended.counters.refused += 1;
    this.emit("connection_error", { req: request, code, message: ERROR_MESSAGES[code], context });
  }
}

/** The session that this client wants back is not there. */
function dismiss(transport: WebSocketTransport): void {
  transport.dismiss(CLOSE_REASONS["session unknown"]);
}
