// A server of WebTransport sessions for tests, over HTTP/2: `@fails-components/webtransport` opens the same sessions there as over QUIC,
// which needs a native build. On a free port of 127.0.0.1; it hands its sessions to an engine. Without the test runner's names, so that
// both runners can use it.
import { createHash, X509Certificate } from "node:crypto";
import { Http2Server } from "@fails-components/webtransport";
import { selfSigned } from "@everwire/testkit";

/** An engine: ours, or the stock one. */
export interface SessionTaker {
  onWebTransportSession(session: never): unknown;
}

export interface WebTransportServer {
  readonly port: number;
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Every session that came, ended ones too. */
  readonly sessions: readonly { close(): void }[];
  close(): void;
}

/** The server's certificate, as clients may name it instead of trusting an authority (W3C WebTransport, "serverCertificateHashes"). */
export const CERTIFICATE_HASH = {
  algorithm: "sha-256",
  value: createHash("sha256").update(new X509Certificate(selfSigned().cert).raw).digest(),
};

/** The two sides can't tell each other over HTTP/2 how much they take at first, so both are told the same. */
export const WINDOWS = {
  initialSessionFlowControlWindow: 15 * 1024 * 1024,
  initialStreamFlowControlWindow: 6 * 1024 * 1024,
};

/** What a client in Node needs besides: no QUIC. */
export const CLIENT_OPTIONS = { forceReliable: true, serverCertificateHashes: [CERTIFICATE_HASH], ...WINDOWS };

/** Serves sessions under `path`. */
export async function startWebTransport(
  engine: SessionTaker,
  path: string,
  host = "127.0.0.1",
): Promise<WebTransportServer> {
  const { cert, key } = selfSigned();
  const server = new Http2Server({ port: 0, host, secret: "unused", cert, privKey: key, ...WINDOWS });
  server.startServer();
  await server.ready;
  const sessions: { close(): void }[] = [];
  const reader = (server.sessionStream(path) as ReadableStream).getReader();
  void (async () => {
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value: never };
      if (done) return;
      sessions.push(value);
      engine.onWebTransportSession(value);
    }
  })();
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `https://${host}:${port}`,
    sessions,
    // The sessions end with their engine, or with their client: the library breaks when a session is closed twice.
    close: () => server.stopServer(),
  };
}
