// Which origins may open a session from a browser. Cookies and client certificates travel with a WebSocket handshake whatever page
// starts it, and no browser asks the server first (cross-site WebSocket hijacking), so a foreign origin is refused on every
// transport. Called by http/cors.ts; requests without an `Origin` do not come from a page and pass.
import type { IncomingMessage } from "node:http";

/** What `origin` of the npm package `cors` may name. */
export type OriginSetting = boolean | string | RegExp | readonly (boolean | string | RegExp)[] | undefined;

/** What browsers send for a page that has no origin of its own; no setting should name it. */
const NO_ORIGIN = "null";

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ["http:", ":80"],
  ["https:", ":443"],
]);

/** True if the page comes from the host that it asks: same name and port, whatever the case, default ports written or not. */
export function isOwnOrigin(origin: string, request: IncomingMessage): boolean {
  const host = request.headers.host ?? request.headers[":authority"];
  if (typeof host !== "string" || host === "") return false;
  const schemeEnd = origin.indexOf("//");
  const scheme = origin.slice(0, schemeEnd).toLowerCase();
  // Scheme and port go together: behind a proxy that ends TLS only the page knows that it was loaded by https.
  const defaultPort = DEFAULT_PORTS.get(scheme);
  if (defaultPort === undefined) return false;
  return withoutPort(origin.slice(schemeEnd + 2), defaultPort) === withoutPort(host, defaultPort);
}

/**
 * Where a script comes from (JSONP): browsers fetch it for any page, with that page's cookies and without an `Origin`. So its page has
 * to show itself by the `Referer`; a browser that hides it, or sends credentials with it, counts as a page without a name. What is
 * neither is no browser with anything to lose. Given for requests that ask for a script only.
 */
export function scriptOriginOf(request: IncomingMessage): string | undefined {
  const { origin, referer, cookie, authorization } = request.headers;
  if (origin !== undefined) return origin;
  if (referer !== undefined) return URL.canParse(referer) ? new URL(referer).origin : NO_ORIGIN;
  const site = request.headers["sec-fetch-site"];
  if (site === "same-origin") return undefined;
  return site === undefined && cookie === undefined && authorization === undefined ? undefined : NO_ORIGIN;
}

/** True if the setting names this origin, read as the npm package `cors` reads it, but that no setting names nobody. */
export function isNamedOrigin(origin: string, setting: OriginSetting): boolean {
  if (setting === undefined) return false;
  if (setting === "*") return true;
  if (Array.isArray(setting)) return setting.some((each) => isOneOf(origin, each as boolean | string | RegExp));
  return isOneOf(origin, setting as boolean | string | RegExp);
}

/** True if the setting lets in whoever asks, so that credentials must not go with it. */
export function isAnyOrigin(setting: OriginSetting): boolean {
  if (Array.isArray(setting)) return setting.includes(true);
  return setting === true || setting === "*";
}

function isOneOf(origin: string, setting: boolean | string | RegExp): boolean {
  if (typeof setting === "string") return origin === setting;
  if (typeof setting === "boolean") return setting;
  // A pattern with the flag g or y goes on where it stopped the last time.
  setting.lastIndex = 0;
  return setting.test(origin);
}

function withoutPort(host: string, port: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}
