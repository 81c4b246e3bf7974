// The query of an engine request, parsed once and kept on the request as `_query`, where users of the engine look for it.
// Called by the engine server for each request; everything else reads the parsed form.
import type { IncomingMessage } from "node:http";
import { parse } from "node:querystring";
import type { ParsedUrlQuery } from "node:querystring";
import { readCount } from "@everwire/protocol";

/** Parameters by name, without a prototype: a parameter named `__proto__` is one like any other. */
export type RequestQuery = Readonly<NodeJS.Dict<string>>;

/** A request whose query has been parsed. */
export interface EngineRequest extends IncomingMessage {
  _query: RequestQuery;
}

/** The query of this request. */
export function queryOf(request: IncomingMessage): RequestQuery {
  return (request as EngineRequest)._query;
}

/** Revision of the protocol that a query asks for: 3 where it does not name 4, for clients of revision 3 did not all name it. */
export function protocolOf(query: RequestQuery): 3 | 4 {
  return query.EIO === "4" ? 4 : 3;
}

/** The number of the client's try to resume that a request belongs to; `undefined` if it is none (docs/PROTOCOL.md, "Polling"). */
export function readLeg({ _query }: EngineRequest): number | undefined {
  return _query.leg === undefined ? 0 : readCount(_query.leg);
}

/** Parses the query, unless that was done already. */
export function parseRequestQuery(request: IncomingMessage): EngineRequest {
  const target = request as IncomingMessage & { _query?: RequestQuery };
  if (target._query === undefined) {
    const url = request.url ?? "";
    const start = url.indexOf("?");
    target._query = parseQuery(start === -1 ? "" : url.slice(start + 1));
  }
  return target as EngineRequest;
}

/** Nothing is escaped in a query that a client of this protocol makes by itself. */
const ESCAPE = /[%+]/;
/** As many as Node's parser takes. */
const MAX_PARAMETERS = 1_000;

function parseQuery(text: string): RequestQuery {
  // parse() gives an object without a prototype, and stops after a thousand parameters.
  return ESCAPE.test(text) ? lastValues(parse(text)) : splitQuery(text);
}

/** What `parse` would give of a query without escapes, for a third of its time: a microsecond of each request. */
function splitQuery(text: string): RequestQuery {
  const query = Object.create(null) as NodeJS.Dict<string>;
  let start = 0;
  for (let count = 0; count < MAX_PARAMETERS && start < text.length; start += 1) {
    const found = text.indexOf("&", start);
    const end = found === -1 ? text.length : found;
    if (end > start) {
      const equals = text.indexOf("=", start);
      if (equals === -1 || equals > end) query[text.slice(start, end)] = "";
      else query[text.slice(start, equals)] = text.slice(equals + 1, end);
      count += 1;
    }
    start = end;
  }
  return query;
}

/** Of a parameter that comes several times the last one counts: nobody has to expect a list. */
function lastValues(query: ParsedUrlQuery): RequestQuery {
  // It has no prototype, so each key is its own.
  for (const key in query) {
    const value = query[key];
    if (typeof value === "object") query[key] = value.at(-1);
  }
  return query as NodeJS.Dict<string>;
}
