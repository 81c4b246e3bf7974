// What is left of the request that opened a session once nobody but us holds it: a request kept for the life of an idle session costs more than
// the session itself. Whoever asks for it later gets one made anew. Used by the session.
import { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import { parseRequestQuery } from "./request-query.js";

/** No header can hold it (RFC 9110 section 5.5), so it keeps them apart in one string. */
const SEPARATOR = "\0";

/** Headers of which only the first counts (Node.js documentation, `message.headers`). */
const SINGLE = new Set(
  (
    "age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since " +
    "last-modified location max-forwards proxy-authorization referer retry-after server user-agent"
  ).split(" "),
);

export class RequestSummary {
  /** URL, HTTP version, then names and values of the headers: one string is the leanest form. */
  readonly #text: string;
  /** The connection may end long before the session does, and is not kept alive for this. */
  readonly #socket: WeakRef<Socket>;

  constructor(request: IncomingMessage) {
    this.#text = [request.url, request.httpVersion, ...request.rawHeaders].join(SEPARATOR);
    this.#socket = new WeakRef(request.socket);
  }

  /** A request like the one it was made of, its body read. */
  restore(): IncomingMessage {
    const [url = "", httpVersion = "", ...rawHeaders] = this.#text.split(SEPARATOR);
    const [major, minor] = httpVersion.split(".");
    const request = new IncomingMessage(this.#socket.deref() ?? new Socket());
    request.method = "GET";
    request.url = url;
    request.httpVersion = httpVersion;
    request.httpVersionMajor = Number(major);
    request.httpVersionMinor = Number(minor);
    request.rawHeaders = rawHeaders;
    request.headers = joinHeaders(rawHeaders);
    request.complete = true;
    request.push(null);
    return parseRequestQuery(request);
  }
}

/** Headers by name, as Node.js joins those that come several times. */
function joinHeaders(rawHeaders: readonly string[]): IncomingHttpHeaders {
  // Like Node's own: with a prototype, but a name such as `__proto__` is set as a property of its own.
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index]).toLowerCase();
    const value = String(rawHeaders[index + 1]);
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (known === undefined) define(headers, name, name === "set-cookie" ? [value] : value);
    else if (typeof known !== "string") known.push(value);
    else if (!SINGLE.has(name)) headers[name] = known + (name === "cookie" ? "; " : ", ") + value;
  }
  return headers;
}

function define(headers: Record<string, string | string[]>, name: string, value: string | string[]): void {
  Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
}
