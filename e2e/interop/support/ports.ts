// The two black boxes of a pairing as the cases see them: a client and a server of any implementation. Drivers: js-client and
// js-server (ours and the stock ones), python-client and python-server (child processes).
import type { Journal } from "./journal.js";
import type { JsClientSocket, JsServer } from "./js-modules.js";

export type Mode = "polling" | "websocket" | "upgrade";

/** What a case needs beyond the common ground: the JavaScript API of that side (python3-socketio has none of those features). */
export type Need = "client api" | "server api";

export interface LinkOptions {
  mode: Mode;
  namespaces?: string[];
  auth?: Record<string, unknown>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Default false: only the cases about reconnection want it. */
  reconnection?: boolean;
  /** Further options of the JavaScript Manager, passed as they are. */
  extra?: Record<string, unknown>;
  /** Further options of the JavaScript client's sockets. */
  socketExtra?: Record<string, unknown>;
}

export interface Refusal {
  message: string;
  data: unknown;
}

/** One client connection with one or more namespaces on it. */
export interface Link {
  /** Resolves with the socket's id when the namespace is connected; again for each reconnection. */
  connected(namespace?: string): Promise<string>;
  /** Resolves when the server refuses the namespace. */
  refused(namespace?: string): Promise<Refusal>;
  /** Resolves with the reason (undefined where the implementation gives none) when the namespace was disconnected. */
  disconnected(namespace?: string): Promise<string | undefined>;
  emit(event: string, args: unknown[], namespace?: string): Promise<void>;
  /** Emits with an ack and resolves with the ack's arguments; rejects when it does not come within `timeoutMs`. */
  call(event: string, args?: unknown[], options?: { namespace?: string; timeoutMs?: number }): Promise<unknown[]>;
  /** The arguments of the next event of that name. */
  next(event: string, namespace?: string): Promise<unknown[]>;
  /** Events of that name that arrived and that nobody has taken. */
  waiting(event: string, namespace?: string): unknown[][];
  /** Resolves when the transport is the one that the mode ends with. */
  settled(): Promise<string>;
  close(): Promise<void>;
  /** The socket itself; only for cases that need "client api". */
  js(namespace?: string): JsClientSocket;
}

export interface ClientPort {
  readonly name: string;
  readonly has: ReadonlySet<Need>;
  /** The most messages that may wait for one poll (python3-socketio drops a payload of more than 16 packets). */
  readonly burst: number;
  open(url: string, options: LinkOptions): Promise<Link>;
  stop(): Promise<void>;
}

export type ServerEntry =
  | { kind: "connect"; namespace: string; id: string }
  | { kind: "disconnect"; namespace: string; id: string; reason?: string | undefined };

/** For JavaScript servers only. */
export interface ServerOptions {
  /** Holds every WebSocket request back this long, so that there is time to speak before an upgrade. */
  upgradeDelayMs?: number;
  /** Further options of the server, passed as they are. */
  extra?: Record<string, unknown>;
}

export interface RunningServer {
  readonly url: string;
  readonly journal: Journal<ServerEntry>;
  /** Closes the server in good order. */
  down(): Promise<void>;
  /** Takes the server away without a word to its clients, as a crash does. */
  crash(): Promise<void>;
  /** Brings a new server up on the same port. */
  up(): Promise<void>;
  stop(): Promise<void>;
  /** The server object itself; only for cases that need "server api". */
  js(): JsServer;
}

export interface ServerPort {
  readonly name: string;
  readonly has: ReadonlySet<Need>;
  readonly burst: number;
  /** Starts the interop application, which js-server.ts describes. */
  start(options?: ServerOptions): Promise<RunningServer>;
}
