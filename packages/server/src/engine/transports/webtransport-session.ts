// What the engine uses of a WebTransport session (W3C "WebTransport"), by shape, so that sessions of any library will do; and the two
// things that each session owes the process: to end without a throw, and to keep nothing that nobody reads. Used by the transport and by
// webtransport-handshake.ts.

/** A source of streams or datagrams: a `ReadableStream`. */
export interface StreamSource<T> {
  getReader(): { read(): Promise<{ done: boolean; value?: T | undefined }> };
}

/** A `ReadableStream` of bytes. */
export interface ByteSource extends StreamSource<Uint8Array> {
  cancel(reason?: unknown): Promise<unknown>;
}

/** A `WritableStream` of bytes. */
export interface ByteSink {
  getWriter(): { write(chunk: Uint8Array): Promise<unknown>; close(): Promise<unknown> };
  abort(reason?: unknown): Promise<unknown>;
}

/** A `WebTransportBidirectionalStream`. */
export interface BidirectionalStream {
  readonly readable: ByteSource;
  readonly writable: ByteSink;
}

/** A session that a client has opened, as `@fails-components/webtransport` and its like hand it over. */
export interface WebTransportSession {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: StreamSource<BidirectionalStream>;
  readonly incomingUnidirectionalStreams?: StreamSource<ByteSource>;
  readonly datagrams?: { readonly readable: StreamSource<unknown> };
  /** Headers of the request that opened the session, by lower-case name, where the library tells them. */
  readonly header?: object | null | undefined;
  close(info?: { closeCode: number; reason: string }): void;
}

/** How a session is closed that the client is not to take for the end of what it carried. */
export const BROKEN = { closeCode: 1, reason: "" };

/**
 * Whether somebody has closed the session, and nothing has broken it: what `closed` resolves with says so (W3C WebTransport,
 * "WebTransportCloseInfo"). A connection that is lost should reject it; there are libraries that resolve it with a code.
 */
export function isCleanEnd(info: unknown): boolean {
  const { closeCode = 0 } = Object(info) as { closeCode?: unknown };
  return closeCode === 0;
}

/** Sessions that were told to close. Some libraries break when they are told twice. */
const closing = new WeakSet<WebTransportSession>();

/** Ends the session, as soon as it is there to be ended. */
export function closeSession(session: WebTransportSession, info?: typeof BROKEN): void {
  if (closing.has(session)) return;
  closing.add(session);
  const close = (): void => {
    try {
      session.close(info);
    } catch {
      // The client was faster.
    }
  };
  session.ready.then(close, ignore);
}

/**
 * Reads what is not used, and drops it: datagrams and one-way streams. Libraries queue them without a limit until somebody reads.
 * Ends with the session.
 */
export function drainUnused({ incomingUnidirectionalStreams, datagrams }: WebTransportSession): void {
  if (incomingUnidirectionalStreams !== undefined) void drain(incomingUnidirectionalStreams, dropSource);
  if (datagrams !== undefined) void drain(datagrams.readable, () => undefined);
}

/** Turns away what comes from this source, until it ends. */
export async function drain<T>(source: StreamSource<T>, drop: (value: T) => void): Promise<void> {
  try {
    const reader = source.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value !== undefined) drop(value);
    }
  } catch {
    // The session is gone, or somebody else reads this source.
  }
}

/** Turns away a stream that is not needed. */
export function dropStream({ readable, writable }: BidirectionalStream): void {
  dropSource(readable);
  writable.abort().catch(ignore);
}

function dropSource(source: ByteSource): void {
  source.cancel().catch(ignore);
}

/** For promises of a session whose end is told elsewhere. */
export function ignore(): void {
  // Nothing to do.
}
