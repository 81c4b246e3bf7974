// What every conformance test begins with: a server, or only its engine, that is closed when the test ends, and a raw
// client that speaks to it by hand.
import {
  RawEngineClient,
  type StartedEngine,
  type StartedServer,
  startEngine,
  type StartEngineOptions,
  startServer,
  type StartServerOptions,
} from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { once } from "@everwire/testkit";
import { onTestFinished } from "vitest";

export const ENGINE_PATH = "/engine.io/";
export const SOCKET_PATH = "/socket.io/";
export const SEPARATOR = "\x1e";

export interface EngineUnderTest extends StartedEngine {
  readonly client: RawEngineClient;
  /** The session of the next connection. Call it before the client connects. */
  nextSession(): Promise<Session>;
}

export async function engineUnderTest(options: StartEngineOptions = {}): Promise<EngineUnderTest> {
  const started = await startEngine(options);
  onTestFinished(started.close);
  const client = new RawEngineClient(started.url, { path: options.path ?? ENGINE_PATH });
  const nextSession = async (): Promise<Session> => (await once<[Session]>(started.engine, "connection"))[0];
  return { ...started, client, nextSession };
}

export interface ServerUnderTest extends StartedServer {
  readonly client: RawEngineClient;
}

export async function serverUnderTest(options: StartServerOptions = {}): Promise<ServerUnderTest> {
  const started = await startServer(options);
  onTestFinished(started.close);
  return { ...started, client: new RawEngineClient(started.url, { path: options.path ?? SOCKET_PATH }) };
}

/** The code and message that a refused handshake carries. */
export const REFUSAL = {
  UNKNOWN_TRANSPORT: { code: 0, message: "Transport unknown" },
  UNKNOWN_SID: { code: 1, message: "Session ID unknown" },
  BAD_HANDSHAKE_METHOD: { code: 2, message: "Bad handshake method" },
  BAD_REQUEST: { code: 3, message: "Bad request" },
  FORBIDDEN: { code: 4, message: "Forbidden" },
  UNSUPPORTED_PROTOCOL_VERSION: { code: 5, message: "Unsupported protocol version" },
} as const;
