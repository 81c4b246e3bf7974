// Options of the engine under the names that users know, with their defaults. Read by everything in engine/; the socket layer
// passes its own options through. Times are in milliseconds, sizes in bytes.
import type { IncomingMessage } from "node:http";
import type { ZlibOptions } from "node:zlib";
import type { CorsOptions, CorsOptionsDelegate } from "cors";
import { WebSocketServer } from "ws";
import type { PerMessageDeflateOptions, ServerOptions as WebSocketServerOptions } from "ws";
import type { RawData } from "@everwire/protocol";
import type { AnyHttpServer } from "../http/attach.js";
import type { LimitOptions } from "./address-limits.js";
import { resolveCookie } from "./cookie.js";
import type { CookieOptions } from "./cookie.js";
import type { OutgoingPacket } from "./outgoing-packet.js";
import { resolveResume } from "./resume-options.js";
import type { ResumeOptions, ResumeTerms } from "./resume-options.js";
import type { Session } from "./session.js";

export type TransportName = "polling" | "websocket" | "webtransport";

/** A class that completes WebSocket handshakes as the `WebSocketServer` of `ws` does. */
export type WebSocketEngine = new (options: WebSocketServerOptions) => WebSocketServer;

/** Decides whether a session may be opened: `callback(null, true)` lets it in; else the first argument is what the client is told. */
export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | Error | null | undefined, success: boolean) => void,
) => void;

/** `true`, or options as the npm package `cors` takes them: an object, or a function that gives one for each request. */
export type CorsSetting = boolean | CorsOptions | CorsOptionsDelegate;

/**
 * What becomes of a message that finds no room:
 * - `"disconnect"` closes the session with "buffer overflow";
 * - `"drop-volatile"` first lets go of what is volatile, of what waits and the message itself, and closes the session if that is not enough;
 * - a function is asked: "drop" drops this message and keeps the session, "disconnect" closes it. `packet` is the message's first part,
 *   `bytes` the size of all of them, attachments included. What it throws is reported, and counts as "disconnect".
 *
 * A message is dropped whole, with its attachments. What the engine itself sends, such as a ping, is never asked about.
 */
export type OverflowPolicy =
  "disconnect" | "drop-volatile" | ((session: Session, packet: OutgoingPacket, bytes: number) => "disconnect" | "drop");

export interface ServerOptions extends LimitOptions {
  /** Milliseconds between a pong and the next ping. Default 25,000. */
  pingInterval?: number;
  /** Milliseconds that a pong may take. Default 20,000. */
  pingTimeout?: number;
  /**
   * Milliseconds that an upgrade may take from the handshake of the new transport, that a WebTransport client may take to open a
   * stream and send its first packet, and that `cors`, middleware and `allowRequest` may take to decide. Default 10,000.
   */
  upgradeTimeout?: number;
  /** Bytes of one request body, one WebSocket message or one WebTransport frame. Announced to clients as `maxPayload`. Default 1,000,000. */
  maxHttpBufferSize?: number;
  /** Bytes that may wait for one client, queued and in its socket; over it the session closes with "buffer overflow". Default 16 MiB. */
  maxBufferedBytes?: number;
  /** What becomes of a message that finds no room in `maxBufferedBytes`, or of its session. Default "disconnect". */
  onOverflow?: OverflowPolicy;
  /** Milliseconds within which the body of a request must have arrived. Default 30,000. */
  bodyTimeout?: number;
  /** Asked before a session is opened, on every transport. */
  allowRequest?: AllowRequest;
  /** Transports that clients may use. Default polling and websocket; `webtransport` needs `onWebTransportSession` besides. */
  transports?: readonly TransportName[];
  /** Offer clients a better transport. Default true. */
  allowUpgrades?: boolean;
  /** Compression of WebSocket messages, off by default: it costs CPU and memory for each connection. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Compression of long-polling responses; an object is passed to zlib. Default from 1,024 bytes. */
  httpCompression?: boolean | HttpCompressionOptions;
  /** The `WebSocketServer` class of `ws`, or one with the same interface. */
  wsEngine?: WebSocketEngine;
  /** A message that each session starts with. */
  initialPacket?: RawData;
  /** Set a cookie with the id of the session, for load balancers that route by it. Off by default. */
  cookie?: boolean | CookieOptions;
  /** Give clients their session back after their connection broke, if they ask for it; `false` does not. Default on. */
  resume?: boolean | ResumeOptions;
  /** Origins allowed besides the server's own, and the headers that tell browsers so. Off by default. */
  cors?: CorsSetting;
  /** Let in clients of Engine.IO protocol revision 3 (Socket.IO 1 and 2). Default false. */
  allowEIO3?: boolean;
  /**
   * Answer long-polling as a script where a client asks for it (`j` in the query). Default: only for clients of revision 3, which
   * have no other way across origins in old browsers.
   */
  allowJSONP?: boolean;
}

