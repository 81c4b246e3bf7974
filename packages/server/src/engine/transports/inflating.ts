// What `ws` needs where permessage-deflate was negotiated. Chunks that come while a message is inflated wait in the receiver's buffer, and
// Node hands them on in one loop: also behind one that was against the rules, for the error is told a tick later. The receiver of ws 8.23
// is not made for that and throws, which would be the end of the process. Called by websocket-acceptor.ts.
import type { Writable } from "node:stream";
import type { WebSocket } from "ws";

/** Nothing reaches the receiver any more once it has refused something. */
export function stopAtFault(webSocket: WebSocket): void {
  // Not among its types. Where there is none there is nothing to stop.
  const { _receiver: receiver } = webSocket as { _receiver?: Writable };
  if (receiver === undefined) return;
  const write = receiver._write.bind(receiver);
  let isAtFault = false;
  receiver._write = (chunk, encoding, callback) => {
    if (isAtFault) {
      callback();
      return;
    }
    write(chunk, encoding, (error) => {
      if (error instanceof Error) isAtFault = true;
      callback(error);
    });
  };
}
