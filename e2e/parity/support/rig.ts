// A server of either peer with clients of the same peer, closed when the test ends. Used by the cases of the socket layer, which say
// what they saw; see cases.ts.
import { createServer } from "node:http";
import type { RequestListener, Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { RawEngineClient, httpRequest, once, until } from "@everwire/testkit";
import type { HttpRequestOptions, HttpResponse, RawSession } from "@everwire/testkit";
import type { IoOptions, Manager, ManagerOptions, Socket as ClientSocket } from "@everwire/client";
import type { Namespace, Server, ServerOptions, Socket } from "@everwire/server";
import { closeHttp } from "./engine.js";
import type { Peer } from "./peers.js";

export interface Pair {
  io: Server;
  socket: Socket;
  client: ClientSocket;
}

export class Rig {
  readonly peer: Peer;
  /** What happened, in order; most cases give it back. */
  readonly log: unknown[] = [];
  httpServer!: HttpServer;
  url = "";
  #io: Server | undefined;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** Puts one more entry into the log: several values as a list. */
  readonly note = (...entry: unknown[]): undefined => {
    this.log.push(entry.length === 1 ? entry[0] : entry);
  };

  get port(): number {
    return (this.httpServer.address() as AddressInfo).port;
  }

  async serve(options: Partial<ServerOptions> = {}, listener?: RequestListener): Promise<Server> {
    this.httpServer = createServer(listener);
    const io = new this.peer.server.Server(this.httpServer, { resume: false, ...options });
    this.httpServer.listen(0, "127.0.0.1");
    await once(this.httpServer, "listening");
    this.url = `http://127.0.0.1:${this.port}`;
    this.#io = io;
    const { httpServer } = this;
    onTestFinished(async () => {
      closeHttp(httpServer);
      await io.close();
    });
    return io;
  }

  /** A client over WebSocket that does not come back by itself. */
  client(namespace = "/", options: IoOptions = {}): ClientSocket {
    const socket = this.peer.client.io(this.url + namespace, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
      ...options,
    });
    onTestFinished(() => this.#end(socket.io));
    return socket;
  }

  /** A Manager that opens when it is told to. */
  manager(options: Partial<ManagerOptions> = {}, url = this.url): Manager {
    const manager = new this.peer.client.Manager(url, {
      autoConnect: false,
      reconnection: false,
      transports: ["websocket"],
      ...options,
    });
    onTestFinished(() => this.#end(manager));
    return manager;
  }

  #end(manager: Manager): void {
    manager.reconnection(false);
    (manager.engine as { close(): unknown } | undefined)?.close();
  }

  async connected(namespace = "/", options: IoOptions = {}): Promise<ClientSocket> {
    const client = this.client(namespace, options);
    await once(client, "connect");
    return client;
  }

  /** Both ends of one connection. */
  async pair(serverOptions: Partial<ServerOptions> = {}, options: IoOptions = {}, namespace = "/"): Promise<Pair> {
    const io = this.#io ?? (await this.serve(serverOptions));
    const [args, client] = await Promise.all([
      once<[Socket]>(io.of(namespace), "connection"),
      this.connected(namespace, options),
    ]);
    return { io, socket: args[0], client };
  }

  /** A client by hand, over WebSocket. */
  async raw(): Promise<RawSession> {
    const wire = await new RawEngineClient(this.url, { path: "/socket.io/" }).websocket();
    onTestFinished(() => wire.terminate());
    return wire;
  }

  get(path: string, options?: HttpRequestOptions): Promise<HttpResponse> {
    return httpRequest(this.url + path, options);
  }
}

/** What both ends have sent until now has arrived. */
export async function settled({ socket, client }: Pick<Pair, "socket" | "client">): Promise<void> {
  const listening = socket.listenersAny().length + client.listenersAnyOutgoing().length;
  if (listening > 0) throw new Error("a listener of everything would see this");
  socket.once("settle", (answer: () => void) => answer());
  await client.emitWithAck("settle");
  client.once("settle", (answer: () => void) => answer());
  await socket.emitWithAck("settle");
}

export async function gone({ sockets }: Namespace): Promise<void> {
  await until(() => sockets.size === 0, "all to be gone");
}

/** What a call gives, or the message of what it throws. */
export function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return `throws ${(error as Error).message}`;
  }
}

/** What a promise gives, or the message that it is rejected with, and the responses. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    const { message, responses } = error as Error & { responses?: unknown };
    return responses === undefined ? `rejects ${message}` : [`rejects ${message}`, responses];
  }
}

/** Errors by their message, functions by the word. */
export function plain(args: readonly unknown[]): unknown[] {
  return args.map((arg) =>
    arg instanceof Error ? `Error ${arg.message}` : typeof arg === "function" ? "function" : arg,
  );
}
