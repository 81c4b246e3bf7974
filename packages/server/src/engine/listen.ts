// Short ways to an engine: on an HTTP server of its own, or on one that exists.
import { createServer } from "node:http";
import type { AnyHttpServer } from "../http/attach.js";
import { EngineServer } from "./engine-server.js";
import type { AttachOptions, ServerOptions } from "./options.js";

/** An engine on an HTTP server of its own, kept as `httpServer`, which answers 501 to everything else. */
export function listen(port: number, options?: ServerOptions & AttachOptions, callback?: () => void): EngineServer;
export function listen(port: number, callback?: () => void): EngineServer;
export function listen(
  port: number,
  options?: (ServerOptions & AttachOptions) | (() => void),
  callback?: () => void,
): EngineServer {
  const given = typeof options === "function" ? {} : (options ?? {});
  const onListening = typeof options === "function" ? options : callback;
  const httpServer = createServer((_request, response) => {
    response.writeHead(501);
    response.end("Not Implemented");
  });
  const engine = attach(httpServer, given);
  engine.httpServer = httpServer;
  httpServer.listen(port, onListening);
  return engine;
}

/** An engine on an existing HTTP server. */
export function attach(httpServer: AnyHttpServer, options: ServerOptions & AttachOptions = {}): EngineServer {
  return new EngineServer(options).attach(httpServer, options);
}
