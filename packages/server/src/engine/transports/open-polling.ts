// A polling transport for a session that opens, in the format that its first request asks for. Called by the engine server, once the
// request was admitted; whether old clients and JSONP are let in at all was decided in handshake.ts.
import { protocolOf } from "../request-query.js";
import type { RequestQuery } from "../request-query.js";
import { jsonpFormat, jsonpIndex } from "./jsonp-format.js";
import { legacyFormat } from "./legacy-format.js";
import { PAYLOAD_FORMAT } from "./payload-format.js";
import { PollingTransport } from "./polling.js";
import type { TransportContext } from "./transport.js";

export function openPolling(context: TransportContext, query: RequestQuery): PollingTransport {
  const isLegacy = protocolOf(query) === 3;
  if (!isLegacy && query.j === undefined) return new PollingTransport(context, true);
  const index = jsonpIndex(query.j);
  // A script holds text only.
  const supportsBinary = query.b64 === undefined && index === undefined;
  const format = isLegacy ? legacyFormat(supportsBinary) : PAYLOAD_FORMAT;
  return new PollingTransport(context, supportsBinary, index === undefined ? format : jsonpFormat(index, format));
}
