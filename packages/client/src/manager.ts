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
  type PacketDecoder,
  type PacketEncoder,
  type RawData,
} from "@everwire/protocol";
import { Encoder, PacketReader } from "#codec";
import { listenToWake, nextTick } from "#platform";
import type { ResumeSummary } from "./engine/session-events.js";
import { Session } from "./engine/session.js";
import type { DisconnectDetails } from "./engine/session-events.js";
import { installTimerFunctions, type TimerFunctions } from "./engine/timers.js";
import { backoff } from "./backoff.js";
import { guard } from "./guard.js";
import { ManagerSettings } from "./manager-settings.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
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
  /** The sockets, by their namespaces. @internal */
  readonly attached = new Map<string, Socket<ListenEvents, EmitEvents>>();
  /** @internal */
  declare setTimeoutFn: TimerFunctions["setTimeoutFn"];
  /** @internal */
  declare clearTimeoutFn: TimerFunctions["clearTimeoutFn"];
  #state: ManagerState = "closed";
  /** Of the attempt to open the session, or of the wait for the next one. */
  #timer: unknown;
  /** Of that wait, which ends when the browser says that the network or the page is back. */
  #unlisten: (() => void) | undefined;
  /** How many waits were begun since the session was open, or wanted: not 0 means that the loop is running. */
  #attempts = 0;
  #openCallbacks: OpenCallback[] = [];
  /** Decoded but not dispatched yet: listeners run on a later tick than the decoder. */
  readonly #inbox: Packet[] = [];
  readonly #encoder: PacketEncoder;
  /** The read side of the session, by the default protocol. */
  #reader!: PacketReader;
  /** The same by the user's `parser`. */
  #decoder: PacketDecoder | undefined;

  constructor(options?: Options);
  constructor(uri?: string, options?: Options);
  constructor(uri?: string | Options, options?: Options) {
    const opts = (typeof uri === "object" ? uri : options) ?? {};
    super(opts);
    this.uri = typeof uri === "string" ? uri : undefined;
    this.opts = { ...opts, path: opts.path ?? "/socket.io" };
    installTimerFunctions(this, opts);
    this.#encoder = new (opts.parser?.Encoder ?? Encoder)();
    if (this.autoConnect) this.open();
  }

  /** Opens the session. Who gives a callback hears of the outcome there, and a first failure is then not retried. */
  open(callback?: OpenCallback): this {
    if (this.isOpen) {
      if (callback) this.setTimeoutFn(callback, 0);
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
    const socket = this.attached.get(namespace);
    if (!socket) return new Socket(this, namespace, options);
    if (this.autoConnect && !socket.active) socket.connect();
    return socket;
  }

  /** Closes the session of all sockets. Nothing reconnects before `open()`, or the `connect()` of a socket. */
  disconnect(): void {
    const callbacks = this.#openCallbacks.splice(0);
    if (this.#state !== "closed") this.#closed("forced close", undefined, true);
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

  /** More came than can be kept: what is left of it is dropped together with the session, which begins anew. @internal */
  abandon(error: Error): void {
    this.#inbox.length = 0;
    this.#closed("buffer overflow", error);
  }

  /** A socket wants the session, which may be on its way already, or waiting for its turn. @internal */
  want(): void {
    if (this.#state === "closed") this.#connect();
  }

  /** Reconnects now, if that is what it waits for. @internal */
  hurry(): void {
    if (this.#state !== "reconnecting") return;
    this.#stopTimer();
    this.emitReserved("reconnect_attempt", this.#attempts);
    // The listener may have called it off, or opened by itself.
    if ((this.#state as ManagerState) === "reconnecting") this.#connect();
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
    if (!this.settings.reconnection && this.#state === "reconnecting") this.#rest(false);
  }

  #move(state: ManagerState): void {
    this.#state = transition(MANAGER_STATES, this.#state, state);
    trace?.("manager", state, this.uri);
  }

  #connect(): void {
    const { parser, shared } = this.opts;
    const reader = new PacketReader();
    this.engine = shared ? openShared(this) : new Session(this.uri, this.opts);
    this.#reader = reader;
    this.#decoder = parser && new parser.Decoder();
    this.#decoder?.on("decoded", (packet) => this.#onPacket(packet));
    this.#stopTimer();
    this.#move("opening");
    const { timeout } = this.settings;
    const onTimeout = (): void => {
      if (this.#reader === reader && this.#state === "opening")
        this.#onFailure(new EverwireError("ERR_CONNECT_TIMEOUT", "timeout"));
    };
    // At once is before any answer, which a timer of 0 ms is not.
    if (timeout === 0) nextTick(onTimeout);
    else if (timeout !== false) this.#timer = this.setTimeoutFn(onTimeout, timeout);
    this.engine.handler = this;
  }

  /** @internal */
  onPing(): void {
    this.emitReserved("ping");
  }

  /** @internal */
  onMessage(data: RawData): void {
    try {
      if (this.#decoder) this.#decoder.add(data);
      else this.#onPacket(this.#reader.read(data));
    } catch (error) {
      this.#closed("parse error", error as Error);
    }
  }

  /** @internal */
  onSuspend(reason: ClientDisconnectReason, details?: DisconnectDetails): void {
    trace?.("manager", "suspended", this.uri);
    this.emitReserved("suspend", reason, details);
  }

  /** @internal */
  onResume(summary: ResumeSummary): void {
    trace?.("manager", "resumed", this.uri);
    this.emitReserved("resume", summary);
  }

  /** @internal */
  onError(error: Error): void {
    if (this.isOpen) this.emitReserved("error", error);
    else this.#onFailure(error);
  }

  /** @internal */
  onClose(reason: ClientDisconnectReason, details?: DisconnectDetails): void {
    if (this.isOpen) this.#closed(reason, details);
    else this.#onFailure(new EverwireError("ERR_CLOSED", reason, { cause: details }));
  }

  /** @internal */
  onOpen(): void {
    const attempts = this.#attempts;
    this.#stopTimer();
    this.#attempts = 0;
    this.#move("open");
    // Sockets before listeners, here and below: what a listener throws or calls finds every layer in its new state.
    this.#each((socket) => socket.onOpen());
    this.emitReserved("open");
    settle(this.#openCallbacks.splice(0));
    if (attempts) this.emitReserved("reconnect", attempts);
  }

  /** The attempt failed. The next one is arranged first, so that a listener can call it off. */
  #onFailure(error: Error): void {
    const attempts = this.#attempts;
    const { reconnection, reconnectionAttempts } = this.settings;
    const callbacks = this.#openCallbacks.splice(0);
    const retry = reconnection && (attempts > 0 || !callbacks.length);
    const exhausted = attempts >= reconnectionAttempts;
    this.#leaveSession(retry && !exhausted);
    this.#each((socket) => socket.onError(error));
    this.emitReserved("error", error);
    if (retry && exhausted) this.emitReserved("reconnect_failed");
    if (attempts) this.emitReserved("reconnect_error", error);
    settle(callbacks, error);
  }

  #closed(reason: ClientDisconnectReason, details?: DisconnectDetails, byUser?: boolean): void {
    const { engine, isOpen } = this;
    // Who left wants no more; else what came before the close goes first, and its listeners may have closed or opened again.
    if (!byUser) this.#flush();
    if (isOpen && !(this.isOpen && this.engine === engine)) return;
    this.#leaveSession(this.settings.reconnection && !byUser);
    this.#each((socket) => socket.onClose(reason, details));
    this.emitReserved("close", reason, details);
  }

  #leaveSession(retry: boolean): void {
    this.#inbox.length = 0;
    this.engine.handler = undefined;
    this.engine.close();
    guard(() => this.#decoder?.destroy?.());
    this.#rest(retry);
  }

  /** Without a session; with `again` until the next attempt, the first of a series after the shortest wait. */
  #rest(again: boolean): void {
    this.#stopTimer();
    this.#move(again ? "reconnecting" : "closed");
    if (!again) {
      this.#attempts = 0;
      return;
    }
    const retry = (): void => this.hurry();
    // What the page has slept through it has waited.
    this.#timer = this.setTimeoutFn(retry, backoff(this.settings, this.#attempts++) - Math.max(0, this.engine.lateMs));
    this.#unlisten = listenToWake(retry);
  }

  #stopTimer(): void {
    this.clearTimeoutFn(this.#timer);
    this.#unlisten?.();
  }

  #onPacket(packet: Packet | undefined): void {
    if (packet && this.#inbox.push(packet) === 1) nextTick(() => this.#flush());
  }

  #flush(): void {
    const inbox = this.#inbox;
    for (let packet = inbox.shift(); packet; packet = inbox.shift()) {
      trace?.("receive", packet);
      this.emitReserved("packet", packet);
      this.attached.get(packet.nsp)?.onPacket(packet);
    }
  }

  #active(): Socket<ListenEvents, EmitEvents>[] {
    return [...this.attached.values()].filter(({ active }) => active);
  }

  /** One may have left because of the one before. */
  #each(call: (socket: Socket<ListenEvents, EmitEvents>) => void): void {
    this.#active().forEach((socket) => {
      if (socket.active) call(socket);
    });
  }
}

function settle(callbacks: OpenCallback[], error?: Error): void {
  callbacks.forEach((callback) => guard(() => callback(error)));
}
