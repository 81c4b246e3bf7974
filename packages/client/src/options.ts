// The options of Manager and Socket with their defaults. What the engine takes (transports, headers, TLS …) is inherited
// from its own options. Names are those users know; units stand in the comments.
import type { Parser } from "@everwire/protocol";
import type { SessionOptions } from "./engine/options.js";

/** What `auth` may be: an object, or a function that is asked at each connection. */
export type Auth = Record<string, unknown> | ((callback: (data: object) => void) => void);

export interface SocketOptions {
  /** Sent to the server at each connection; it arrives there as `handshake.auth`. */
  auth: Auth;
  /** Emit each event until it was acknowledged, one at a time, at most this many times again. Off by default. */
  retries: number;
  /** Milliseconds after which a missing acknowledgement is an error, for every emit that has no `timeout()` of its own. Off by default. */
  ackTimeout: number;
  /** How many packets may wait for a connection; the emit beyond that throws. Default 10,000. */
  maxBufferPackets: number;
  /** How many bytes, encoded, may wait for a connection; the emit beyond that throws. Default 16 MiB. */
  maxBufferBytes: number;
}

export interface ManagerOptions extends SessionOptions {
  /** Do not share the connection with other `io()` calls to this server. Default false. */
  forceNew: boolean;
  /** Share one connection among namespaces. Default true. */
  multiplex: boolean;
  /**
   * Keep the connection in a SharedWorker, so that all tabs of the browser hold one. True: by the script that an Everwire server serves
   * beside its path, for pages of its own origin; for others, the address of `everwire.shared.min.js` on the page's origin. Becomes false
   * where that can't be, and the tab has a connection of its own. Default false.
   */
  shared: boolean | string;
  /** The path that the server listens on. Default "/socket.io". */
  path: string;
  /** Connect again after the connection was lost, or could not be made. Default true. */
  reconnection: boolean;
  /** How many attempts before giving up. Default Infinity. */
  reconnectionAttempts: number;
  /** Milliseconds before the first attempt; each further one waits twice as long. Default 1000. */
  reconnectionDelay: number;
  /** Milliseconds that no wait exceeds. Default 5000. */
  reconnectionDelayMax: number;
  /** Between 0 and 1: how far each wait may move up or down. Default 0.5. */
  randomizationFactor: number;
  /** Milliseconds for an attempt to connect; false for no limit. Default 20000. */
  timeout: number | false;
  /** Connect at once. Default true. */
  autoConnect: boolean;
  /** How packets are written and read; both sides need the same. */
  parser: Parser;
}
