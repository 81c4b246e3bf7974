// A WebTransport session has no HTTP request of Node's. Where its library tells the headers it was opened with, they are put into the
// form that the origin rule and `allowRequest` read; the session of ours keeps none of it. Called by webtransport-handshake.ts.
import { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import { parseRequestQuery } from "./request-query.js";
import type { EngineRequest } from "./request-query.js";
import type { WebTransportSession } from "./transports/webtransport-session.js";

/** A request with what is known of it: headers, URL, query. Its socket was never connected. */
export function requestOf(session: WebTransportSession): EngineRequest {
  const known = Object.entries(session.header ?? {}).filter(([, value]) => isHeaderValue(value));
  const pseudo = new Map(known.filter(([name]) => name.startsWith(":")));
  // As an own property whatever its name is.
  const headers = Object.fromEntries(known.filter(([name]) => !name.startsWith(":"))) as IncomingHttpHeaders;
  const authority: unknown = pseudo.get(":authority");
  if (typeof authority === "string") headers.host ??= authority;
  if (isProgram(headers)) delete headers.origin;

  const request = new IncomingMessage(new Socket());
  request.method = "CONNECT";
  request.url = String(pseudo.get(":path") ?? "");
  request.headers = headers;
  request.complete = true;
  request.push(null);
  return parseRequestQuery(request);
}

function isHeaderValue(value: unknown): boolean {
  return typeof value === "string" || (Array.isArray(value) && value.every((each) => typeof each === "string"));
}

/** Clients in Node name the server's bare host as their origin, which no browser does. */
function isProgram({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && host !== undefined && (host === origin || host.startsWith(`${origin}:`));
}
