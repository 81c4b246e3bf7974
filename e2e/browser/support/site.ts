// Site: one origin with pages and a server, on a free port of 127.0.0.1. It can be stopped and started again on the same port,
// as a server that is deployed anew. Made by the fixture in test.ts.
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import type { Server, ServerOptions, Socket } from "@everwire/server";
import { PAGES } from "./pages.js";
import { loadServerClass } from "./peer.js";

export interface SiteOptions {
  /** Options of the realtime server. */
  server?: Partial<ServerOptions>;
  /** Called for each server that starts: the place for listeners and middleware. */
  setup?: (io: Server) => void;
  /** TLS: key and certificate in PEM. */
  tls?: { readonly key: string; readonly cert: string };
}

export class Site {
  readonly #options: SiteOptions;
  #io: Server | undefined;
  #port = 0;
  readonly #connections = new Set<TcpSocket>();

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  get io(): Server {
    if (this.#io === undefined) throw new Error("failed to reach the server: the site is stopped");
    return this.#io;
  }

  get port(): number {
    return this.#port;
  }

  /** The origin, without a slash at the end. */
  get url(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://127.0.0.1:${this.#port}`;
  }

  /** Sockets of the main namespace, connected now. */
  get sockets(): Socket[] {
    return [...this.io.sockets.sockets.values()];
  }

  /** The only one of them. */
  get socket(): Socket {
    const [socket, ...others] = this.sockets;
    if (socket === undefined || others.length > 0)
      throw new Error(`failed to find the socket: there are ${this.sockets.length}`);
    return socket;
  }

  async start(): Promise<void> {
    const { server, setup, tls } = this.#options;
    const http = tls === undefined ? createServer(servePage) : (createSecureServer(tls, servePage) as HttpServer);
    http.on("connection", (socket: TcpSocket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    const io = new (await loadServerClass())(http, server);
    setup?.(io);
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (http.address() as AddressInfo).port;
    this.#io = io;
  }

  /** Breaks every TCP connection, as a network does. The server goes on. */
  cut(): void {
    for (const socket of this.#connections) socket.resetAndDestroy();
  }

  /** Closes the server in good order. */
  async stop(): Promise<void> {
    if (this.#io === undefined) return;
    const { io } = this;
    this.#io = undefined;
    await io.close();
  }

  /** Ends at once, whatever a browser keeps open: a process that was killed, or a test that is over. */
  async kill(): Promise<void> {
    this.cut();
    const stopped = this.stop();
    this.cut();
    await stopped;
  }
}

function servePage(request: IncomingMessage, response: ServerResponse): void {
  const page = PAGES.get(new URL(request.url ?? "/", "http://page").pathname);
  if (page === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "Content-Type": page.type, "Cache-Control": "no-cache" }).end(page.body);
}
