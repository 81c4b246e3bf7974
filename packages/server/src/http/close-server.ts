// Ends an HTTP server so that it really ends. Called by the server's close().
// Node closes what is idle and waits for the rest; a browser that goes on asking over a connection that was busy at that
// moment would keep the old server alive, and be answered by it, for as long as it asks.
import type { IncomingMessage, ServerResponse } from "node:http";

const SWEEP_EVERY_MS = 100;

/** The part of Node's HTTP servers (1 and 2, with TLS or not) that closing needs. */
interface ClosableServer {
  close(callback: (error?: Error) => void): unknown;
  closeIdleConnections?(): void;
  prependListener(event: "request", listener: (request: IncomingMessage, response: ServerResponse) => void): unknown;
  off(event: "request", listener: (request: IncomingMessage, response: ServerResponse) => void): unknown;
}

/** Resolves when the last connection is gone; with the error of a server that was not running. */
export function closeServer(httpServer: ClosableServer): Promise<Error | undefined> {
  return new Promise((resolve) => {
    httpServer.prependListener("request", dismiss);
    // What was busy becomes idle: the polls that the engine has just answered at once, a download of the application later.
    const sweep = (): void => httpServer.closeIdleConnections?.();
    const sweeps = setInterval(sweep, SWEEP_EVERY_MS).unref();
    setImmediate(sweep);
    httpServer.close((error) => {
      clearInterval(sweeps);
      httpServer.off("request", dismiss);
      resolve(error);
    });
  });
}

/** This answer is the last one on its connection (RFC 9112, section 9.6). HTTP/2 has a frame for it, which Node sends itself. */
function dismiss(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor === 1) response.setHeader("Connection", "close");
}
