// An engine of either peer on a free port, closed when the test ends, with the raw clients of the testkit in front of it. Used by
// the engine's cases of this folder.
import { createServer } from "node:http";
import type { RequestListener, Server as HttpServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { ServerOptions as SecureOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { RawEngineClient, RawTcp, httpRequest, once } from "@everwire/testkit";
import type { HttpRequestOptions, HttpResponse, RawPolling, RawSession, RawWebSocketOptions } from "@everwire/testkit";
import type { AttachOptions, Server, ServerOptions, Socket } from "@everwire/server/engine";
import type { Peer } from "./peers.js";

export type EngineOptions = ServerOptions & AttachOptions & Record<string, unknown>;

export interface Setup {
  /** TLS options of the HTTP server. */
  secure?: SecureOptions;
  /** The request listener that was there before the engine. */
  listener?: RequestListener;
  /** Before the server listens. */
  prepare?: (engine: Server, httpServer: HttpServer) => void;
}

export interface Started {
  readonly engine: Server;
  readonly httpServer: HttpServer;
  readonly port: number;
  readonly url: string;
  readonly raw: RawEngineClient;
  /** `sid=…` or whatever stands behind `EIO=4&transport=polling&`. */
  get(query?: string, options?: HttpRequestOptions): Promise<HttpResponse>;
  /** The next session. */
  session(): Promise<Socket>;
  polling(query?: Record<string, string>): Promise<{ client: RawPolling; session: Socket }>;
  websocket(
    query?: Record<string, string>,
    options?: RawWebSocketOptions,
  ): Promise<{ client: RawSession; session: Socket }>;
  tcp(): Promise<RawTcp>;
}

/** No client here waits for it, so closing does not have to. */
export function closeHttp(httpServer: HttpServer): void {
  httpServer.closeAllConnections();
  httpServer.close();
}

export async function startEngine(peer: Peer, options: EngineOptions = {}, setup: Setup = {}): Promise<Started> {
  const httpServer = (setup.secure === undefined
    ? createServer()
    : createSecureServer(setup.secure)) as unknown as HttpServer;
  if (setup.listener !== undefined) httpServer.on("request", setup.listener);
  // Session resume is ours alone, and has tests of its own: here both end with their connection.
  const engine = peer.engine.attach(httpServer, { resume: false, ...options });
  setup.prepare?.(engine, httpServer);
  httpServer.listen(0, "127.0.0.1");
  await once(httpServer, "listening");
  onTestFinished(() => {
    engine.close();
    closeHttp(httpServer);
  });
  const { port } = httpServer.address() as AddressInfo;
  const url = `${setup.secure === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const raw = new RawEngineClient(url, { path: options.path ?? "/engine.io/" });
  const session = async (): Promise<Socket> => (await once<[Socket]>(engine, "connection"))[0];
  return {
    engine,
    httpServer,
    port,
    url,
    raw,
    session,
    get: (query = "", requestOptions) =>
      httpRequest(`${url}/engine.io/?${query.includes("EIO=") ? query : `EIO=4&${query}`}`, requestOptions),
    polling: async (query = {}) => {
      const [client, opened] = await Promise.all([raw.polling({ query }), session()]);
      onTestFinished(() => client.release());
      return { client, session: opened };
    },
    websocket: async (query = {}, wsOptions = {}) => {
      const [client, opened] = await Promise.all([raw.websocket(query, wsOptions), session()]);
      onTestFinished(() => client.terminate());
      return { client, session: opened };
    },
    tcp: async () => {
      const tcp = await RawTcp.open(port);
      onTestFinished(() => tcp.destroy());
      return tcp;
    },
  };
}

/** An upgrade request in full, for RawTcp. */
export function upgradeRequest(target: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({
    Host: "127.0.0.1",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return `GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}
