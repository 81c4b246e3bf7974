// Answers to requests that are not served. Called by the engine server.
import { STATUS_CODES } from "node:http";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Alarm } from "./deadlines.js";
import type { Deadlines } from "./deadlines.js";
import { ERRORS, ERROR_MESSAGES } from "./errors.js";
import type { Refusal } from "./errors.js";
import { JSONP_HEADERS, toJsonpScript } from "./transports/jsonp-format.js";

/**
 * JSON with number and text; 403 where the client is not wanted, else 400. `jsonpIndex`: that a session is unknown is said by a script,
 * which browsers run with status 200 only.
 */
export function refuseRequest(response: ServerResponse, refusal: Refusal, jsonpIndex?: string): void {
  if (response.headersSent || response.writableEnded) return;
  const json = JSON.stringify({ code: refusal.code, message: textOf(refusal) });
  const isScript = jsonpIndex !== undefined && refusal.code === ERRORS.UNKNOWN_SID;
  const body = isScript ? toJsonpScript(jsonpIndex, json) : json;
  response.writeHead(isScript ? 200 : (refusal.status ?? (refusal.code === ERRORS.FORBIDDEN ? 403 : 400)), {
    ...(isScript ? JSONP_HEADERS : { "Content-Type": "application/json" }),
    "Content-Length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

/** A raw response with the text, and the end of the socket, within `timeoutMs` also where the peer reads nothing. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal, deadlines: Deadlines, timeoutMs: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = refusal.status ?? 400;
  const text = textOf(refusal);
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n` +
      "Connection: close\r\n" +
      "Content-type: text/html\r\n" +
      `Content-Length: ${Buffer.byteLength(text)}\r\n` +
      `\r\n${text}`,
  );
  cutUnlessSent(socket, deadlines, timeoutMs);
}

/** An answer that ends a socket may have to wait behind answers that the peer does not read. */
export function cutUnlessSent(socket: Duplex, deadlines: Deadlines, timeoutMs: number): void {
  if (socket.writableLength === 0) return;
  const alarm = new Alarm(() => socket.destroy());
  deadlines.set(alarm, timeoutMs);
  socket.once("close", () => deadlines.clear(alarm));
}

function textOf(refusal: Refusal): string {
  return refusal.message ?? ERROR_MESSAGES[refusal.code];
}
