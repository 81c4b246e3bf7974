// The `Set-Cookie` header that names a session to load balancers (RFC 6265 section 4.1). Called by the engine server when it
// answers the first request of a session.

export interface CookieOptions {
  /** Default `io`. */
  name?: string;
  /** Default `/`; `false` leaves the attribute out. */
  path?: string | false;
  /** Default true: pages have no use for it. */
  httpOnly?: boolean;
  /** Default `lax`; `true` is `strict`. */
  sameSite?: boolean | "lax" | "strict" | "none";
  domain?: string;
  expires?: Date;
  /** Seconds. */
  maxAge?: number;
  secure?: boolean;
  partitioned?: boolean;
  priority?: "low" | "medium" | "high";
}

// RFC 6265 section 4.1.1: an attribute's value is any character but a control or a semicolon.
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const ILLEGAL = /[\u0000-\u001f\u007f;]/u;

const DEFAULTS = { name: "io", path: "/", httpOnly: true, sameSite: "lax" } as const satisfies CookieOptions;

/** The option with its defaults filled in. */
export function resolveCookie(setting: boolean | CookieOptions): false | CookieOptions {
  if (setting === false) return false;
  return setting === true ? DEFAULTS : { ...DEFAULTS, ...setting };
}

/** The header's value for this session. Throws a TypeError if an option holds what a header can't. */
export function formatCookie(sid: string, options: CookieOptions): string {
  const { path, sameSite = false } = options;
  const parts = [`${options.name ?? DEFAULTS.name}=${encodeURIComponent(sid)}`];
  if (options.maxAge !== undefined) parts.push(`Max-Age=${Math.floor(options.maxAge)}`);
  if (options.domain !== undefined) parts.push(`Domain=${options.domain}`);
  if (path) parts.push(`Path=${path}`);
  if (options.expires !== undefined) parts.push(`Expires=${options.expires.toUTCString()}`);
  // Only `false` itself makes the cookie readable to the page; 1 or "yes" was meant as true.
  if ((options.httpOnly as unknown) !== false) parts.push("HttpOnly");
  if (options.secure === true) parts.push("Secure");
  if (options.partitioned === true) parts.push("Partitioned");
  if (options.priority !== undefined) parts.push(`Priority=${capitalize(options.priority)}`);
  if (sameSite !== false) parts.push(`SameSite=${capitalize(sameSite === true ? "strict" : sameSite)}`);
  for (const part of parts) {
    if (ILLEGAL.test(part)) throw new TypeError(`failed to write cookie: "${part}" holds an illegal character`);
  }
  return parts.join("; ");
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
