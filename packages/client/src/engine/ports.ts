// The ports between the transports and what an environment offers: one HTTP request, one WebSocket, a cookie jar. Types
// only. Implemented for browsers in transports/request-xhr.ts, request-fetch.ts and ws-global.ts, for Node in *.node.ts.
import type { RawData } from "@everwire/protocol";
import type { TransportOptions } from "./transports/transport.js";

export interface PollRequest {
  readonly uri: string;
  readonly method: "GET" | "POST";
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  readonly opts: TransportOptions;
  /** The answer was 200. It and `onError` are never called in the turn of the request; only the first call counts. */
  readonly onLoad: (text: string) => void;
  /** `status` 0 means that there was no answer. */
  readonly onError: (status: number, context: unknown, cause?: unknown) => void;
}

/** Stops the request; what it calls back after that counts no more. */
export type AbortRequest = () => void;

export interface RequestPort {
  /** Messages of the errors that users see. */
  readonly readError: string;
  readonly writeError: string;
  request(request: PollRequest): AbortRequest;
  /** No further requests with these options: what was kept for them may go. */
  release?(opts: TransportOptions): void;
}

/** What the transport uses of a WebSocket, in the browser and in the `ws` package. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  close(code?: number): void;
}

export interface WebSocketPort<Socket extends WebSocketLike = WebSocketLike> {
  create(uri: string, opts: TransportOptions): Socket;
  send(socket: Socket, frame: RawData, compress: boolean, opts: TransportOptions): void;
}

/** Cookies of one session, where no browser keeps them. */
export interface CookieStore {
  /** Keeps what a `set-cookie` header says. */
  store(setCookie: readonly string[] | undefined): void;
  /** Headers with the cookies added. */
  apply(headers: Record<string, string>): Record<string, string>;
}
