// WebTransport in the tests of Node: the class that our clients find there, and a raw client that speaks frames by hand.
import { WebTransport } from "@fails-components/webtransport";
import { type RawBidirectionalStream, type RawMessage, RawPacketStream, until, within } from "@everwire/testkit";
import { onTestFinished } from "vitest";
import {
  CLIENT_OPTIONS,
  startWebTransport,
  type SessionTaker,
  type WebTransportServer,
} from "./webtransport-server.js";

/** Serves sessions under `path`, until the test ends. */
export async function serveWebTransport(engine: SessionTaker, path: string): Promise<WebTransportServer> {
  const server = await startWebTransport(engine, path);
  onTestFinished(() => server.close());
  return server;
}

/**
 * Puts the class there, for clients in Node, until the function that it gives is called. Over QUIC a server has one port number for all
 * its transports; over HTTP/2 sessions have a port of their own, which `portOf` finds.
 */
export function installWebTransport(portOf: (port: string) => number | undefined = () => undefined): () => void {
  const scope = globalThis as { WebTransport?: unknown };
  scope.WebTransport = class extends WebTransport {
    constructor(uri: string, options?: object) {
      const url = new URL(uri);
      url.port = String(portOf(url.port) ?? url.port);
      super(url.href, options);
    }
  };
  return () => {
    delete scope.WebTransport;
  };
}

export interface LibraryClient {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<RawBidirectionalStream>;
  readonly datagrams: { createWritable(): WritableStream<Uint8Array> };
  createBidirectionalStream(): Promise<RawBidirectionalStream>;
  createUnidirectionalStream(): Promise<WritableStream<Uint8Array>>;
  close(info?: { closeCode: number; reason: string }): void;
}

/** A client that speaks frames by hand. */
export class RawWebTransport {
  readonly session: LibraryClient;
  isClosed = false;
  #stream: RawPacketStream | undefined;

  private constructor(session: LibraryClient) {
    this.session = session;
    const onClosed = (): void => {
      this.isClosed = true;
    };
    session.closed.then(onClosed, onClosed);
  }

  /** Opens a session, without a stream. */
  static async connect(url: string): Promise<RawWebTransport> {
    const session = openSession(url);
    onTestFinished(() => session.close());
    await within(session.ready, "a ready session");
    return new RawWebTransport(session);
  }

  /** Opens the stream; `first` is written to it as it is. */
  async open(...first: Uint8Array[]): Promise<this> {
    this.#stream = new RawPacketStream(await this.session.createBidirectionalStream());
    for (const bytes of first) await this.#stream.write(bytes);
    return this;
  }

  get stream(): RawPacketStream {
    if (this.#stream === undefined) throw new Error("failed to use the stream: it was not opened");
    return this.#stream;
  }

  /** The next frame that is no ping. */
  next(): Promise<RawMessage> {
    return this.stream.next();
  }

  send(...messages: RawMessage[]): Promise<void> {
    return this.stream.send(...messages);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.stream.write(bytes);
  }

  /** The server has closed the session. */
  async ended(): Promise<void> {
    await until(() => this.isClosed, "the end of the session");
  }
}

/** Opens a session as a client in Node does. */
export function openSession(url: string): LibraryClient {
  return new WebTransport(url, CLIENT_OPTIONS);
}
