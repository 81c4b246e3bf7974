// Session: one Engine.IO session (`Socket` for users of the engine): handshake, heartbeat, the write buffer, and the one
// place where a transport is attached or detached. The Manager holds it by `handler`; users listen to its events.
import { ENGINE_PROTOCOL, EverwireError, SESSION_STATES, transition } from "@everwire/protocol";
import type {
  BinaryType,
  CloseReason,
  EnginePacket,
  EnginePacketType,
  HandshakeData,
  RawData,
} from "@everwire/protocol";
import { parseHandshake } from "#codec";
import { createCookieStore, listenToPage, nextTick } from "#platform";
import { Emitter } from "../emitter.js";
import { TransportError } from "../errors.js";
import { Heartbeat } from "./heartbeat.js";
import { resolveOptions, type ResolvedOptions, type SessionOptions } from "./options.js";
import { SendBuffer, sizeOf, type QueuedPacket } from "./send-buffer.js";
import type { SendOptions, SessionEvents, SessionHandler } from "./session-events.js";
import { chooseTransports, type AvailableTransport } from "./transport-list.js";
import type { CloseDetails, Transport, TransportHandler } from "./transports/transport.js";
import { Upgrade } from "./upgrade.js";
import { parseQuery } from "./url.js";

type SessionState = keyof typeof SESSION_STATES;
type NoEvents = { [Event in never]: never };

export class Session extends Emitter<NoEvents, NoEvents, SessionEvents> {
  static readonly protocol = ENGINE_PROTOCOL;
  /** An upgrade to WebSocket has succeeded in this process; see `rememberUpgrade`. */
  static priorWebsocketSuccess = false;

  id: string | undefined;
  readonly opts: ResolvedOptions;
  readonly hostname: string;
  readonly port: string;
  readonly secure: boolean;
  handler: SessionHandler | undefined;

