// Clients of Socket.IO 1, 2 and 3, npm packages as black boxes, behind one port: their API is older than what js-client.ts knows
// (refusals are `error` events, no `auth`, no `timeout`). Everything that arrives goes to a journal, which the cases read.
import { Journal } from "./journal.js";
import { TRANSPORTS } from "./js-client.js";
import type { Listener } from "./js-modules.js";
import type { Mode } from "./ports.js";

interface OldEmitter {
  on(event: string, listener: Listener): unknown;
  once(event: string, listener: Listener): unknown;
}

export interface OldSocket extends OldEmitter {
  readonly id: string | undefined;
  readonly connected: boolean;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

interface OldManager extends OldEmitter {
  readonly engine: OldEmitter & { readonly id: string; readonly transport: { readonly name: string } };
  socket(namespace: string, options?: Record<string, unknown>): OldSocket;
  reconnection(value: boolean): unknown;
}

export interface OldModule {
  Manager: new (uri: string, options: Record<string, unknown>) => OldManager;
}

export interface OldClient {
  readonly name: string;
  readonly module: OldModule;
  /** Revision of the Engine.IO protocol that it speaks. */
  readonly protocol: 3 | 4;
  readonly major: 1 | 2 | 3;
}

export interface OldLinkOptions {
  mode: Mode;
  namespaces?: string[];
  /** Query of the connection. */
  query?: Record<string, string>;
  /** What the client says of itself to each namespace: a query before version 3, `auth` from there on. */
  credentials?: Record<string, string>;
  reconnection?: boolean;
  extra?: Record<string, unknown>;
}

const EVENTS = ["echo", "seq", "told", "values"];

interface Entry {
  kind: "connect" | "refused" | "disconnect" | "event" | "beat";
  namespace: string;
  event?: string;
  args: unknown[];
}

export class OldLink {
  readonly #journal = new Journal<Entry>();
  readonly #sockets = new Map<string, OldSocket>();
  readonly #manager: OldManager;
  readonly #mode: Mode;

  constructor(client: OldClient, url: string, options: OldLinkOptions) {
    this.#mode = options.mode;
    this.#manager = new client.module.Manager(url, {
      transports: TRANSPORTS[options.mode],
      reconnection: options.reconnection ?? false,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      ...(options.query && { query: options.query }),
      ...options.extra,
    });
    for (const namespace of options.namespaces ?? ["/"]) {
      const { credentials } = options;
      const asQuery = { query: new URLSearchParams(credentials).toString() };
      const socket = this.#manager.socket(
        namespace,
        credentials === undefined ? {} : client.protocol === 3 ? asQuery : { auth: credentials },
      );
      this.#sockets.set(namespace, socket);
      this.#listen(namespace, socket, client);
    }
  }

  #listen(namespace: string, socket: OldSocket, client: OldClient): void {
    const note =
      (kind: Entry["kind"], event?: string): Listener =>
      (...args) => {
        this.#journal.push({ kind, namespace, args, ...(event === undefined ? {} : { event }) });
      };
    socket.on("connect", note("connect"));
    socket.on("disconnect", note("disconnect"));
    socket.on(client.protocol === 3 ? "error" : "connect_error", note("refused"));
    // The client's own ping was answered, or the server's came.
    if (client.protocol === 3) socket.on("pong", note("beat"));
    else
      socket.once("connect", () => {
        this.#manager.engine.on("packet", (packet) => {
          if ((packet as { type: string }).type === "ping") note("beat")();
        });
      });
    for (const event of EVENTS) socket.on(event, note("event", event));
    socket.on("question", (...args) => {
      (args.pop() as Listener)(...args);
    });
    socket.on("unanswered", () => undefined);
  }

  async #take(kind: Entry["kind"], namespace: string, event?: string): Promise<unknown[]> {
    const what = `${event ?? kind} of ${namespace}`;
    const matches = (entry: Entry): boolean =>
      entry.kind === kind && entry.namespace === namespace && entry.event === event;
    return (await this.#journal.take(what, matches)).args;
  }

  /** Resolves with the id that the client has for the socket. */
  async connected(namespace = "/"): Promise<string> {
    await this.#take("connect", namespace);
    return this.js(namespace).id ?? "";
  }

  /** What the client is told of a refusal. */
  async refused(namespace = "/"): Promise<unknown> {
    return (await this.#take("refused", namespace))[0];
  }

  async disconnected(namespace = "/"): Promise<unknown> {
    return (await this.#take("disconnect", namespace))[0];
  }

  /** One round of the heartbeat. */
  async beat(): Promise<void> {
    await this.#take("beat", "/");
  }

  next(event: string, namespace = "/"): Promise<unknown[]> {
    return this.#take("event", namespace, event);
  }

  waiting(event: string): unknown[][] {
    return this.#journal.pending((entry) => entry.event === event).map(({ args }) => args);
  }

  emit(event: string, args: unknown[], namespace = "/"): void {
    this.js(namespace).emit(event, ...args);
  }

  call(event: string, args: unknown[] = [], namespace = "/"): Promise<unknown[]> {
    const answers = new Journal<unknown[]>();
    this.js(namespace).emit(event, ...args, (...answer: unknown[]) => {
      answers.push(answer);
    });
    return answers.take(`the ack of ${event}`, () => true);
  }

  get sessionId(): string {
    return this.#manager.engine.id;
  }

  async settled(): Promise<string> {
    const { engine } = this.#manager;
    if (this.#mode === "upgrade" && engine.transport.name !== "websocket") {
      const upgraded = new Journal<true>();
      engine.once("upgrade", () => {
        upgraded.push(true);
      });
      await upgraded.take("the upgrade", () => true);
    }
    return engine.transport.name;
  }

  close(): void {
    this.#manager.reconnection(false);
    for (const socket of this.#sockets.values()) socket.disconnect();
  }

  js(namespace = "/"): OldSocket {
    const socket = this.#sockets.get(namespace);
    if (!socket) throw new Error(`failed to use namespace ${namespace}: the case did not open it`);
    return socket;
  }
}
