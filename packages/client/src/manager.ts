// Manager: one session, many sockets. It opens the session, hands each packet to the Socket of its namespace, and brings
// the session back when it breaks. Users hold it as `socket.io`; each Socket sends through it.
import {
  EverwireError,
  MANAGER_STATES,
  PacketType,
  transition,
  type ClientDisconnectReason,
  type DefaultEventsMap,
  type EventsMap,
  type ManagerState,
  type Packet,
  type PacketEncoder,
} from "@everwire/protocol";
import { Encoder } from "#codec";
import { nextTick } from "#platform";
import type { ResumeSummary } from "./engine/session-events.js";
import { Session } from "./engine/session.js";
import type { DisconnectDetails } from "./engine/session-events.js";
import { installTimerFunctions, type TimerFunctions } from "./engine/timers.js";
import { guard } from "./guard.js";
import { ManagerSettings } from "./manager-settings.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import { openReader, type Reader } from "./reader.js";
import { Reconnection } from "./reconnection.js";
import { openShared } from "./shared/tab.js";
import { Socket } from "./socket.js";
import { trace } from "./trace.js";

export interface ManagerEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: ClientDisconnectReason, details?: DisconnectDetails) => void;
  /** The connection broke and is about to be resumed: sockets stay connected, what is emitted waits. */
  suspend: (reason: ClientDisconnectReason, details?: DisconnectDetails) => void;
  /** The same session goes on; nothing was missed on either side. */
  resume: (summary: ResumeSummary) => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect_failed: () => void;
}

/** A packet with the wishes of its emit. */
export interface OutgoingPacket extends Packet {
  options: { compress: boolean; volatile?: boolean };
}

/** What the Manager calls on a Socket; one such object a namespace. */
export interface NamespaceHandler {
  /** Whether the Socket wants a connection; the session is kept only while one does. */
  active: boolean;
  onOpen(): void;
  onPacket(packet: Packet): void;
  onError(error: Error): void;
  onClose(reason: ClientDisconnectReason, details?: DisconnectDetails): void;
}

type Options = Partial<ManagerOptions>;
type OpenCallback = (error?: Error) => void;

