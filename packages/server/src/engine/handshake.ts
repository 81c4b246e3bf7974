// Whether a request is served: every check that comes before a transport sees it, as flat early returns. Called by
// admission.ts for HTTP and upgrade requests alike; gives the session it belongs to, nothing for a new one, or the refusal.
import type { IncomingMessage } from "node:http";
import { ENGINE_PROTOCOL, readCount } from "@everwire/protocol";
import { ERRORS, badRequest, forbidden, refusal } from "./errors.js";
import type { Refusal } from "./errors.js";
import type { AllowRequest, ResolvedOptions, TransportName } from "./options.js";
import { isFarewell } from "./farewell.js";
import { protocolOf, readLeg } from "./request-query.js";
import type { EngineRequest } from "./request-query.js";
import { jsonpIndex } from "./transports/jsonp-format.js";
import type { Session } from "./session.js";
import type { UserCode } from "./user-code.js";

/** What the checks need to know of the engine and of the request. */
export interface HandshakeContext {
  readonly opts: ResolvedOptions;
  readonly isUpgrade: boolean;
  readonly isOriginAllowed: boolean;
  readonly sessions: ReadonlyMap<string, Session>;
}

/** A client that wants its session back (docs/PROTOCOL.md, "Resuming"). */
export interface Returning {
  readonly session: Session;
  /** Messages that it has received. */
  readonly received: number;
  /** Number of its try. */
  readonly leg: number;
}

export type Verdict =
  { readonly refusal: Refusal } | { readonly session: Session | undefined } | { readonly returning: Returning };

/** Characters of a header's value (RFC 9110 section 5.5): visible ASCII, space, tab, and bytes over 127. */
const ILLEGAL_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Engine.IO protocol v4, "Handshake" and "Upgrade". */
export function verifyRequest(request: EngineRequest, context: HandshakeContext): Verdict {
  const { opts } = context;
  const { transport, sid } = request._query;
  const { origin } = request.headers;

  if (!isTransport(transport, opts.transports)) return refused(refusal(ERRORS.UNKNOWN_TRANSPORT, { transport }));
  if (origin !== undefined && ILLEGAL_IN_HEADER.test(origin)) {
    // Nothing behind this may reflect it.
    delete request.headers.origin;
    return refused(badRequest("INVALID_ORIGIN", { origin }));
  }
  if (!context.isOriginAllowed) return refused(forbidden("origin not allowed", { status: 403 }));
  return sid === undefined || sid === ""
    ? verifyOpening(request, transport, context)
    : verifyFollowing(request, transport, context);
}

function verifyOpening(request: EngineRequest, transport: TransportName, context: HandshakeContext): Verdict {
  const { opts, isUpgrade } = context;
  if (request.method !== "GET") return refused(refusal(ERRORS.BAD_HANDSHAKE_METHOD, { method: request.method }));
  if (!isTaken(transport, isUpgrade)) return refused(badRequest("TRANSPORT_HANDSHAKE_ERROR"));
  const protocol = protocolOf(request._query);
  if (protocol !== ENGINE_PROTOCOL && !opts.allowEIO3) {
    return refused(refusal(ERRORS.UNSUPPORTED_PROTOCOL_VERSION, { protocol }));
  }
  return (isUpgrade ? undefined : refuseJsonp(request, context)) ?? { session: undefined };
}

/** Where answers are to be scripts, in a session that opens or is resumed by this request. */
function refuseJsonp(request: EngineRequest, { opts }: HandshakeContext): Verdict | undefined {
  const { j } = request._query;
  if (j === undefined) return undefined;
  // Clients of revision 3 have JSONP built in, and fall back to it by themselves.
  if (!(opts.allowJSONP ?? protocolOf(request._query) === 3))
    return refused({ ...badRequest("JSONP_DISABLED"), message: "JSONP is off" });
  return jsonpIndex(j) === undefined ? refused(badRequest("JSONP_INDEX", { j })) : undefined;
}

