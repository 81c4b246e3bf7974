/*
 * Connects an engine to an HTTP(S) server: requests under its path go to the engine, all others to the listeners that were there
 * before; upgrade requests likewise. Several engines may share one server. Called by `EngineServer.attach`.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { resolvePath } from "../engine/options.js";
import type { AttachOptions } from "../engine/options.js";

/** What is attached. */
export interface Attachable {
  /** Set when listeners that are not an engine's see the same requests. */
  sharesRequests: boolean;
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  init(): unknown;
  close(): unknown;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

const DESTROY_UPGRADE_TIMEOUT_MS = 1000;

/** Paths of all engines on a server: an upgrade request that is none of ours may be another engine's. */
const pathsOf = new WeakMap<object, string[]>();

export function attachEngine(engine: Attachable, httpServer: HttpServer, options: AttachOptions): void {
  const path = resolvePath(options);
  const paths = pathsOf.get(httpServer) ?? [];
  paths.push(path);
  pathsOf.set(httpServer, paths);

  const previous = httpServer.listeners("request") as RequestListener[];
  httpServer.removeAllListeners("request");
  httpServer.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (isUnder(path, request)) engine.handleRequest(request, response);
    else for (const listener of previous) listener.call(httpServer, request, response);
  });

  httpServer.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (httpServer.listenerCount("upgrade") > paths.length) engine.sharesRequests = true;
    if (isUnder(path, request)) {
      engine.handleUpgrade(request, socket, head);
    } else if (options.destroyUpgrade !== false && !paths.some((other) => isUnder(other, request))) {
      endUnlessAnswered(socket, options.destroyUpgradeTimeout ?? DESTROY_UPGRADE_TIMEOUT_MS);
    }
  });

  httpServer.on("listening", () => engine.init());
  httpServer.on("close", () => engine.close());
}

/** The path is a prefix of the URL that ends where a segment of it does. */
function isUnder(path: string, request: IncomingMessage): boolean {
  const url = request.url ?? "";
  if (!url.startsWith(path)) return false;
  const next = url[path.length];
  return path.endsWith("/") || next === undefined || next === "/" || next === "?" || next === "#";
}

// An `upgrade` listener keeps Node from answering such requests itself, and then nobody does.
function endUnlessAnswered(socket: Duplex & { bytesWritten?: number }, timeoutMs: number): void {
  const timer = setTimeout(() => {
    if (socket.writable && (socket.bytesWritten ?? 0) === 0) socket.end();
  }, timeoutMs);
  // Whoever else answers has its own listener; for the one that is ended here nobody had.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clearTimeout(timer));
}
