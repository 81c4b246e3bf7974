// A server of ours and stock clients of it, for the tests of one file: what they start ends with each test.
import {
  io as stockClient,
  type ManagerOptions,
  type Socket as StockSocket,
  type SocketOptions,
} from "socket.io-client";
import type { Server, Socket } from "@everwire/server";
import { once, RawEngineClient, startServer, type StartServerOptions } from "@everwire/testkit";
import { afterEach, vi } from "vitest";

/** Run after each test, the last one first. */
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function serve(options: StartServerOptions = {}): Promise<{ io: Server; url: string }> {
  const { io, url, close } = await startServer(options);
  cleanups.push(close);
  return { io, url };
}

export function connect(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): StockSocket {
  const client = stockClient(url, { forceNew: true, transports: ["websocket"], ...options });
  cleanups.push(() => client.disconnect());
  return client;
}

export interface Pair {
  io: Server;
  url: string;
  socket: Socket;
  client: StockSocket;
}

/** A connected client, and its socket on the server. */
export async function pair(
  options: StartServerOptions = {},
  clientOptions: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Pair> {
  const { io, url } = await serve(options);
  const connection = once<[Socket]>(io, "connection");
  const client = connect(url, clientOptions);
  const [[socket]] = await Promise.all([connection, once(client, "connect")]);
  return { io, url, socket, client };
}

/** The same with a client that is nothing but a wire. */
export async function raw(options: StartServerOptions = {}): Promise<{
  io: Server;
  socket: Socket;
  wire: Awaited<ReturnType<RawEngineClient["websocket"]>>;
}> {
  const { io, url } = await serve(options);
  const connection = once<[Socket]>(io, "connection");
  const { socket: wire } = await new RawEngineClient(url).connected();
  const [socket] = await connection;
  return { io, socket, wire };
}
