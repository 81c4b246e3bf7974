// An engine client of either peer, in front of our own engine, or of a server spoken by hand where a server has to misbehave.
import { onTestFinished } from "vitest";
import { RawEngineServer, once } from "@everwire/testkit";
import type { RawEngineServerOptions } from "@everwire/testkit";
import type { Socket, SocketOptions } from "@everwire/client/engine";
import type { Socket as ServerSession } from "@everwire/server/engine";
import { startEngine } from "./engine.js";
import type { EngineOptions, Started } from "./engine.js";
import { PEERS } from "./peers.js";
import type { Peer } from "./peers.js";

export const [everwire] = PEERS as [Peer];
export const NAMES = ["polling", "websocket"];

export type AnyListener = (...args: unknown[]) => void;
export interface Untyped {
  on(event: string, listener: AnyListener): unknown;
  once(event: string, listener: AnyListener): unknown;
}

export function connect(peer: Peer, url: string, options: SocketOptions = {}): Socket {
  const client = new peer.engineClient.Socket(url, options);
  onTestFinished(() => void client.close());
  return client;
}

export async function pair(
  peer: Peer,
  options: SocketOptions = {},
  engineOptions: EngineOptions = {},
): Promise<{ client: Socket; session: ServerSession; started: Started }> {
  const started = await startEngine(everwire, engineOptions);
  const opened = started.session();
  const client = connect(peer, started.url, options);
  const [session] = await Promise.all([opened, once(client, "open")]);
  return { client, session, started };
}

export async function raw(options: RawEngineServerOptions = {}): Promise<RawEngineServer> {
  const server = await RawEngineServer.start(options);
  onTestFinished(() => server.close());
  return server;
}

/** Everything that the client says of itself, in order. */
export function journal(client: Socket, events: string[]): unknown[][] {
  const seen: unknown[][] = [];
  for (const event of events) (client as Untyped).on(event, (...args) => seen.push([event, ...args]));
  return seen;
}
