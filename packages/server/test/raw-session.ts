// An engine of ours and sessions spoken by hand, for the tests of one file: what a test starts ends with it.
import type { IncomingMessage } from "node:http";
import type { Socket, TransportError } from "@everwire/server/engine";
import { RawEngineClient, UpgradeRefused, once, startEngine } from "@everwire/testkit";
import type { StartEngineOptions, StartedEngine } from "@everwire/testkit";
import { expect, onTestFinished } from "vitest";

export interface Setup extends StartedEngine {
  readonly client: RawEngineClient;
  /** Address of the engine, its path included. */
  readonly base: string;
  /** The next session that opens. */
  next(): Promise<Socket>;
}

export async function start(options: StartEngineOptions = {}): Promise<Setup> {
  const started = await startEngine(options);
  onTestFinished(() => started.close());
  const client = new RawEngineClient(started.url, { path: "/engine.io/" });
  const next = async (): Promise<Socket> => (await once<[Socket]>(started.engine, "connection"))[0];
  return { ...started, client, base: `${started.url}/engine.io/`, next };
}

export async function overWebSocket(
  options?: StartEngineOptions,
): Promise<Setup & { socket: Awaited<ReturnType<RawEngineClient["websocket"]>>; session: Socket }> {
  const setup = await start(options);
  const [session, socket] = await Promise.all([setup.next(), setup.client.websocket()]);
  return { ...setup, session, socket };
}

export async function overPolling(
  options?: StartEngineOptions,
): Promise<Setup & { polling: Awaited<ReturnType<RawEngineClient["polling"]>>; session: Socket }> {
  const setup = await start(options);
  const [session, polling] = await Promise.all([setup.next(), setup.client.polling()]);
  onTestFinished(() => polling.release());
  return { ...setup, session, polling };
}

/** What a session receives from here on. */
export const messagesOf = (session: Socket): unknown[] => {
  const messages: unknown[] = [];
  session.on("message", (data) => messages.push(data));
  return messages;
};

export const endOf = (session: Socket): Promise<[string, TransportError | undefined]> => once(session, "close");

/** What `connection_error` tells. */
export interface Refused {
  readonly req: IncomingMessage;
  readonly code: number;
  readonly message: string;
  readonly context: Record<string, unknown>;
}

export const refusedUpgrade = async (opening: Promise<unknown>): Promise<UpgradeRefused> => {
  const error: unknown = await opening.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UpgradeRefused);
  return error as UpgradeRefused;
};