export interface HttpCompressionOptions extends ZlibOptions {
  /** Bytes from which on a response is compressed. Default 1,024. */
  threshold?: number;
}

export interface AttachOptions {
  /** Path that the engine answers under. Default `/engine.io`. */
  path?: string;
  /** Ask for a slash at the end of the path. Default true. */
  addTrailingSlash?: boolean;
  /** End upgrade requests for other paths that nobody answers. Default true. */
  destroyUpgrade?: boolean;
  /** Milliseconds before such a request is ended. Default 1,000. */
  destroyUpgradeTimeout?: number;
}

type Defaulted =
  | "pingInterval"
  | "pingTimeout"
  | "upgradeTimeout"
  | "maxHttpBufferSize"
  | "maxBufferedBytes"
  | "bodyTimeout"
  | "transports"
  | "allowUpgrades"
  | "wsEngine"
  | "cors"
  | "allowEIO3";

/** Options with every default filled in. */
export interface ResolvedOptions
  extends
    Omit<ServerOptions, Defaulted | "perMessageDeflate" | "httpCompression" | "cookie" | "resume">,
    Required<Pick<ServerOptions, Defaulted>> {
  perMessageDeflate: false | (PerMessageDeflateOptions & { threshold: number });
  httpCompression: false | (HttpCompressionOptions & { threshold: number });
  cookie: false | CookieOptions;
  resume: false | ResumeTerms;
}

const DEFAULT_THRESHOLD_BYTES = 1024;

const DEFAULTS = {
  pingInterval: 25_000,
  pingTimeout: 20_000,
  upgradeTimeout: 10_000,
  maxHttpBufferSize: 1e6,
  maxBufferedBytes: 16 * 1024 * 1024,
  bodyTimeout: 30_000,
  transports: ["polling", "websocket"],
  allowUpgrades: true,
  wsEngine: WebSocketServer,
  cors: false,
  allowEIO3: false,
} as const satisfies Pick<ServerOptions, Defaulted>;

/** Fills in the defaults. Keys given as `undefined` count as not given. */
export function resolveOptions(given: ServerOptions = {}): ResolvedOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ServerOptions;
  return {
    ...DEFAULTS,
    ...present,
    perMessageDeflate: withThreshold(present.perMessageDeflate, false),
    httpCompression: withThreshold(present.httpCompression, true),
    cookie: resolveCookie(present.cookie ?? false),
    resume: resolveResume(present.resume),
  };
}

function withThreshold<T extends { threshold?: number | undefined }>(
  given: boolean | T | undefined,
  byDefault: boolean,
): false | (T & { threshold: number }) {
  const setting = given ?? byDefault;
  if (setting === false) return false;
  const base = setting === true ? ({} as T) : setting;
  return { ...base, threshold: base.threshold ?? DEFAULT_THRESHOLD_BYTES };
}

/** The path with exactly the slash at its end that was asked for. */
export function resolvePath(options: AttachOptions): string {
  const path = options.path ?? "/engine.io";
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end -= 1;
  return options.addTrailingSlash === false ? path.slice(0, end) : `${path.slice(0, end)}/`;
}

/** True for what can serve as an HTTP server, and so is no options object. */
export function isHttpServer(value: unknown): value is AnyHttpServer {
  return typeof value === "object" && value !== null && "on" in value && typeof value.on === "function";
}
