// Socket: one namespace as the user sees it: emits go to the Manager as packets, packets of the Manager become events.
// Its connection comes and goes with the Manager's session; what is emitted meanwhile waits in `sendBuffer`.
import { EverwireError, PacketType, RESERVED_EVENTS, SOCKET_STATES, transition } from "@everwire/protocol";
import type {
  AllButLast,
  ClientDisconnectReason,
  DecorateAcknowledgements,
  DefaultEventsMap,
} from "@everwire/protocol";
import type { EventNames, EventNamesWithAck, EventParams, EventsMap, Packet, SocketState } from "@everwire/protocol";
import { Acks, type AckCallback } from "./acks.js";
import { CatchAllEmitter } from "./catch-all.js";
import type { Session } from "./engine/session.js";
import type { DisconnectDetails } from "./engine/session-events.js";
import { ConnectError, V2_SERVER } from "./errors.js";
import { guard } from "./guard.js";
import type { Manager, OutgoingPacket } from "./manager.js";
import type { Auth, SocketOptions } from "./options.js";
import type { AnswerOf, Flags, QueuedEvent, SocketReservedEvents } from "./socket-events.js";
import { trace } from "./trace.js";

/** Names of types under that of the class, as users know them. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- there is no other way to write `Socket.DisconnectReason`
export declare namespace Socket {
  type DisconnectReason = ClientDisconnectReason;
}

export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends CatchAllEmitter<ListenEvents, EmitEvents, SocketReservedEvents> {
  readonly io: Manager<ListenEvents, EmitEvents>;
  readonly nsp: string;
  /** Given by the server; undefined while not connected. */
  id: string | undefined;
  /** Whether the last connection went on with the id, rooms and missed events of the one before. */
  recovered = false;
  auth: Auth | undefined;
  /** Events that came before the server's answer to CONNECT. */
  receiveBuffer: unknown[][] = [];
  /** What was emitted while not connected. */
  sendBuffer: OutgoingPacket[] = [];

  #state: SocketState = "disconnected";
  #isActive = false;
  /** Of the next emit. */
  #flags: Flags = { compress: true };
  #timeoutMs: number | undefined;
  /** The session in which a CONNECT awaits its answer. */
  #askedIn: Session | undefined;
  /** Private id and last offset, for the recovery of this connection by the next. */
  #pid: string | undefined;
  #offset: string | undefined;
  readonly #options: Partial<SocketOptions>;
  readonly #maxBufferPackets: number;
  readonly #acks: Acks;
  /** With `retries`: what waits, of which only the first is on its way. */
  readonly #queue: QueuedEvent[] = [];
  #isTrying = false;
  /** How many bytes wait, in `sendBuffer` or in the queue. */
  #waitingBytes = 0;

  constructor(manager: Manager<ListenEvents, EmitEvents>, namespace: string, options: Partial<SocketOptions> = {}) {
    super();
    this.io = manager;
    this.nsp = namespace;
    this.auth = options.auth;
    this.#options = { ...options };
    this.#timeoutMs = options.ackTimeout;
    this.#maxBufferPackets = options.maxBufferPackets ?? 10_000;
    this.#acks = new Acks(manager);
    manager.attached.set(namespace, this);
    if (manager.autoConnect) this.connect();
  }

  get connected(): boolean {
    return this.#state === "connected";
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether the socket is connected, or will be without further ado: false after `disconnect()` and after a refusal. */
  get active(): boolean {
    return this.#isActive;
  }

  connect(): this {
    this.#isActive = true;
    if (!this.io.isOpen) this.io.want();
    else if (this.#state === "disconnected") this.onOpen();
    return this;
  }

  open(): this {
    return this.connect();
  }

  disconnect(): this {
    const { connected } = this;
    if (connected) this.io.send({ type: PacketType.DISCONNECT, nsp: this.nsp });
    this.#release();
    if (connected) this.onClose("io client disconnect");
    return this;
  }

  close(): this {
    return this.disconnect();
  }

  /** Sends an event; a function at the end is called with the answer. While not connected it waits in `sendBuffer`. */
  override emit<Event extends EventNames<EmitEvents>>(event: Event, ...args: EventParams<EmitEvents, Event>): this {
    const callback = typeof args[args.length - 1] === "function" ? (args.pop() as AckCallback) : undefined;
    this.#submit(event, args, callback);
    return this;
  }

  /** Like `emit`, with a promise of the answer's first argument. It rejects on timeout and when the connection is lost. */
  emitWithAck<Event extends EventNamesWithAck<EmitEvents>>(
    event: Event,
    ...args: AllButLast<EventParams<EmitEvents, Event>>
  ): Promise<AnswerOf<EmitEvents, Event>> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null, answer: AnswerOf<EmitEvents, Event>): void => {
        if (error) reject(error);
        else resolve(answer);
      };
      this.#submit(event, args, settle as AckCallback, true);
    });
  }

  /** Emits the event "message". */
  send(...args: EventParams<EmitEvents, "message">): this {
    return this.emit("message", ...args);
  }

  /** The next emit may be compressed, or not. */
  compress(compress: boolean): this {
    this.#flags.compress = compress;
    return this;
  }

  /** The next emit is dropped if it can't be sent right now. */
  get volatile(): this {
    this.#flags.volatile = true;
    return this;
  }

  /** The acknowledgement of the next emit gets an error first, set when the answer takes longer than this. */
  timeout(delayMs: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.#timeoutMs = delayMs;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- the fix would make it the plain type again
    return this as unknown as Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
  }

  get #canSend(): boolean {
    return this.connected && this.io.canSend;
  }

  #move(state: SocketState): void {
    this.#state = transition(SOCKET_STATES, this.#state, state);
    trace?.("socket", state, this.nsp);
  }

  #submit(event: string | symbol, args: unknown[], callback?: AckCallback, takesError = false): void {
    const { retries, ackTimeout } = this.#options;
    const flags = this.#flags;
    const timeoutMs = this.#timeoutMs;
    this.#flags = { compress: true };
    this.#timeoutMs = ackTimeout;
    if (RESERVED_EVENTS.has(event as string)) {
      throw new EverwireError("ERR_RESERVED_EVENT", `"${String(event)}" is a reserved event name`);
    }
    const data = [event, ...args];
    if (retries && !flags.volatile) {
      const bytes = this.#reserve(data, this.#queue);
      const settle: AckCallback = (...answer) => {
        this.#waitingBytes -= bytes;
        callback?.(...answer);
      };
      this.#queue.push({ data, flags, timeoutMs, callback: settle, tries: 0 });
      this.#drain();
    } else this.#send(data, flags, callback, takesError || timeoutMs !== undefined, timeoutMs);
  }

  /** Room for an event that has to wait, as bytes. Over the cap the emit throws, so that nothing that waits is dropped for it. */
  #reserve(data: unknown[], waiting: unknown[]): number {
    const bytes = this.io.measure(data);
    // Users may empty the buffer by hand.
    if (!waiting.length) this.#waitingBytes = 0;
    const { maxBufferBytes = 16 * 1024 * 1024 } = this.#options;
    if (waiting.length >= this.#maxBufferPackets || this.#waitingBytes + bytes > maxBufferBytes) {
      throw new EverwireError("ERR_SEND_BUFFER_FULL", "failed to emit: too much waits for the connection already");
    }
    this.#waitingBytes += bytes;
    return bytes;
  }

  /** Sends the head of the queue. The next one goes when it was acknowledged, or given up after `retries` more tries. */
  #drain(): void {
    const head = this.#queue[0];
    if (!head || this.#isTrying || !this.#canSend) return;
    const settle: AckCallback = (error, ...answer) => {
      this.#isTrying = false;
      if (!error || ++head.tries > (this.#options.retries ?? 0)) {
        this.#queue.shift();
        guard(() => head.callback(error, ...answer));
      }
      this.#drain();
    };
    this.#send(head.data, head.flags, settle, true, head.timeoutMs);
    this.#isTrying = true;
  }

  #send(data: unknown[], options: Flags, callback?: AckCallback, takesError?: boolean, timeoutMs?: number): void {
    const packet: OutgoingPacket = { type: PacketType.EVENT, nsp: this.nsp, data, options };
    const canSend = this.#canSend;
    let bytes = 0;
    if (callback) packet.id = this.#acks.drawId();
    if (options.volatile && !(canSend && this.io.engine.writable)) {
      // Dropped. Nobody will answer: only who takes an error is worth remembering.
      if (!takesError) return;
    } else if (canSend) {
      this.#transmit(packet);
    } else {
      bytes = this.#reserve(data, this.sendBuffer);
      this.sendBuffer.push(packet);
    }
    const onTimeout = (): void => {
      const index = this.sendBuffer.indexOf(packet);
      if (index < 0) return;
      this.sendBuffer.splice(index, 1);
      this.#waitingBytes -= bytes;
    };
    if (callback) this.#acks.add(packet.id as number, callback, takesError, timeoutMs, onTimeout);
  }

  #transmit(packet: OutgoingPacket): void {
    this.tellOutgoing(packet.data as unknown[]);
    this.io.send(packet);
  }

  /** The session is open: ask for the namespace. @internal */
  onOpen(): void {
    const session = this.io.engine;
    this.#move("connecting");
    const ask = (auth?: object): void => {
      // An answer that was asked for before, a session that is gone, a function that calls twice.
      if (this.#askedIn === session || this.io.engine !== session || this.#state !== "connecting") return;
      this.#askedIn = session;
      // Of an earlier connection, which nobody waited for.
      this.receiveBuffer = [];
      const data = this.#pid ? { pid: this.#pid, offset: this.#offset, ...auth } : auth;
      this.io.send({ type: PacketType.CONNECT, nsp: this.nsp, data });
    };
    guard(() => (typeof this.auth === "function" ? this.auth(ask) : ask(this.auth)));
  }

  /** @internal */
  onPacket({ type, data, id }: Packet): void {
    const connecting = this.#state === "connecting";
    if (type === PacketType.CONNECT || type === PacketType.CONNECT_ERROR) this.#askedIn = undefined;
    if (type === PacketType.CONNECT) {
      // Disconnected while the server thought about it: it has to be told now.
      if (!this.active) this.io.send({ type: PacketType.DISCONNECT, nsp: this.nsp });
      else if (connecting) this.#onConnect((data ?? {}) as { sid?: string; pid?: string });
    } else if (type === PacketType.CONNECT_ERROR) {
      if (!connecting) return;
      this.#release();
      this.onError(new ConnectError(data as string | { message: string }));
    } else if (type === PacketType.DISCONNECT) {
      if (!this.connected) return;
      this.#release();
      this.onClose("io server disconnect");
    } else if (type === PacketType.ACK || type === PacketType.BINARY_ACK) {
      if (id !== undefined) this.#acks.resolve(id, data as unknown[]);
    } else this.#onEvent(id === undefined ? (data as unknown[]) : (data as unknown[]).concat(this.#answer(id)));
  }

  #onConnect({ sid, pid }: { sid?: string; pid?: string }): void {
    if (!sid) {
      this.onError(new ConnectError(V2_SERVER));
      return;
    }
    this.#move("connected");
    this.id = sid;
    this.recovered = !!pid && this.#pid === pid;
    // An offset belongs to the connection that it was received in.
    if (!this.recovered) this.#offset = undefined;
    this.#pid = pid;
    const received = this.receiveBuffer.splice(0);
    while (this.#canSend && this.sendBuffer.length) {
      const packet = this.sendBuffer.shift();
      if (packet) guard(() => this.#transmit(packet));
    }
    this.#drain();
    received.forEach((args) => this.#onEvent(args));
    if (this.connected) this.emitReserved("connect");
  }

  #onEvent(args: unknown[]): void {
    if (this.connected) {
      const last = args[args.length - 1];
      if (this.#pid && typeof last === "string") this.#offset = last;
      this.emitIncoming(args);
    } else if (this.#state === "connecting" && this.receiveBuffer.push(args) > this.#maxBufferPackets) {
      // Missed events that the server replays, more than can be kept: recovery is given up.
      this.#pid = undefined;
      this.io.abandon(new EverwireError("ERR_RECEIVE_BUFFER_FULL", "failed to recover: too many events were missed"));
    }
  }

  #answer(id: number): AckCallback {
    const session = this.io.engine;
    let answered = false;
    return (...data) => {
      // Another session means another socket on the server, where the id has no meaning or a wrong one; without a socket
      // there, an answer is a breach of the protocol that costs the other namespaces their session.
      if (answered || !this.connected || this.io.engine !== session) return;
      answered = true;
      this.io.send({ type: PacketType.ACK, nsp: this.nsp, id, data });
    };
  }

  /** Left for good, of one side's own will: there is nothing to recover. */
  #release(): void {
    this.#isActive = false;
    this.#pid = undefined;
    if (this.#state === "connecting") this.#move("disconnected");
    this.io.release();
  }

  /** @internal */
  onError(error: Error): void {
    this.emitReserved("connect_error", error);
  }

  /** @internal */
  onClose(reason: ClientDisconnectReason, details?: DisconnectDetails): void {
    if (this.#state === "disconnected") return;
    this.#move("disconnected");
    this.id = undefined;
    // Not delivered, so not counted: recovery brings them again.
    this.receiveBuffer = [];
    this.emitReserved("disconnect", reason, details);
    this.#acks.abandon((id) => this.sendBuffer.some((packet) => packet.id === id));
  }
}