  #available: AvailableTransport[];
  readonly #cookies;
  readonly #heartbeat: Heartbeat;
  readonly #buffer = new SendBuffer();
  readonly #unlisten: (() => void)[] = [];
  readonly #transportHandler: TransportHandler = {
    onOpen: () => undefined,
    onPacket: (packet) => this.#onPacket(packet),
    onDrain: () => this.#onDrain(),
    onError: (error) => this.#onError(error),
    onClose: (details) => this.#close("transport close", details),
  };
  #transport: Transport | undefined;
  #upgrade: Upgrade | undefined;
  #readyState: SessionState = "opening";
  #maxPayload = Infinity;
  #isFlushPlanned = false;

  constructor(uri?: string | SessionOptions | null, options: SessionOptions = {}) {
    super();
    const given = uri && typeof uri === "object" ? uri : options;
    const opts = resolveOptions(typeof uri === "string" ? uri : undefined, given);
    this.opts = opts;
    this.hostname = opts.hostname;
    this.port = opts.port;
    this.secure = opts.secure;
    this.#cookies = createCookieStore(opts.withCredentials);
    this.#heartbeat = new Heartbeat(opts, () => this.#close("ping timeout"));
    const listen = (event: Parameters<typeof listenToPage>[0], listener: () => void): void => {
      this.#unlisten.push(listenToPage(event, listener));
    };
    if (opts.hostname !== "localhost") {
      listen("offline", () => this.#close("transport close", { description: "network connection lost" }));
    }
    // Silently: the page is on its way out and should not react to it.
    if (opts.closeOnBeforeunload) {
      listen("beforeunload", () => {
        this.#upgrade?.cancel();
        this.#detach();
      });
    }
    this.#available = chooseTransports(opts, Session.priorWebsocketSuccess);
    this.#open();
  }

  get readyState(): SessionState {
    return this.#readyState;
  }

  /** The transport in use. There is none only in a session that was given no transport at all. */
  get transport(): Transport {
    return this.#transport as Transport;
  }

  /** Packets that have not left yet. */
  get writeBuffer(): EnginePacket[] {
    return this.#buffer.packets;
  }

  get bufferedBytes(): number {
    return this.#buffer.bytes;
  }

  /** A packet given now leaves at once: nothing is before it and the transport takes it. */
  get writable(): boolean {
    return this.#readyState === "open" && !this.#buffer.packets.length && this.#canWrite();
  }

  get upgrading(): boolean {
    return !!this.#upgrade?.isSwapping;
  }

  get binaryType(): BinaryType {
    return this.opts.binaryType;
  }

  set binaryType(type: BinaryType) {
    this.opts.binaryType = type;
    this.#transport?.setBinaryType(type);
  }

  /** Sends a message; `callback` runs on the next `flush`. Ignored once the session is closing. */
  send(data: RawData, options?: SendOptions | (() => void) | null, callback?: () => void): this {
    if (typeof options === "function") return this.send(data, null, options);
    this.#enqueue("message", data, { compress: options?.compress !== false }, callback);
    return this;
  }

  write(data: RawData, options?: SendOptions | (() => void) | null, callback?: () => void): this {
    return this.send(data, options, callback);
  }

  /** Closes when what is buffered has left and a running upgrade has ended. */
  close(): this {
    const state = this.#readyState;
    if (state === "opening") this.#close("forced close");
    else if (state === "open") {
      this.#moveTo("closing");
      this.#finishClosing();
    }
    return this;
  }

  /**
   * Whether the server's ping is overdue by the clock: timers of a background tab or a sleeping laptop come late. A stale
   * session closes by itself right after the question.
   */
  isStale(): boolean {
    const isStale = this.#heartbeat.isOverdue;
    if (isStale) nextTick(() => this.#close("ping timeout"));
    return isStale;
  }

  #open(): void {
    const first = this.#available[0];
    if (!first) {
      nextTick(() => {
        const text = "No transports available";
        this.handler?.onError(new TransportError(text));
        this.emitReserved("error", text);
      });
      return;
    }
    const transport = this.#createTransport(first);
    this.#attach(transport);
    transport.open();
  }

  #createTransport([name, Transport]: AvailableTransport): Transport {
    const { opts } = this;
    const own = opts.transportOptions[name];
    const query = parseQuery(own?.query, parseQuery(opts.query));
    query.EIO = ENGINE_PROTOCOL;
    query.transport = name;
    if (this.id) query.sid = this.id;
    return new Transport({ ...opts, ...(own as Partial<ResolvedOptions> | undefined), query, cookies: this.#cookies });
  }

  #attach(transport: Transport): void {
    this.#detach();
    transport.handler = this.#transportHandler;
    // It may have been set since the transport was made. (Not for nothing: an environment's WebSocket has no "nodebuffer".)
    const { binaryType } = this.opts;
    if (transport.opts.binaryType !== binaryType) transport.setBinaryType(binaryType);
    this.#transport = transport;
  }

  #detach(): void {
    if (!this.#transport) return;
    this.#transport.handler = undefined;
    this.#transport.close();
  }

  #enqueue(type: EnginePacketType, data?: RawData, options?: SendOptions, callback?: () => void): void {
    if (this.#readyState !== "opening" && this.#readyState !== "open") return;
    const packet = { type, data, options, size: sizeOf(data) } as QueuedPacket;
    const { bytes } = this.#buffer;
    // A single large message is the caller's own; the cap is for what piles up.
    if (bytes && bytes + packet.size > this.opts.maxBufferedBytes) {
      this.#close(
        "buffer overflow",
        new EverwireError("ERR_BUFFER_OVERFLOW", "failed to send message: send buffer is full"),
      );
      return;
    }
    this.emitReserved("packetCreate", packet);
    this.#buffer.add(packet);
    if (callback) this.once("flush", callback);
    if (this.#isFlushPlanned) return;
    // What is sent in one turn leaves together: for polling, in one request.
    this.#isFlushPlanned = true;
    nextTick(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #canWrite(): boolean {
    return !!this.#transport?.writable && !this.upgrading;
  }

  #flush(): void {
    const state = this.#readyState;
    if ((state !== "open" && state !== "closing") || !this.#canWrite() || !this.#buffer.packets.length) return;
    const { transport } = this;
    transport.send(this.#buffer.take(transport.batches ? this.#maxPayload : Infinity));
    this.emitReserved("flush");
  }

  #onDrain(): void {
    const hadSent = this.#buffer.drained();
    if (this.#buffer.packets.length) this.#flush();
    else if (hadSent) {
      this.handler?.onDrain?.();
      this.emitReserved("drain");
      this.#finishClosing();
    }
  }

  #onPacket(packet: EnginePacket): void {
    this.emitReserved("packet", packet);
    this.emitReserved("heartbeat");
    const { type, data } = packet;
    if (type === "message") {
      this.handler?.onMessage(data as RawData);
      this.emitReserved("data", data as RawData);
      this.emitReserved("message", data as RawData);
    } else if (type === "ping") {
      this.#heartbeat.restart();
      this.#enqueue("pong");
      this.handler?.onPing?.();
      this.emitReserved("ping");
      this.emitReserved("pong");
    } else if (type === "open" && this.#readyState === "opening") this.#onHandshake(data);
  }

  #onHandshake(text: unknown): void {
    let handshake: HandshakeData;
    try {
      handshake = parseHandshake(text);
    } catch (error) {
      this.#onError(new TransportError("invalid handshake", error, undefined, error));
      return;
    }
    const { transport } = this;
    this.id = transport.query.sid = handshake.sid;
    this.#maxPayload = handshake.maxPayload || Infinity;
    this.#heartbeat.restart(handshake.pingInterval + handshake.pingTimeout);
    this.emitReserved("handshake", handshake);
    // A listener may have closed the session, here and below.
    if (this.#readyState !== "opening") return;
    this.#moveTo("open");
    Session.priorWebsocketSuccess = transport.name === "websocket";
    this.handler?.onOpen();
    this.emitReserved("open");
    this.#flush();
    if (this.readyState === "open" && this.opts.upgrade !== false) this.#startUpgrade(handshake.upgrades);
  }

  #startUpgrade(offered: readonly string[]): void {
    const candidates = this.#available.filter(([name]) => offered.indexOf(name) >= 0 && name !== this.transport.name);
    if (!candidates.length) return;
    this.#upgrade = new Upgrade(this.transport, this.opts, {
      onProbed: (transport) => this.emitReserved("upgrading", transport),
      onSwap: (transport) => {
        Session.priorWebsocketSuccess = transport.name === "websocket";
        this.#attach(transport);
        transport.send([{ type: "upgrade" }]);
        this.emitReserved("upgrade", transport);
        this.#finishClosing();
      },
      onError: (error) => this.emitReserved("upgradeError", error),
      onFailed: () => {
        this.#flush();
        this.#finishClosing();
      },
    });
    this.#upgrade.start(candidates.map((candidate) => this.#createTransport(candidate)));
  }

  #onError(error: TransportError): void {
    Session.priorWebsocketSuccess = false;
    if (this.#readyState === "opening" && this.opts.tryAllTransports && this.#available.length > 1) {
      this.#available.shift();
      this.#open();
      return;
    }
    this.handler?.onError(error);
    this.emitReserved("error", error);
    this.#close("transport error", error);
  }

  #finishClosing(): void {
    if (this.#readyState === "closing" && !this.#buffer.packets.length && !this.upgrading) this.#close("forced close");
  }

  #close(reason: CloseReason, details?: CloseDetails | Error): void {
    if (this.#readyState === "closed") return;
    this.#moveTo("closed");
    this.#heartbeat.stop();
    this.#upgrade?.cancel();
    this.#detach();
    this.#unlisten.forEach((unlisten) => unlisten());
    this.id = undefined;
    this.handler?.onClose(reason, details);
    this.emitReserved("close", reason, details);
    // Only now: a listener may look at what did not leave.
    this.#buffer.clear();
  }

  #moveTo(state: SessionState): void {
    this.#readyState = transition(SESSION_STATES, this.#readyState, state);
  }
}
