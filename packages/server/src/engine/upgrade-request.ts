// An upgrade request while it is being looked at: its socket belongs to nobody yet, so its errors and its end are minded here
// from the end of its turn on; before, none can be told. Such a request has no response of its own; middleware gets one whose headers go into
// the 101 response. Made by the engine server.
import { ServerResponse } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Alarm } from "./deadlines.js";
import type { Deadlines } from "./deadlines.js";

export class UpgradeRequest {
  /** For middleware; one that ends it answers the request instead of the upgrade. */
  readonly response: ServerResponse | undefined;
  readonly #socket: Duplex;
  #isSettled = false;
  #stopWaiting: (() => void) | undefined = undefined;

  constructor(request: IncomingMessage, socket: Duplex, hasMiddleware: boolean) {
    this.#socket = socket;
    this.response = hasMiddleware ? this.#createResponse(request) : undefined;
  }

  /** Whoever takes this long to decide has forgotten it. To be called within the turn of the request, if it is not decided then. */
  limit(deadlines: Deadlines, timeoutMs: number): void {
    if (this.#isSettled) return;
    this.#socket.on("error", ignoreError);
    const alarm = new Alarm(() => this.#socket.destroy());
    this.#stopWaiting = () => deadlines.clear(alarm);
    deadlines.set(alarm, timeoutMs);
    this.#socket.once("close", this.#stopWaiting);
  }

  /** It is refused: the socket is free for the answer. */
  refuse(): void {
    this.#settle();
    this.#socket.on("error", ignoreError);
  }

  /**
   * It is accepted: the socket has a new owner. Gives the headers that middleware has set. Session middleware sets its cookie when
   * the head is written, so the head is written, into the void: the socket has been taken away.
   */
  accept(): OutgoingHttpHeaders {
    this.#settle();
    if (this.response === undefined) return {};
    this.response.writeHead(101);
    return { ...this.response.getHeaders() };
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (this.#stopWaiting !== undefined) this.#socket.off("error", ignoreError);
    if (this.response !== undefined && isNetSocket(this.#socket)) this.response.detachSocket(this.#socket);
    if (this.#stopWaiting === undefined) return;
    this.#stopWaiting();
    this.#socket.off("close", this.#stopWaiting);
  }

  #createResponse(request: IncomingMessage): ServerResponse {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    if (isNetSocket(this.#socket)) response.assignSocket(this.#socket);
    response.on("finish", () => {
      if (isNetSocket(this.#socket)) response.detachSocket(this.#socket);
      // Nobody reads it any more: a peer that keeps its half open would never be noticed.
      this.#socket.end(() => this.#socket.destroy());
    });
    return response;
  }
}

/** What an HTTP server gives with `upgrade` is a net.Socket, but its type promises less. */
function isNetSocket(socket: Duplex): socket is Socket {
  return "remoteAddress" in socket;
}

function ignoreError(): void {
  // The `close` event of the socket follows.
}
