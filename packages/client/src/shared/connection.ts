// SharedConnection: one session with the server, which tabs share, and the namespaces that are open on it. Packets pass with their JSON
// unread. Held by the pool, which decides which tab is on which.
import { PacketType, type CloseReason, type RawData } from "@everwire/protocol";
import { Session } from "../engine/session.js";
import type { ResumeSummary, SendOptions } from "../engine/session-events.js";
import { sizeOf } from "../engine/send-buffer.js";
import type { SessionOptions } from "../engine/options.js";
import { chunksOf, FrameReader, type Frame } from "./frame.js";
import type { Line } from "./line.js";
import { SharedNamespace, type Recovery } from "./namespace.js";
import type { PlainDetails, SessionView } from "./port-messages.js";
import type { RecoveryTokens } from "./recovery-tokens.js";

/** The pool. */
export interface ConnectionHandler {
  onOpen(): void;
  onPing(): void;
  onUpgrade(): void;
  onSuspend(reason: CloseReason, details: PlainDetails | undefined): void;
  onResume(summary: ResumeSummary): void;
  /** A close follows, unless there was no transport to begin with. */
  onError(message: string, description: unknown): void;
  onClose(reason: CloseReason, details: PlainDetails | undefined): void;
}

export class SharedConnection {
  readonly namespaces = new Map<string, SharedNamespace>();
  readonly #session: Session;
  readonly #tokens: RecoveryTokens;
  readonly #reader = new FrameReader();
  #drawnIds = 0;

  constructor(uri: string | undefined, options: SessionOptions, tokens: RecoveryTokens, handler: ConnectionHandler) {
    this.#tokens = tokens;
    this.#session = new Session(uri, options);
    this.#session.handler = {
      onOpen: () => handler.onOpen(),
      onMessage: (data) => this.#onMessage(data, handler),
      onPing: () => handler.onPing(),
      onSuspend: (reason, details) => handler.onSuspend(reason, plain(details)),
      onResume: (summary) => handler.onResume(summary),
      onError: (error) => handler.onError(error.message, plain(error)?.description),
      onClose: (reason, details) => handler.onClose(reason, plain(details)),
    };
    this.#session.on("upgrade", () => handler.onUpgrade());
  }

  get readyState(): Session["readyState"] {
    return this.#session.readyState;
  }

  /** What tabs see of it. */
  get view(): SessionView {
    const { id, transport } = this.#session;
    return { readyState: "open", id, transport: { name: transport.name } };
  }

  /** What a tab is, to the server, in the namespaces that it has here. */
  identitiesOf(line: Line): [namespace: string, identity: string][] {
    return [...this.namespaces.values()]
      .filter(({ members }) => members.has(line))
      .map(({ name, identity }) => [name, identity]);
  }

  /** Nobody here is somebody else in one of the namespaces. */
  accepts(identities: readonly (readonly [namespace: string, identity: string])[]): boolean {
    return identities.every(([name, identity]) => (this.namespaces.get(name)?.identity ?? identity) === identity);
  }

  join(line: Line, name: string, identity: string, token: string | undefined, recovery: Recovery | undefined): void {
    let namespace = this.namespaces.get(name);
    if (!namespace) {
      namespace = new SharedNamespace(name, identity, recovery, this.#tokens);
      this.namespaces.set(name, namespace);
      this.#send(namespace.request);
    }
    namespace.join(line, token);
  }

  /** The server hears of it when the last tab goes; while it has not answered yet, with its answer. */
  leave(line: Line, namespace: SharedNamespace): void {
    namespace.leave(line);
    if (!namespace.members.size && namespace.isConnected) this.#part(namespace);
  }

  /** Sends a tab's event or answer. False when it does not fit into the buffer. */
  pass(line: Line, namespace: SharedNamespace, frame: Frame, options: SendOptions | undefined): boolean {
    const session = this.#session;
    if (options?.volatile && !session.writable) return true;
    const waiting = session.bufferedBytes;
    const bytes = chunksOf(frame).reduce<number>((sum, chunk) => sum + sizeOf(chunk), 0);
    if (waiting && waiting + bytes > session.opts.maxBufferedBytes) return false;
    const outgoing = namespace.outgoing(line, frame, () => this.#drawnIds++);
    if (outgoing) this.#send(outgoing, options);
    return true;
  }

  close(): void {
    this.#session.handler = undefined;
    this.#session.close();
  }

  #part(namespace: SharedNamespace): void {
    this.namespaces.delete(namespace.name);
    this.#send({ type: PacketType.DISCONNECT, namespace: namespace.name, id: undefined, json: "", attachments: [] });
  }

  #send(frame: Frame, options?: SendOptions): void {
    chunksOf(frame).forEach((chunk) => this.#session.send(chunk, options));
  }

  #onMessage(data: RawData, handler: ConnectionHandler): void {
    let frame: Frame | undefined;
    try {
      frame = this.#reader.read(data);
    } catch (error) {
      this.close();
      handler.onClose("parse error", plain(error as Error));
      return;
    }
    const namespace = this.namespaces.get(frame?.namespace ?? "");
    if (!frame || !namespace) return;
    // Left while the server thought about it: it has to be told now.
    if (frame.type === PacketType.CONNECT && !namespace.members.size) this.#part(namespace);
    else if (!namespace.onFrame(frame)) this.namespaces.delete(frame.namespace);
  }
}

/** Of an error or details what another thread can have. */
function plain(details: { description?: unknown } | Error | undefined): PlainDetails | undefined {
  if (!details) return undefined;
  const { description, message, code } = details as { description?: unknown; message?: string; code?: string };
  // The error or event of the environment, an HTTP status, a sentence.
  const inner = Object(description) as { message?: string; type?: string };
  const text =
    typeof description === "string" || typeof description === "number"
      ? String(description)
      : (inner.message ?? inner.type ?? message ?? "");
  return { description: text, ...(code === undefined ? {} : { code }) };
}
