// Options of a session: the types of what users pass, and the one place where defaults are filled in and the address is
// taken apart. Called once a session; what comes out is shared, read-only, by the session and its transports.
import { defaultBinaryType, optionDefaults, pageLocation } from "#platform";
import type { NodeOptions } from "./node-options.js";
import type { Transport, TransportOptions } from "./transports/transport.js";
import { installTimerFunctions, type TimerFunctions } from "./timers.js";
import { parseQuery, splitUri, type Query, type QueryInput } from "./url.js";
import type { BinaryType } from "@everwire/protocol";

/** A transport of the user's own, or one of the exported ones. Its prototype carries `name`. */
export type TransportClass = new (options: TransportOptions) => Transport;

export interface SessionOptions extends NodeOptions {
  /** Host, when no URI is given; an IPv6 address with or without brackets. */
  host?: string;
  hostname?: string;
  port?: string | number;
  /** TLS. Default: as the URI or the page says. */
  secure?: boolean;
  /** Query parameters of every request, as an object or a string. Those of the URI are added. */
  query?: QueryInput;
  /** Default `/engine.io`. */
  path?: string;
  /** Whether the path ends in a slash; default true. */
  addTrailingSlash?: boolean;
  /** Names or classes, tried in this order. Default polling, websocket, webtransport; `@everwire/client/core` knows classes only. */
  transports?: (string | TransportClass)[];
  /** Classes; takes the place of `transports`. */
  transportImplementations?: TransportClass[];
  /**
   * How one of `transports` is chosen. "order": the first of them. "race": all are started at once, each by a handshake of its own, and
   * the first that opens is the session's; without `transports` those are polling and WebSocket. Default "order".
   */
  strategy?: "order" | "race";
  /** Milliseconds for which what won a race is tried before the others at the next visit; 0: not at all. Default one day. */
  raceMemoryMs?: number;
  /**
   * While opening, go on to the next transport when one fails, and start it beside one that has not opened after 800 ms: the first that
   * opens is the session's. Default false.
   */
  tryAllTransports?: boolean;
  /** Move up to a better transport when the server offers one; default true. */
  upgrade?: boolean;
  /** Begin with WebSocket when an upgrade to it succeeded before in this process; default false. */
  rememberUpgrade?: boolean;
  /** Send binary data as base64 text; default false. */
  forceBase64?: boolean;
  /** Add a unique parameter to each request: polling unless false, WebSocket only when true. */
  timestampRequests?: boolean;
  /** Name of that parameter; default `t`. */
  timestampParam?: string;
  /**
   * Options for one transport, by its name. Those of `webtransport` are also what the environment's WebTransport is made with, such as
   * `serverCertificateHashes`.
   */
  transportOptions?: Record<string, OwnOptions | undefined>;
  /** Milliseconds for one HTTP request; default 0, no limit. */
  requestTimeout?: number;
  /** Send cookies across sites; on Node, keep cookies that the server sets. Default false. */
  withCredentials?: boolean;
  /** Request headers; browsers can't send them with a WebSocket. */
  extraHeaders?: Record<string, string>;
  /** WebSocket sub-protocols. */
  protocols?: string | string[];
  /** Drop the transport silently when the page is left; default false. */
  closeOnBeforeunload?: boolean;
  /** Use the timer functions that were there when this module was loaded; default false. */
  useNativeTimers?: boolean;
  /** Node: the session does not keep the process alive; default false. */
  autoUnref?: boolean;
  /** Cap on what waits to be sent, in bytes; over it the session closes with "buffer overflow". Default 16 MiB. */
  maxBufferedBytes?: number;
  /** Milliseconds between two tries to resume, at most; the Manager's for its reconnections too. Default 5000. */
  reconnectionDelayMax?: number;
  /** Go on with the session after a break, where the server can: how far, or true, the default. False: a break is a disconnect. */
  resume?: ResumeOptions | boolean;
}

/** How far a session that broke is kept to be resumed. */
export interface ResumeOptions {
  /** Milliseconds that it may take; default, and at most: what the server allows. */
  windowMs?: number;
  /** Bytes of sent and not yet acknowledged messages to keep; default `maxBufferedBytes`. */
  maxBufferBytes?: number;
}

/** Options of one transport: over those of the session, and any of its own. */
export type OwnOptions = Partial<SessionOptions> & Record<string, unknown>;

/** Options with defaults, address and timers; also `socket.opts`. */
export interface ResolvedOptions extends Omit<SessionOptions, "query" | "port">, TimerFunctions {
  hostname: string;
  port: string;
  secure: boolean;
  path: string;
  query: Query;
  maxBufferedBytes: number;
  resume: ResumeOptions | boolean;
  reconnectionDelayMax: number;
  transportOptions: Record<string, OwnOptions | undefined>;
  binaryType: BinaryType;
}

/** "[::1]", "::1", "example.org" and "example.org:80" to a name without brackets and port. */
function bareHost(host: string): string {
  return /:.*:/.test(host) ? host.replace(/^\[|\].*$/g, "") : splitUri(host).host;
}

export function resolveOptions(uri: string | undefined, options: SessionOptions): ResolvedOptions {
  const { host, port } = options;
  const query = parseQuery(options.query);
  let { hostname, secure } = options;
  let uriPort: string | number | undefined = port;
  if (uri) {
    const parts = splitUri(uri);
    hostname = parts.host;
    if (parts.protocol) secure = /^(http|ws)s$/.test(parts.protocol);
    uriPort = parts.port || port;
    parseQuery(parts.query, query);
  } else if (host) hostname = bareHost(host);
  else if (hostname) hostname = bareHost(hostname);

  const page = pageLocation();
  secure ??= page?.protocol === "https:";
  // The port of the page belongs to the host of the page: any other host has the default of its scheme.
  if (!hostname && page) {
    hostname = bareHost(page.hostname);
    uriPort ||= page.port;
  }
  const resolved: Omit<ResolvedOptions, keyof TimerFunctions> = {
    maxBufferedBytes: 16 * 1024 * 1024,
    resume: true,
    reconnectionDelayMax: 5_000,
    transportOptions: {},
    binaryType: defaultBinaryType,
    ...optionDefaults,
    ...options,
    hostname: hostname || "localhost",
    port: String(uriPort || (secure ? 443 : 80)),
    secure,
    path: (options.path ?? "/engine.io").replace(/\/$/, "") + (options.addTrailingSlash === false ? "" : "/"),
    query,
  };
  return installTimerFunctions(resolved, options);
}
