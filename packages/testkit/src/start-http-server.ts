// startHttpServer(): a plain node:http or node:https server on a free port of 127.0.0.1 that can be closed for good, with
// whatever hangs on it. startServer() and the tests of mounting stand on it.
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Certificate, selfSigned } from "./self-signed.js";

export interface StartHttpServerOptions {
  /** TLS: `true` for the certificate of this run. */
  secure?: boolean | Certificate;
  /** Request listener, put on before anything else. */
  listener?: RequestListener;
  /** Port to listen on; 0, a free one, by default. */
  port?: number;
  /** Called before the server listens: the place to attach. */
  prepare?: (httpServer: Server) => void;
}

export interface StartedHttpServer {
  readonly httpServer: Server;
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or https. */
  readonly url: string;
  /** Open TCP connections right now. */
  readonly connections: ReadonlySet<Socket>;
  /** Stops listening and destroys every connection. Safe to call twice. */
  close(): Promise<void>;
}

export async function startHttpServer(options: StartHttpServerOptions = {}): Promise<StartedHttpServer> {
  const { secure = false } = options;
  const httpServer: Server =
    secure === false ? createServer() : createSecureServer(secure === true ? selfSigned() : secure);
  if (options.listener !== undefined) httpServer.on("request", options.listener);
  const connections = new Set<Socket>();
  httpServer.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  options.prepare?.(httpServer);
  await new Promise<void>((resolve, reject) => {
    httpServer.once("error", reject);
    httpServer.listen(options.port ?? 0, "127.0.0.1", () => {
      httpServer.removeListener("error", reject);
      resolve();
    });
  });
  const { port } = httpServer.address() as AddressInfo;

  const close = async (): Promise<void> => {
    const stopped = new Promise<void>((resolve) => {
      // The callback gets ERR_SERVER_NOT_RUNNING when something else closed the server first: closed is what we want.
      httpServer.close(() => {
        resolve();
      });
    });
    for (const socket of connections) socket.destroy();
    await stopped;
  };
  return {
    httpServer,
    port,
    url: `${secure === false ? "http" : "https"}://127.0.0.1:${String(port)}`,
    connections,
    close,
  };
}
