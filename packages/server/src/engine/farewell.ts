// The last word of a client whose session has no connection: a POST with nothing but a close packet (docs/PROTOCOL.md, "Farewell").
// Of a page that was left it races with the end of the page's poll, which suspends the session. Called by handshake.ts and the engine
// server.
import type { ServerResponse } from "node:http";
import type { Deadlines } from "./deadlines.js";
import { badRequest } from "./errors.js";
import { refuseRequest } from "./refuse.js";
import { readLeg } from "./request-query.js";
import type { EngineRequest } from "./request-query.js";
import type { Session } from "./session.js";
import { PollingBody } from "./transports/polling-body.js";

/** An Engine.IO close packet, as a payload and as a form (JSONP). */
const CLOSES = ["1", "d=1"];

/** By its head: the body is still to come. The session may seem open: the client was the first to notice. */
export function isFarewell(request: EngineRequest, session: Session): boolean {
  const { method, headers } = request;
  return (
    method === "POST" &&
    CLOSES.some(({ length }) => headers["content-length"] === String(length)) &&
    isLast(request, session)
  );
}

export function takeFarewell(
  request: EngineRequest,
  session: Session,
  response: ServerResponse,
  deadlines: Deadlines,
  timeoutMs: number,
): void {
  const body = new PollingBody(request, { maxBytes: 3, timeoutMs }, deadlines, (outcome, bytes) => {
    if (outcome !== "complete" || !CLOSES.includes(bytes.toString())) {
      refuseRequest(response, badRequest("SUSPENDED"));
      return;
    }
    response.writeHead(200, { "Content-Type": "text/html", "Content-Length": 2, "cache-control": "no-store" });
    response.end("ok");
    // It may have been resumed meanwhile, and then lives.
    if (isLast(request, session)) session.onClose(true);
  });
  body.read();
}

/** No try to resume came after it. */
function isLast(request: EngineRequest, { resumption, readyState }: Session): boolean {
  const leg = readLeg(request);
  if (resumption === undefined || leg === undefined) return false;
  return leg > resumption.leg || (leg === resumption.leg && readyState === "suspended");
}
