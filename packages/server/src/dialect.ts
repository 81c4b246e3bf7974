// What differs for a client of Socket.IO 1 and 2, which speaks revision 4 of the Socket.IO protocol over revision 3 of Engine.IO's
// (`allowEIO3`): how it joins a namespace, what it is answered, which id its socket has. A connection has one dialect for life; the
// connection itself, admissions and sockets ask it, and only at the door: messages are the same.
import type { Packet } from "@everwire/protocol";
import { generateSocketId } from "./socket-id.js";

export interface Dialect {
  /** The client is in `/` from the start, and does not ask for it. */
  readonly startsInMain: boolean;
  /** Its sessions can be taken up again. */
  readonly recovers: boolean;
  /** Namespace and `auth` of a CONNECT packet. */
  readConnect(packet: Packet): { readonly name: string; readonly auth: Record<string, unknown> | undefined };
  /** What the answer to a CONNECT says of the socket. */
  describeSocket(id: string, pid: string | undefined): object | undefined;
  /** What a CONNECT_ERROR says of the error that a middleware gave. */
  describeRefusal(error: unknown): string | object;
  createSocketId(namespace: string, sessionId: string): string;
}

export const CURRENT: Dialect = {
  startsInMain: false,
  recovers: true,
  readConnect: (packet) => ({ name: packet.nsp, auth: packet.data as Record<string, unknown> | undefined }),
  describeSocket: (id, pid) => (pid === undefined ? { sid: id } : { sid: id, pid }),
  describeRefusal: toRefusal,
  createSocketId: generateSocketId,
};

export const LEGACY: Dialect = {
  startsInMain: true,
  recovers: false,
  readConnect({ nsp }) {
    const start = nsp.indexOf("?");
    if (start === -1) return { name: nsp, auth: undefined };
    const auth = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of new URLSearchParams(nsp.slice(start + 1))) auth[key] = value;
    return { name: nsp.slice(0, start), auth };
  },
  describeSocket: () => undefined,
  // These clients hand on what they are told as the argument of `error`.
  describeRefusal(error) {
    const { message, data } = toRefusal(error);
    if (typeof data === "object" && data !== null) return data;
    // A number would be read as the id of an acknowledgement.
    return typeof data === "string" || typeof data === "number" ? String(data || message) : message;
  },
  // They make up the same id on their side.
  createSocketId: (namespace, sessionId) => (namespace === "/" ? sessionId : `${namespace}#${sessionId}`),
};

/** A text is an error too, for middlewares that call `next("no")`. */
function toRefusal(error: unknown): { message: string; data?: unknown } {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { message, data } = error as { message?: unknown; data?: unknown };
  const text = typeof message === "string" ? message : "";
  return data === undefined ? { message: text } : { message: text, data };
}
