// startServer() and startEngine(): our server, whole or only its engine, on a free port of 127.0.0.1, ready to be talked to.
// `create` swaps in another implementation with the same interface, so that the same tests can run against it.
import type { Server as HttpServer } from "node:http";
import { Server, type ServerOptions } from "@everwire/server";
import {
  attach,
  type AttachOptions,
  type Server as EngineServer,
  type ServerOptions as EngineOptions,
} from "@everwire/server/engine";
import { startHttpServer, type StartedHttpServer, type StartHttpServerOptions } from "./start-http-server.js";

export interface StartServerOptions extends Partial<ServerOptions> {
  /** The HTTP server below: TLS, port, other listeners. */
  http?: StartHttpServerOptions;
  /** Makes the server; ours by default. */
  create?: (httpServer: HttpServer, options: Partial<ServerOptions>) => Server;
}

export interface StartedServer extends StartedHttpServer {
  readonly io: Server;
}

/** Starts a Socket.IO-speaking server. `close()` closes it, its HTTP server and every connection. */
export async function startServer(options: StartServerOptions = {}): Promise<StartedServer> {
  const { http: httpOptions, create = (server, rest) => new Server(server, rest), ...rest } = options;
  const started: { io?: Server } = {};
  const http = await startHttpServer({
    ...httpOptions,
    prepare: (httpServer) => {
      httpOptions?.prepare?.(httpServer);
      started.io = create(httpServer, rest);
    },
  });
  const io = started.io;
  if (io === undefined) throw new Error("failed to start the server: nothing was created");
  const close = async (): Promise<void> => {
    const closed = io.close();
    await http.close();
    await closed;
  };
  return { ...http, io, close };
}

export interface StartEngineOptions extends EngineOptions, AttachOptions {
  http?: StartHttpServerOptions;
  create?: (httpServer: HttpServer, options: EngineOptions & AttachOptions) => EngineServer;
}

export interface StartedEngine extends StartedHttpServer {
  readonly engine: EngineServer;
}

/** Starts an engine alone, at the path `/engine.io` unless options say otherwise. */
export async function startEngine(options: StartEngineOptions = {}): Promise<StartedEngine> {
  const { http: httpOptions, create = attach, ...rest } = options;
  const started: { engine?: EngineServer } = {};
  const http = await startHttpServer({
    ...httpOptions,
    prepare: (httpServer) => {
      httpOptions?.prepare?.(httpServer);
      started.engine = create(httpServer, rest);
    },
  });
  const engine = started.engine;
  if (engine === undefined) throw new Error("failed to start the engine: nothing was created");
  const close = async (): Promise<void> => {
    engine.close();
    await http.close();
  };
  return { ...http, engine, close };
}
