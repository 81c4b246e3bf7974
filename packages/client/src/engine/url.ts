// Addresses and queries: takes a URI apart (also one with no scheme, or relative) and joins query strings. It does not use
// URL and URLSearchParams, which the oldest browsers lack. Called by options.ts, by transports and by the look-up of io().
import { EverwireError } from "@everwire/protocol";

export type Query = Record<string, string | number>;
/** An object (values become strings, undefined and null ones are left out) or a query string. */
export type QueryInput = string | Record<string, unknown>;

export interface UriParts {
  protocol: string;
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: string;
  path: string;
  query: string;
}

/** What `parse` gives: the parts under the names that users know. */
export interface ParsedUri extends UriParts {
  source: string;
  authority: string;
  userInfo: string;
  anchor: string;
  user: string;
  password: string;
  relative: string;
  directory: string;
  file: string;
  pathNames: string[];
  queryKey: Query;
  ipv6uri?: boolean;
}

//          scheme              user info         IPv6 in brackets, or bare, or a host                  port      path       query         anchor
const URI =
  /^(?:(?:([a-z][\w+.-]*):)?\/\/)?(?:([^/?#@]*)@)?(?:\[([^\]/?#]*)\]|((?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![^/?#])|[^:/?#]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?/i;

/** The longest address that is looked at, so that a hostile string costs nothing. */
const MAX_URI_LENGTH = 8_000;

export function splitUri(uri: string): UriParts {
  if (uri.length > MAX_URI_LENGTH) throw new EverwireError("ERR_URI_TOO_LONG", "URI too long");
  const [, protocol = "", , ipv6, name = "", port = "", path = "", query = ""] = URI.exec(uri) ?? [];
  return { protocol: protocol.toLowerCase(), host: ipv6 ?? name, port, path, query };
}

/** Takes a URI apart. Kept for users; inside, `splitUri` is enough. */
export function parse(uri: string): ParsedUri {
  const parts = splitUri(uri);
  const { host, port, path, query } = parts;
  const [, , userInfo = "", , , , , , anchor = ""] = URI.exec(uri) ?? [];
  const slash = path.lastIndexOf("/") + 1;
  const isFile = path.indexOf(".", slash) >= 0;
  const names = path
    .replace(/\/{2,}/g, "/")
    .split("/")
    .slice(1);
  if (path.slice(-1) === "/") names.pop();
  const user = /^([^:]*):?([^]*)$/.exec(userInfo) ?? [];
  const ipv6uri = host.indexOf(":") >= 0;
  return {
    source: uri,
    ...parts,
    userInfo,
    anchor,
    authority: (userInfo && `${userInfo}@`) + host + (port && `:${port}`),
    user: user[1] ?? "",
    password: user[2] ?? "",
    relative: path + (query && `?${query}`) + (anchor && `#${anchor}`),
    directory: isFile ? path.slice(0, slash) : path,
    file: isFile ? path.slice(slash) : "",
    pathNames: names,
    queryKey: parseQuery(query),
    ...(ipv6uri && { ipv6uri }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is what the user wrote.
    return text;
  }
}

/** Reads a query into `target`, whose prototype is null: a parameter may be called "__proto__". */
export function parseQuery(input?: QueryInput, target: Query = Object.create(null) as Query): Query {
  if (typeof input === "string") {
    input.split("&").forEach((pair) => {
      // Only the first "=" separates: a value may hold more of them.
      const at = (pair + "=").indexOf("=");
      if (pair) target[decode(pair.slice(0, at))] = decode(pair.slice(at + 1));
    });
  } else if (input) {
    Object.keys(input).forEach((key) => {
      const value = input[key];
      // eslint-disable-next-line @typescript-eslint/no-base-to-string -- what a user puts into a query is turned to text as is
      if (value != null) target[key] = String(value);
    });
  }
  return target;
}

export function formatQuery(query: Query): string {
  return Object.keys(query)
    .map((key) => `${encodeURIComponent(key)}=${encodeURIComponent(query[key] as string)}`)
    .join("&");
}
