// The addresses that io() takes: absolute, without a scheme, or only a path, in which the page fills the gaps; split into
// the server, which keys the Manager cache, and the namespace. Called by lookup.ts.
import { pageLocation } from "#platform";
import { splitUri } from "./engine/url.js";

export interface Address {
  /** Scheme, host and port, none left out: equal for equal servers. */
  server: string;
  /** The path; "/" when there is none. */
  namespace: string;
  query: string;
}

/**
 * A page that is rendered on a server loads its scripts there too: that is no place to throw. Where there is no page, the connection
 * fails, for no such name exists (RFC 6761, section 6.4).
 */
const NO_PAGE = { protocol: "https:", hostname: "server-not-named.invalid", port: "" };

export function parseAddress(text: string): Address {
  const page = pageLocation() ?? NO_PAGE;
  // "/path" and nothing at all are on the server of the page; "//host" and "host" lack the scheme.
  const { protocol, host, port, path, query } = splitUri(text);
  const scheme = protocol || page.protocol.slice(0, -1);
  // The page's name has its brackets already.
  const name = host.indexOf(":") < 0 ? host || page.hostname : `[${host}]`;
  const server = `${scheme}://${name}:${port || (!host && page.port) || (/^(http|ws)s$/.test(scheme) ? 443 : 80)}`;
  return { server, namespace: path || "/", query };
}
