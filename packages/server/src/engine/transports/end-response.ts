// Ends a response in one plain write. `end(body)` of Node.js writes an empty piece behind the body, to learn of its end, and so both go through a
// writev, which takes a fifth more of a poll's answer. Used for the answers that clients wait for all the time.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Its head is written, with the length of the body. */
export function endAtOnce(response: ServerResponse, body: string | Buffer): void {
  // Of HTTP/2 it is undefined once the stream is closed.
  const socket = response.socket as Socket | null | undefined;
  // It waits behind the answer to an earlier request of its connection, or has no body, or nobody waits for it any more.
  if (socket === null || socket === undefined || body.length === 0) {
    response.end(body);
    return;
  }
  // Node would cork by itself, until the next tick: then end() would find it unwritten.
  socket.cork();
  response.write(body);
  socket.uncork();
  response.end();
}
