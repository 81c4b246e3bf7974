// ConnectionWatch: the events of a socket, its manager and its session, told as one state. One for each socket, kept while somebody
// looks at it. Called by use-connection.ts.
import type { DisconnectDetails, Socket } from "@everwire/client";
import { isAwaited } from "./shared-socket.js";

/**
 * `connecting`: for the first time, or after a disconnect that was meant. `reconnecting`: it was connected, and tries again by itself.
 * `suspended`: the line is down and the session is about to be resumed; the socket counts as connected, and what is emitted waits.
 * `disconnected`: nothing happens before `socket.connect()`.
 */
export type ConnectionStatus = "connecting" | "connected" | "suspended" | "reconnecting" | "disconnected";

/** The state of a connection. The object is another one whenever something in it has changed. */
export interface Connection {
  readonly status: ConnectionStatus;
  /** The socket's id, while connected. */
  readonly id: string | undefined;
  /** Whether this connection went on with the id, the rooms and the missed events of the one before. */
  readonly recovered: boolean;
  /** What carries the packets now, while connected: "polling", "websocket", "webtransport". */
  readonly transport: string | undefined;
  /** Why the last connection ended or was suspended; undefined while connected. */
  readonly reason: Socket.DisconnectReason | undefined;
  /** What else is known of that end. */
  readonly details: DisconnectDetails | undefined;
  /** Why the last attempt to connect failed, until one succeeds. */
  readonly error: Error | undefined;
}

type Engine = Socket["io"]["engine"];
type Why = Pick<Connection, "reason" | "details" | "error">;

const NO_REASON: Why = { reason: undefined, details: undefined, error: undefined };

/** On a server, and until the page has taken over what the server rendered: the same for all. */
export const BEFORE: Connection = {
  ...{ status: "connecting", id: undefined, recovered: false, transport: undefined },
  ...NO_REASON,
};

const watches = new WeakMap<Socket, ConnectionWatch>();

export class ConnectionWatch {
  readonly #socket: Socket;
  readonly #onChange = new Set<() => void>();
  #engine: Engine | undefined;
  #last = BEFORE;
  #why = NO_REASON;
  #wasConnected = false;
  /** The manager has stopped trying, though the socket wants to be connected. */
  #isGivenUp = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static of(socket: Socket): ConnectionWatch {
    let watch = watches.get(socket);
    if (!watch) watches.set(socket, (watch = new ConnectionWatch(socket)));
    return watch;
  }

  readonly subscribe = (onChange: () => void): (() => void) => {
    if (this.#onChange.size === 0) this.#start();
    this.#onChange.add(onChange);
    return () => {
      this.#onChange.delete(onChange);
      if (this.#onChange.size === 0) this.#stop();
    };
  };

  /** The same object as long as it is true. */
  readonly read = (): Connection => {
    const now = this.#look();
    const keys = Object.keys(now) as (keyof Connection)[];
    if (keys.some((key) => !Object.is(now[key], this.#last[key]))) this.#last = now;
    return this.#last;
  };

  #look(): Connection {
    const { connected, id, recovered, io } = this.#socket;
    const transport = connected ? io.engine.transport.name : undefined;
    return { status: this.#status(), id, recovered: connected && recovered, transport, ...this.#why };
  }

  #status(): ConnectionStatus {
    const { connected, active, io } = this.#socket;
    if (connected) return io.engine.readyState === "suspended" ? "suspended" : "connected";
    if (!active) return isAwaited(this.#socket) ? "connecting" : "disconnected";
    if (this.#isGivenUp && io.engine.readyState === "closed") return "disconnected";
    return this.#wasConnected ? "reconnecting" : "connecting";
  }

  #start(): void {
    const { io, connected } = this.#socket;
    if (connected) this.#onConnect();
    this.#socket.on("connect", this.#onConnect);
    this.#socket.on("disconnect", this.#onBreak);
    this.#socket.on("connect_error", this.#onError);
    io.on("open", this.#onOpen);
    io.on("suspend", this.#onBreak);
    io.on("resume", this.#onConnect);
    io.on("reconnect_attempt", this.#onAttempt);
    io.on("reconnect_failed", this.#onGivenUp);
    this.#watchEngine();
  }

  #stop(): void {
    const { io } = this.#socket;
    this.#socket.off("connect", this.#onConnect);
    this.#socket.off("disconnect", this.#onBreak);
    this.#socket.off("connect_error", this.#onError);
    io.off("open", this.#onOpen);
    io.off("suspend", this.#onBreak);
    io.off("resume", this.#onConnect);
    io.off("reconnect_attempt", this.#onAttempt);
    io.off("reconnect_failed", this.#onGivenUp);
    this.#engine?.off("upgrade", this.#tell);
    this.#engine = undefined;
  }

  /** Each connection of the manager has a session of its own, which tells of its upgrade. */
  #watchEngine(): void {
    // There is none before the manager was opened once.
    const engine = this.#socket.io.engine as Engine | undefined;
    this.#engine?.off("upgrade", this.#tell);
    this.#engine = engine;
    engine?.on("upgrade", this.#tell);
  }

  readonly #tell = (): void => this.#onChange.forEach((onChange) => onChange());

  readonly #onConnect = (): void => {
    this.#wasConnected = true;
    this.#isGivenUp = false;
    this.#why = NO_REASON;
    this.#tell();
  };

  readonly #onOpen = (): void => {
    this.#watchEngine();
    this.#onAttempt();
  };

  readonly #onAttempt = (): void => {
    this.#isGivenUp = false;
    this.#tell();
  };

  readonly #onBreak = (reason: Socket.DisconnectReason, details?: DisconnectDetails): void => {
    this.#why = { reason, details, error: undefined };
    this.#rest();
  };

  readonly #onError = (error: Error): void => {
    this.#why = { ...this.#why, error };
    this.#rest();
  };

  readonly #onGivenUp = (): void => {
    this.#isGivenUp = true;
    this.#wasConnected = false;
    this.#tell();
  };

  #rest(): void {
    const { active, connected, io } = this.#socket;
    if (!active) this.#wasConnected = false;
    this.#isGivenUp = !connected && !io.reconnection();
    this.#tell();
  }
}
