// CookieJar: the cookies of one session on Node, where no browser keeps them, so that sticky load balancers work. A session
// talks to one host and one path, and redirects are not followed: a cookie's Domain and Path need no look.
import type { CookieStore } from "./ports.js";

interface Cookie {
  readonly value: string;
  /** Milliseconds since 1970; Infinity: as long as the session. */
  readonly expiresAt: number;
}

/** RFC 6265, section 6.1: at least 50 cookies a domain, 4096 bytes each. */
const MAX_COOKIES = 50;
const MAX_COOKIE_LENGTH = 4_096;

export class CookieJar implements CookieStore {
  readonly #cookies = new Map<string, Cookie>();

  get size(): number {
    return this.#cookies.size;
  }

  store(setCookie: readonly string[] | undefined): void {
    for (const line of setCookie ?? []) this.#storeOne(line);
  }

  /** `name=value; name=value` of the cookies that still live. */
  header(): string {
    const now = Date.now();
    const pairs: string[] = [];
    for (const [name, cookie] of this.#cookies) {
      if (cookie.expiresAt <= now) this.#cookies.delete(name);
      else pairs.push(`${name}=${cookie.value}`);
    }
    return pairs.join("; ");
  }

  apply(headers: Record<string, string>): Record<string, string> {
    const cookies = this.header();
    if (!cookies) return headers;
    const name = Object.keys(headers).find((key) => key.toLowerCase() === "cookie") ?? "cookie";
    return { ...headers, [name]: headers[name] ? `${headers[name]}; ${cookies}` : cookies };
  }

  #storeOne(line: string): void {
    if (line.length > MAX_COOKIE_LENGTH) return;
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (!name) return;
    const expiresAt = readExpiry(attributes);
    // A new value goes to the end, so that the oldest is the first to be dropped.
    this.#cookies.delete(name);
    if (!(expiresAt > Date.now())) return;
    this.#cookies.set(name, {
      value: pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1"),
      expiresAt,
    });
    const [oldest] = this.#cookies.keys();
    if (this.#cookies.size > MAX_COOKIES && oldest !== undefined) this.#cookies.delete(oldest);
  }
}

/** Max-Age wins over Expires (RFC 6265, section 5.3); an unreadable date counts as past. */
function readExpiry(attributes: readonly string[]): number {
  let expiresAt = Infinity;
  let hasMaxAge = false;
  for (const attribute of attributes) {
    const at = attribute.indexOf("=");
    if (at < 0) continue;
    const key = attribute.slice(0, at).trim().toLowerCase();
    const value = attribute.slice(at + 1).trim();
    if (key === "max-age" && /^-?\d+$/.test(value)) {
      hasMaxAge = true;
      expiresAt = Number(value) > 0 ? Date.now() + Number(value) * 1000 : 0;
    } else if (key === "expires" && !hasMaxAge) {
      expiresAt = Date.parse(value) || 0;
    }
  }
  return expiresAt;
}