export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends ManagerSettings {
  readonly uri: string | undefined;
  readonly opts: Options;
  /** The present session, or the last one. */
  engine!: Session;
  /** @internal */
  readonly timers: TimerFunctions;
  #state: ManagerState = "closed";
  #timer: unknown;
  #openCallbacks: OpenCallback[] = [];
  /** Decoded but not dispatched yet: listeners run on a later tick than the decoder. */
  readonly #inbox: Packet[] = [];
  readonly #encoder: PacketEncoder;
  #reader: Reader | undefined;
  readonly #reconnection: Reconnection;
  readonly #sockets = new Map<string, Socket<ListenEvents, EmitEvents>>();
  readonly #handlers = new Map<string, NamespaceHandler>();

  constructor(options?: Options);
  constructor(uri?: string, options?: Options);
  constructor(uri?: string | Options, options?: Options) {
    const opts = (typeof uri === "object" ? uri : options) ?? {};
    super(opts);
    this.uri = typeof uri === "string" ? uri : undefined;
    this.opts = { ...opts, path: opts.path ?? "/socket.io" };
    this.timers = installTimerFunctions({}, opts);
    this.#encoder = new (opts.parser ? opts.parser.Encoder : Encoder)();
    this.#reconnection = new Reconnection(this.settings, this.timers, (attempt) => this.#onRetry(attempt));
    if (this.autoConnect) this.open();
  }

  /** Opens the session. Who gives a callback hears of the outcome there, and a first failure is then not retried. */
  open(callback?: OpenCallback): this {
    if (this.isOpen) {
      if (callback) this.timers.setTimeoutFn(callback, 0);
      return this;
    }
    if (callback) this.#openCallbacks.push(callback);
    if (this.#state !== "opening") this.#connect();
    return this;
  }

  connect(callback?: OpenCallback): this {
    return this.open(callback);
  }

  /** The socket of a namespace: the same object each time, connected again if it was not. */
  socket(namespace: string, options?: Partial<SocketOptions>): Socket<ListenEvents, EmitEvents> {
    let socket = this.#sockets.get(namespace);
    if (!socket) this.#sockets.set(namespace, (socket = new Socket(this, namespace, options)));
    else if (this.autoConnect && !socket.active) socket.connect();
    return socket;
  }

  /** Closes the session of all sockets. Nothing reconnects before `open()`, or the `connect()` of a socket. */
  disconnect(): void {
    const callbacks = this.#openCallbacks.splice(0);
    if (this.#state !== "closed") this.#onClose("forced close", undefined, true);
    settle(callbacks, new EverwireError("ERR_CLOSED", "failed to open the connection: it was closed meanwhile"));
  }

  /** @internal */
  get autoConnect(): boolean {
    return this.opts.autoConnect !== false;
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether what is sent now can reach the server, as far as is known, or waits in the session for it. @internal */
  get canSend(): boolean {
    const { engine } = this;
    return this.isOpen && (engine.readyState === "suspended" || (engine.readyState === "open" && !engine.isStale()));
  }

  /** @internal */
  hasSocket(namespace: string): boolean {
    return this.#sockets.has(namespace);
  }

  /** @internal */
  attach(namespace: string, handler: NamespaceHandler): void {
    this.#handlers.set(namespace, handler);
  }

  /** More came than can be kept: what is left of it is dropped together with the session, which begins anew. @internal */
  abandon(error: Error): void {
    this.#inbox.length = 0;
    this.#onClose("buffer overflow", error);
  }

  /** A socket wants the session, which may be on its way already, or waiting for its turn. @internal */
  want(): void {
    if (this.#state === "closed") this.#connect();
  }

  /** Reconnects now, if that is what it waits for. @internal */
  hurry(): void {
    if (this.#state === "reconnecting") this.#reconnection.hurry();
  }

  /** A socket went inactive: the last one takes the session with it. @internal */
  release(): void {
    if (!this.#active().length) this.disconnect();
  }

  /** How many bytes an event would take. Throws what sending it would throw. @internal */
  measure(data: unknown[]): number {
    return this.#encoder.encode({ type: PacketType.EVENT, nsp: "/", data }).reduce((sum, chunk) => {
      const { length, byteLength, size } = chunk as { length?: number; byteLength?: number; size?: number };
      return sum + (byteLength ?? length ?? size ?? 0);
    }, 0);
  }

  /** @internal */
  send(packet: Packet & Partial<OutgoingPacket>): void {
    trace?.("send", packet);
    this.#encoder.encode(packet).forEach((chunk) => this.engine.send(chunk, packet.options));
  }

  protected override onSetting(): void {
    if (!this.settings.reconnection && this.#state === "reconnecting") this.#rest();
  }

  #move(state: ManagerState): void {
    this.#state = transition(MANAGER_STATES, this.#state, state);
    trace?.("manager", state, this.uri);
  }

  #connect(): void {
    const session = this.opts.shared ? openShared(this) : new Session(this.uri, this.opts);
    const reader = openReader(this.opts.parser, (packet) => this.#onPacket(packet));
    this.engine = session;
    this.#reader = reader;
    this.#reconnection.stop();
    this.#move("opening");
    const { timeout } = this.settings;
    const onTimeout = (): void => {
      if (this.#reader === reader && this.#state === "opening")
        this.#onFailure(new EverwireError("ERR_CONNECT_TIMEOUT", "timeout"));
    };
    // At once is before any answer, which a timer of 0 ms is not.
    if (timeout === 0) nextTick(onTimeout);
    else if (timeout !== false) this.#timer = this.timers.setTimeoutFn(onTimeout, timeout);
    session.handler = {
      onOpen: () => this.#onOpen(),
      onPing: () => void this.emitReserved("ping"),
      onMessage: (data) => {
        try {
          reader.read(data);
        } catch (error) {
          this.#onClose("parse error", error as Error);
        }
      },
      onSuspend: (reason, details) => {
        trace?.("manager", "suspended", this.uri);
        this.emitReserved("suspend", reason, details);
      },
      onResume: (summary) => {
        trace?.("manager", "resumed", this.uri);
        this.emitReserved("resume", summary);
      },
      onError: (error) => {
        if (this.isOpen) this.emitReserved("error", error);
        else this.#onFailure(error);
      },
      onClose: (reason, details) => {
        if (this.isOpen) this.#onClose(reason, details);
        else this.#onFailure(new EverwireError("ERR_CLOSED", reason, { cause: details }));
      },
    };
  }

  #onRetry(attempt: number): void {
    this.emitReserved("reconnect_attempt", attempt);
    // The listener may have called it off, or opened by itself.
    if (this.#state === "reconnecting") this.#connect();
  }

  #onOpen(): void {
    const { attempts } = this.#reconnection;
    this.timers.clearTimeoutFn(this.#timer);
    this.#reconnection.reset();
    this.#move("open");
    // Sockets before listeners, here and below: what a listener throws or calls finds every layer in its new state.
    this.#each((handler) => handler.onOpen());
    this.emitReserved("open");
    settle(this.#openCallbacks.splice(0));
    if (attempts) this.emitReserved("reconnect", attempts);
  }

  /** The attempt failed. The next one is arranged first, so that a listener can call it off. */
  #onFailure(error: Error): void {
    const { attempts } = this.#reconnection;
    const { reconnection, reconnectionAttempts } = this.settings;
    const callbacks = this.#openCallbacks.splice(0);
    const retry = reconnection && (attempts > 0 || !callbacks.length);
    const exhausted = attempts >= reconnectionAttempts;
    this.#leaveSession();
    if (retry && !exhausted) this.#wait();
    else this.#rest();
    this.#each((handler) => handler.onError(error));
    this.emitReserved("error", error);
    if (retry && exhausted) this.emitReserved("reconnect_failed");
    if (attempts) this.emitReserved("reconnect_error", error);
    settle(callbacks, error);
  }

  #onClose(reason: ClientDisconnectReason, details: DisconnectDetails | undefined, byUser?: boolean): void {
    const { engine, isOpen } = this;
    // Who left wants no more; else what came before the close goes first, and its listeners may have closed or opened again.
    if (!byUser) this.#flush();
    if (isOpen && !(this.isOpen && this.engine === engine)) return;
    this.#leaveSession();
    if (this.settings.reconnection && !byUser) this.#wait();
    else this.#rest();
    this.#each((handler) => handler.onClose(reason, details));
    this.emitReserved("close", reason, details);
  }

  #wait(): void {
    this.#move("reconnecting");
    this.#reconnection.wait(this.engine.lateMs);
  }

  #rest(): void {
    this.#reconnection.reset();
    this.#move("closed");
  }

  #leaveSession(): void {
    this.timers.clearTimeoutFn(this.#timer);
    this.#inbox.length = 0;
    this.engine.handler = undefined;
    this.engine.close();
    guard(() => this.#reader?.destroy?.());
  }

  #onPacket(packet: Packet): void {
    if (this.#inbox.push(packet) === 1) nextTick(() => this.#flush());
  }

  #flush(): void {
    const inbox = this.#inbox;
    for (let packet = inbox.shift(); packet; packet = inbox.shift()) {
      trace?.("receive", packet);
      this.emitReserved("packet", packet);
      this.#handlers.get(packet.nsp)?.onPacket(packet);
    }
  }

  #active(): NamespaceHandler[] {
    return [...this.#handlers.values()].filter((handler) => handler.active);
  }

  /** One may have left because of the one before. */
  #each(call: (handler: NamespaceHandler) => void): void {
    this.#active().forEach((handler) => {
      if (handler.active) call(handler);
    });
  }
}

function settle(callbacks: OpenCallback[], error?: Error): void {
  callbacks.forEach((callback) => guard(() => callback(error)));
}
