// Connects an engine to an HTTP(S) server: requests under its path go to the engine, all others to the listeners that were there
// before; upgrade requests likewise. Several engines may share one server. Called by `EngineServer.attach`.
import type { EventEmitter } from "node:events";
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
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

/** Any server with Node's HTTP interface. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

interface Mount {
  readonly path: string;
  readonly engine: Attachable;
}

const DESTROY_UPGRADE_TIMEOUT_MS = 1000;

/** Bytes that had been written to a connection when it asked for an upgrade. */
const bytesBefore = new WeakMap<Duplex, number>();
/** The last response on each connection. */
const responseOf = new WeakMap<Duplex, ServerResponse>();

/** The engines of each server, the newest first: of those that share a path only the newest is served. */
const mountsOf = new WeakMap<AnyHttpServer, Mount[]>();

export function attachEngine(engine: Attachable, httpServer: AnyHttpServer, options: AttachOptions): void {
  const mount: Mount = { path: resolvePath(options), engine };
  const mounts = mountsOf.get(httpServer) ?? [];
  // One interface for all of them; their own types agree on too little.
  const server: EventEmitter = httpServer;
  if (mounts.length === 0) {
    // Before any other listener, which may answer at once; where there is none, nobody will ask.
    server.prependListener("upgrade", (_request: IncomingMessage, socket: UpgradeSocket) => {
      if (server.listenerCount("upgrade") > mounts.length + 1) bytesBefore.set(socket, socket.bytesWritten ?? 0);
    });
  }
  mountsOf.set(httpServer, mounts);
  mounts.unshift(mount);

  const previous = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    noteResponse(request, response);
    if (isUnder(mount.path, request)) engine.handleRequest(request, response);
    // Nobody would ever answer it, nor what is sent behind it on the same connection.
    else if (previous.length === 0 && server.listenerCount("request") === 1) response.writeHead(404).end();
    else for (const listener of previous) listener.call(server, request, response);
  });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const hasOthers = server.listenerCount("upgrade") > mounts.length + 1;
    if (hasOthers) engine.sharesRequests = true;
    const target = mounts.find(({ path }) => isUnder(path, request));
    if (target === mount) engine.handleUpgrade(request, socket, head);
    else if (target === undefined && options.destroyUpgrade !== false) {
      endUnlessAnswered(socket, hasOthers, options.destroyUpgradeTimeout ?? DESTROY_UPGRADE_TIMEOUT_MS);
    }
  });

  server.on("listening", () => {
    if (mounts.find(({ path }) => path === mount.path) === mount) engine.init();
  });
  server.on("close", () => engine.close());
}

/** The path is a prefix of the URL: what is below it counts too. */
function isUnder(path: string, request: IncomingMessage): boolean {
  return (request.url ?? "").startsWith(path);
}

// An `upgrade` listener keeps Node from answering such requests itself, and then nobody does. The socket is destroyed, not ended: nobody
// reads it, so a peer that keeps its half open, or that is gone, would never be noticed.
function endUnlessAnswered(socket: UpgradeSocket, hasOthers: boolean, timeoutMs: number): void {
  socket.on("error", () => socket.destroy());
  const listeners = countListeners(socket) + 1;
  const bytes = bytesBefore.get(socket) ?? 0;
  const earlier = responseOf.get(socket);
  // What is written may be the answer to a request before this one: then only listeners can tell.
  const isOwed = earlier !== undefined && !earlier.writableFinished;
  const timer = setTimeout(() => {
    const isTaken = isOwed ? countListeners(socket) > listeners : (socket.bytesWritten ?? 0) !== bytes;
    if (!hasOthers || !isTaken) socket.destroy();
  }, timeoutMs);
  socket.on("close", () => clearTimeout(timer));
}

/** For whoever takes a request before the listener here does. */
export function noteResponse(request: IncomingMessage, response: ServerResponse): void {
  responseOf.set(request.socket, response);
}

type UpgradeSocket = Duplex & { readonly bytesWritten?: number };

/** Whoever takes the socket over listens to one of these. */
function countListeners(socket: Duplex): number {
  return ["data", "readable", "end", "error", "close"].reduce((sum, event) => sum + socket.listenerCount(event), 0);
}
