// The way of a request from the HTTP server to a session, the same for both transports: origin, middleware, the checks of
// handshake.ts, `allowRequest`, an id. Each step may take its time or end the way. Called by the engine server.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cors } from "../http/cors.js";
import { scriptOriginOf } from "../http/origin.js";
import type { AddressLimits } from "./address-limits.js";
import { badRequest } from "./errors.js";
import type { Refusal } from "./errors.js";
import { askAllowRequest, verifyRequest } from "./handshake.js";
import type { Deadlines } from "./deadlines.js";
import { runMiddleware } from "./middleware.js";
import type { Middleware } from "./middleware.js";
import type { ResolvedOptions } from "./options.js";
import { Patience } from "./patience.js";
import type { EngineRequest } from "./request-query.js";
import type { Returning } from "./handshake.js";
import type { Session } from "./session.js";
import type { UserCode } from "./user-code.js";

/** What the steps need of the engine. */
export interface AdmissionHost {
  readonly opts: ResolvedOptions;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly cors: Cors;
  readonly middleware: readonly Middleware[];
  readonly isOpen: boolean;
  readonly limits: AddressLimits;
  readonly userCode: UserCode;
  readonly deadlines: Deadlines;
  generateId(request: IncomingMessage): string | Promise<string>;
}

/** A request that wants in, and what becomes of it: one of the four is called, unless middleware answers by itself. */
export interface Visitor {
  readonly request: EngineRequest;
  /** An upgrade request has one only if there is middleware. */
  readonly response: ServerResponse | undefined;
  readonly isUpgrade: boolean;
  onRefused(refusal: Refusal): void;
  onSession(session: Session): void;
  /** The client wants its session back. */
  onReturning(returning: Returning): void;
  onNew(sid: string): void;
}

export function admit(host: AdmissionHost, visitor: Visitor): void {
  const { response } = visitor;
  if (response === undefined || visitor.isUpgrade) {
    askOrigin(host, visitor);
    return;
  }
  const patience = new Patience(visitor, response, host.deadlines);
  askOrigin(host, patience);
  patience.limit(host.opts.upgradeTimeout);
}

function askOrigin(host: AdmissionHost, visitor: Visitor): void {
  const { request, response, isUpgrade } = visitor;
  // No page reads the headers of a 101 response, so an upgrade only needs the decision.
  const done = (error: unknown, isOriginAllowed: boolean): void => {
    if (isOver(response)) return;
    if (error === undefined) passMiddleware(host, visitor, isOriginAllowed);
    else visitor.onRefused(badRequest("MIDDLEWARE_FAILURE"));
  };
  const origin = request._query.j === undefined ? request.headers.origin : scriptOriginOf(request);
  host.cors.apply(request, isUpgrade ? undefined : response, done, origin);
}

function passMiddleware(host: AdmissionHost, visitor: Visitor, isOriginAllowed: boolean): void {
  const { request, response } = visitor;
  if (response === undefined) {
    check(host, visitor, isOriginAllowed);
    return;
  }
  runMiddleware(host.middleware, request, response, host.userCode, (error) => {
    if (isOver(response)) return;
    if (error === undefined) check(host, visitor, isOriginAllowed);
    else visitor.onRefused(badRequest("MIDDLEWARE_FAILURE"));
  });
}

function check(host: AdmissionHost, visitor: Visitor, isOriginAllowed: boolean): void {
  const { request, isUpgrade } = visitor;
  const { opts, sessions } = host;
  const verdict = verifyRequest(request, { opts, sessions, isUpgrade, isOriginAllowed });
  if ("refusal" in verdict) {
    visitor.onRefused(verdict.refusal);
    return;
  }
  if ("session" in verdict && verdict.session !== undefined) {
    visitor.onSession(verdict.session);
    return;
  }
  const tooMany = host.limits.check(request, !("returning" in verdict));
  if (tooMany !== undefined) {
    visitor.onRefused(tooMany);
    return;
  }
  const isReturning = "returning" in verdict;
  if (opts.allowRequest === undefined) {
    if (isReturning) visitor.onReturning(verdict.returning);
    else makeId(host, visitor);
    return;
  }
  askAllowRequest(opts.allowRequest, request, host.userCode, (refusal) => {
    if (refusal !== undefined) visitor.onRefused(refusal);
    else if (isReturning) takeBack(host, visitor, isOriginAllowed);
    else makeId(host, visitor);
  });
}

/** `allowRequest` may have taken its time: what was true of the session need not be any more. */
function takeBack({ opts, sessions }: AdmissionHost, visitor: Visitor, isOriginAllowed: boolean): void {
  const { request, response, isUpgrade } = visitor;
  if (isOver(response)) return;
  const verdict = verifyRequest(request, { opts, sessions, isUpgrade, isOriginAllowed });
  if ("refusal" in verdict) visitor.onRefused(verdict.refusal);
  else if ("returning" in verdict) visitor.onReturning(verdict.returning);
}

function makeId(host: AdmissionHost, visitor: Visitor): void {
  const fail = (error: unknown): void => visitor.onRefused(badRequest("ID_GENERATION_ERROR", { error }));
  const take = (sid: unknown): void => {
    if (isOver(visitor.response)) return;
    if (!host.isOpen) visitor.onRefused({ ...badRequest("SERVER_CLOSED"), status: 503 });
    // An id in use would hand one client's session to another.
    else if (typeof sid !== "string" || sid === "" || host.sessions.has(sid))
      fail(new TypeError("the id is empty or in use"));
    else visitor.onNew(sid);
  };
  const context = { kind: "option", event: "generateId", request: visitor.request } as const;
  const generate = (): void => {
    const sid = host.generateId(visitor.request);
    if (typeof sid === "string") take(sid);
    else host.userCode.call(context, host, () => Promise.resolve(sid).then(take), [], fail);
  };
  host.userCode.call(context, host, generate, [], fail);
}

/** The client may have left while its request was looked at, or middleware has answered and gone on nevertheless. */
function isOver(response: ServerResponse | undefined): boolean {
  return response !== undefined && (response.headersSent || response.destroyed);
}
