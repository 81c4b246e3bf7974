// How a client came in: headers, address, query, auth. Most applications look at little of it and most sockets at nothing,
// so a socket builds this object when somebody asks for it.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { TLSSocket } from "node:tls";

export interface Handshake {
  headers: IncomingHttpHeaders;
  /** When the client connected, as `Date` prints it. */
  time: string;
  /** The same in milliseconds since 1970. */
  issued: number;
  /** Address of the client, or of the proxy before this server. */
  address: string;
  /** Whether the request came from a page of another origin, as far as its `Origin` header tells. */
  xdomain: boolean;
  /** Whether this server itself speaks TLS to the client. */
  secure: boolean;
  url: string;
  /** Parameters of the first request. They are texts, the last one counts of several; the type is the one that users know. */
  query: ParsedUrlQuery;
  /** What the client gave as `auth`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the client decides what it is; middleware checks it
  auth: Record<string, any>;
}

/** What a handshake is made of. A session without an HTTP request (WebTransport) has none of it. */
export interface HandshakeSource {
  readonly request: IncomingMessage | undefined;
  readonly remoteAddress: string | undefined;
}

export function buildHandshake(source: HandshakeSource, auth: Record<string, unknown>, issuedMs: number): Handshake {
  const { request, remoteAddress } = source;
  const headers = request?.headers ?? {};
  const tls = request?.socket as TLSSocket | undefined;
  return {
    headers,
    time: String(new Date(issuedMs)),
    issued: issuedMs,
    address: remoteAddress ?? "",
    xdomain: headers.origin !== undefined,
    // A session without a request came over QUIC, which is always encrypted.
    secure: tls === undefined || (tls.encrypted as boolean | undefined) === true,
    url: request?.url ?? "",
    query: queryOf(request),
    auth,
  };
}

function queryOf(request: IncomingMessage | undefined): ParsedUrlQuery {
  const query = Object.create(null) as ParsedUrlQuery;
  if (request === undefined) return query;
  const parsed = (request as IncomingMessage & { _query?: ParsedUrlQuery })._query;
  if (parsed !== undefined) return Object.assign(query, parsed);
  const text = request.url ?? "";
  const start = text.indexOf("?");
  if (start === -1) return query;
  for (const [key, value] of new URLSearchParams(text.slice(start + 1))) query[key] = value;
  return query;
}