function verifyFollowing(request: EngineRequest, transport: TransportName, context: HandshakeContext): Verdict {
  const { sid, resume } = request._query;
  const session = typeof sid === "string" ? context.sessions.get(sid) : undefined;
  if (session === undefined) return refused(refusal(ERRORS.UNKNOWN_SID, { sid }));
  const protocol = protocolOf(request._query);
  if (protocol !== session.protocol) {
    return refused(badRequest("PROTOCOL_MISMATCH", { protocol, previousProtocol: session.protocol }));
  }
  if (resume !== undefined) return verifyReturning(request, transport, session, context);
  if (!context.isUpgrade && isFarewell(request, session)) return { session };
  if (session.resumption !== undefined && readLeg(request) !== session.resumption.leg)
    return refused(badRequest("STALE_LEG"));
  // It has no transport: the client has not noticed yet, and learns it by this.
  if (session.readyState === "suspended") return refused(badRequest("SUSPENDED"));
  const previousTransport = session.transport.name;
  if (!context.isUpgrade && transport !== previousTransport) {
    return refused(badRequest("TRANSPORT_MISMATCH", { transport, previousTransport }));
  }
  if (!isTaken(transport, context.isUpgrade)) return refused(badRequest("TRANSPORT_HANDSHAKE_ERROR"));
  return { session };
}

function verifyReturning(
  request: EngineRequest,
  transport: TransportName,
  session: Session,
  context: HandshakeContext,
): Verdict {
  const { isUpgrade } = context;
  const { sid, resume } = request._query;
  if (request.method !== "GET") return refused(refusal(ERRORS.BAD_HANDSHAKE_METHOD, { method: request.method }));
  if (!isTaken(transport, isUpgrade)) return refused(badRequest("TRANSPORT_HANDSHAKE_ERROR"));
  const isThere = session.readyState === "open" || session.readyState === "suspended";
  if (session.resumption === undefined || !isThere) return refused(refusal(ERRORS.UNKNOWN_SID, { sid }));
  const received = readCount(resume);
  const leg = readLeg(request);
  if (received === undefined || leg === undefined) return refused(badRequest("BAD_RESUME", { resume }));
  if (leg <= session.resumption.leg) return refused(badRequest("STALE_LEG"));
  return (isUpgrade ? undefined : refuseJsonp(request, context)) ?? { returning: { session, received, leg } };
}

/** Asks the user's `allowRequest`; the refusal, or nothing. What it throws or rejects with is a refusal too, and nobody else's business. */
export function askAllowRequest(
  allowRequest: AllowRequest | undefined,
  request: IncomingMessage,
  userCode: UserCode,
  done: (refusal: Refusal | undefined) => void,
): void {
  if (allowRequest === undefined) {
    done(undefined);
    return;
  }
  let isAnswered = false;
  const answer = (error: unknown, isAllowed: boolean): void => {
    if (isAnswered) return;
    isAnswered = true;
    if (isAllowed) {
      done(undefined);
      return;
    }
    const message = error instanceof Error ? error.message : error;
    done(
      typeof message === "string" && message !== "" ? forbidden(message, { reply: message }) : forbidden("Forbidden"),
    );
  };
  userCode.call({ kind: "option", event: "allowRequest", request }, undefined, allowRequest, [request, answer], () =>
    answer(undefined, false),
  );
}

function refused(reason: Refusal): Verdict {
  return { refusal: reason };
}

/** A WebTransport session does not come in by an HTTP request. */
function isTransport(name: unknown, enabled: readonly TransportName[]): name is TransportName {
  return name !== "webtransport" && enabled.includes(name as TransportName);
}

/** Polling takes plain requests, WebSocket takes upgrades. */
function isTaken(transport: TransportName, isUpgrade: boolean): boolean {
  return isUpgrade === (transport === "websocket");
}
