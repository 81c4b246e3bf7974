// The query of an engine request, parsed once and kept on the request as `_query`, where users of the engine look for it.
// Called by the engine server for each request; everything else reads the parsed form.
import type { IncomingMessage } from "node:http";
import { parse } from "node:querystring";

/** Parameters by name, without a prototype: a parameter named `__proto__` is one like any other. */
export type RequestQuery = Readonly<NodeJS.Dict<string | string[]>>;

/** A request whose query has been parsed. */
export interface EngineRequest extends IncomingMessage {
  _query: RequestQuery;
}

/** The query of this request. */
export function queryOf(request: IncomingMessage): RequestQuery {
  return (request as EngineRequest)._query;
}

/** Parses the query, unless that was done already. */
export function parseRequestQuery(request: IncomingMessage): EngineRequest {
  const target = request as IncomingMessage & { _query?: RequestQuery };
  if (target._query === undefined) {
    const url = request.url ?? "";
    const start = url.indexOf("?");
    // parse() gives an object without a prototype, and stops after a thousand parameters.
    target._query = parse(start === -1 ? "" : url.slice(start + 1));
  }
  return target as EngineRequest;
}
