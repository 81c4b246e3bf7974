// Options of the server under the names that users know, with their defaults: those of the socket layer here, those of
// the engine beside them. Times are in milliseconds, sizes in bytes.
import type { Parser } from "@everwire/protocol";
import type { AdapterContract, AdapterNamespace, RecoveryLimits } from "./adapter/adapter.js";
import { Adapter } from "./adapter/in-memory.js";
import { SessionAwareAdapter } from "./adapter/session-aware.js";
import type { AttachOptions, ServerOptions as EngineOptions } from "./engine/options.js";
import { serverError } from "./errors.js";

/** A class, or a function that makes the adapter of a namespace. */
export type AdapterConstructor =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- published adapters type their namespace as they like
  (new (nsp: any) => AdapterContract) | ((nsp: AdapterNamespace) => AdapterContract);

export interface ConnectionStateRecoveryOptions extends RecoveryLimits {
  /** Do not run the namespace's middlewares for a client that comes back. Default true. */
  skipMiddlewares?: boolean;
}

export interface ServerOptions extends EngineOptions, AttachOptions {
  /** Path that the server answers under. Default `/socket.io`. */
  path?: string;
  /** Serve the client's bundles under that path. Default true. */
  serveClient?: boolean;
  /** Keeps the rooms of each namespace and connects servers. Default in memory. */
  adapter?: AdapterConstructor;
  /** Another encoding of packets; the client needs the same. */
  parser?: Parser;
  /** A connection that joined no namespace for so long is closed, and a namespace that did not decide about one refuses it. Default 45,000. */
  connectTimeout?: number;
  /** Keep rooms, data and missed packets of a client for a while after it was cut off. Off by default. */
  connectionStateRecovery?: ConnectionStateRecoveryOptions;
  /** Remove a child of a dynamic namespace when its last socket leaves. Default false. */
  cleanupEmptyChildNamespaces?: boolean;
  /** Namespaces that one connection may join or be joining. Default 100. */
  maxNamespaces?: number;
  /** Rooms that one socket may be in, its own not counted. Default 10,000. */
  maxRooms?: number;
  /** Answers that one socket may owe at once; who emits one more is told, and the client is disconnected. Default 100,000. */
  maxPendingAcks?: number;
  /** Children that clients may create in one dynamic namespace; empty ones make room. Default 10,000. */
  maxChildNamespaces?: number;
  /** Messages that one connection may send a second, and as many at once; over it, it is closed. Default unlimited. */
  maxMessagesPerSecond?: number;
  /** Bytes of all attachments of one packet. Default ten times `maxHttpBufferSize`. */
  maxAttachmentBytes?: number;
}

export interface ResolvedOptions {
  path: string;
  serveClient: boolean;
  adapter: AdapterConstructor;
  parser: Parser | undefined;
  connectTimeout: number;
  recovery: (ConnectionStateRecoveryOptions & { skipMiddlewares: boolean }) | undefined;
  cleanupEmptyChildNamespaces: boolean;
  maxNamespaces: number;
  maxRooms: number;
  maxPendingAcks: number;
  maxChildNamespaces: number;
  maxMessagesPerSecond: number;
  maxAttachmentBytes: number;
}

const DEFAULT_MAX_MESSAGE_BYTES = 1e6;
const DEFAULT_RECOVERY = { maxDisconnectionDuration: 120_000, skipMiddlewares: true };

export function resolveOptions(given: Partial<ServerOptions>): ResolvedOptions {
  const { connectionStateRecovery } = given;
  const isOn = Boolean(connectionStateRecovery);
  const recovery = isOn ? { ...DEFAULT_RECOVERY, ...connectionStateRecovery } : undefined;
  return {
    path: resolvePath(given.path ?? "/socket.io"),
    serveClient: given.serveClient ?? true,
    adapter: given.adapter ?? (recovery === undefined ? Adapter : SessionAwareAdapter),
    parser: given.parser,
    connectTimeout: positive("connectTimeout", given.connectTimeout ?? 45_000),
    recovery,
    cleanupEmptyChildNamespaces: given.cleanupEmptyChildNamespaces ?? false,
    maxNamespaces: positive("maxNamespaces", given.maxNamespaces ?? 100),
    maxRooms: positive("maxRooms", given.maxRooms ?? 10_000),
    maxPendingAcks: positive("maxPendingAcks", given.maxPendingAcks ?? 100_000),
    maxChildNamespaces: positive("maxChildNamespaces", given.maxChildNamespaces ?? 10_000),
    maxMessagesPerSecond: positive("maxMessagesPerSecond", given.maxMessagesPerSecond ?? Infinity),
    maxAttachmentBytes: positive(
      "maxAttachmentBytes",
      given.maxAttachmentBytes ?? 10 * (given.maxHttpBufferSize ?? DEFAULT_MAX_MESSAGE_BYTES),
    ),
  };
}

/** Without a slash at its end. */
export function resolvePath(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw serverError("ERR_INVALID_OPTION", `failed to read option ${name}: ${value} is no positive number`);
}
