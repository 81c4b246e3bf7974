// A polling transport for a session that opens or is resumed, in the format that its request asks for. Called by the engine server, once the
// request was admitted; whether old clients and JSONP are let in at all was decided in handshake.ts.
import { ENGINE_PROTOCOL } from "@everwire/protocol";
import { protocolOf } from "../request-query.js";
import type { EngineRequest, RequestQuery } from "../request-query.js";
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

/** The index of the function that hears in a page how its try to resume a session ended, where that is JSONP and allowed. */
export function jsonpResume(
  { _query: query }: EngineRequest,
  { allowJSONP }: { allowJSONP?: boolean },
): string | undefined {
  const isResume = query.resume !== undefined && protocolOf(query) === ENGINE_PROTOCOL;
  return isResume && allowJSONP === true ? jsonpIndex(query.j) : undefined;
}
