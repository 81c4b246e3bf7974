// Options that only Node can honour, as users know them from node:https and from `ws`. Types only, and without the types of
// Node, which a page's project does not have.

type Key = string | object | (string | object)[];

export interface NodeOptions {
  /** An http.Agent or https.Agent; default false: connections of the session's own, kept alive between polls. */
  agent?: object | boolean | string;
  /** TLS: private key, certificate and so on, as node:tls takes them. */
  pfx?: Key;
  key?: Key;
  passphrase?: string;
  cert?: Key;
  ca?: Key;
  ciphers?: string;
  /** Default true: an unknown certificate is refused. */
  rejectUnauthorized?: boolean;
  checkServerIdentity?: (hostname: string, certificate: never) => unknown;
  /** Local interface to connect from. */
  localAddress?: string;
  /** IP family: 4, 6 or 0 for both. */
  family?: number;
  /** WebSocket: `Sec-WebSocket-Version`. */
  protocolVersion?: number;
  /** WebSocket: value of the `Origin` header. */
  origin?: string;
  /** Largest message, or body of a poll, that is accepted, in bytes; default 100 MiB. */
  maxPayload?: number;
  /** WebSocket compression; messages under `threshold` bytes go out as they are. Default `{ threshold: 1024 }`. */
  perMessageDeflate?: boolean | { threshold?: number; [option: string]: unknown };
}
