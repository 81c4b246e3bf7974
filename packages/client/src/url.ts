// The addresses that io() takes: absolute, without a scheme, or only a path, in which the page fills the gaps; split into
// the server, which keys the Manager cache, and the namespace. Called by lookup.ts.
import { EverwireError } from "@everwire/protocol";
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
      if (!page) throw new EverwireError("ERR_NO_SERVER", "failed to connect: the address names no server");
      absolute = `${scheme}//${page.hostname}${page.port && ":"}${page.port}${text}`;
    } else absolute = scheme + (text[0] === "/" ? "" : "//") + text;
  }
  const { protocol, host, port, path, query } = splitUri(absolute);
  const server = `${protocol}://${host.indexOf(":") < 0 ? host : `[${host}]`}:${port || (/^(http|ws)s$/.test(protocol) ? 443 : 80)}`;
  return { server, namespace: path || "/", query };
}
