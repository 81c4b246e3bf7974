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

export function parseAddress(text: string): Address {
  const page = pageLocation();
  let absolute = text;
  if (!/^[a-z][\w+.-]*:\/\//i.test(text)) {
    const scheme = page ? page.protocol : "https:";
    // "/path" and nothing at all are on the server of the page; "//host" and "host" lack the scheme.
    if (/^(?!\/\/)\/|^$/.test(text)) {
      // A page that is rendered on a server loads its scripts there too: that is no place to throw. Where there is no page, the
      // connection fails, for no such name exists (RFC 6761, section 6.4).
      const host = page ? page.hostname + (page.port && `:${page.port}`) : "server-not-named.invalid";
      absolute = `${scheme}//${host}${text}`;
    } else absolute = scheme + (text[0] === "/" ? "" : "//") + text;
  }
  const { protocol, host, port, path, query } = splitUri(absolute);
  const server = `${protocol}://${host.indexOf(":") < 0 ? host : `[${host}]`}:${port || (/^(http|ws)s$/.test(protocol) ? 443 : 80)}`;
  return { server, namespace: path || "/", query };
}
