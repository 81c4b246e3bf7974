// A JavaScript client, stock or ours, behind the port of a pairing. Listeners for every event that the cases use are set before the
// connection opens, so that nothing is missed; the cases take what arrived from a journal.
import { Journal, PATIENCE_MS } from "./journal.js";
import type { Ack, ClientModule, JsClientSocket, JsManager } from "./js-modules.js";
import type { ClientPort, Link, LinkOptions, Mode, Refusal } from "./ports.js";

/** Events that the cases let the server emit. */
const EVENTS = ["echo", "seq", "told", "values", "late", "message", "naïve ☃ event", "a,b", "1-[", "constructor"];

type Entry =
  | { kind: "connect"; namespace: string; id: string }
  | { kind: "refused"; namespace: string; refusal: Refusal }
  | { kind: "disconnect"; namespace: string; reason: string }
  | { kind: "event"; namespace: string; event: string; args: unknown[] };

export const TRANSPORTS: Record<Mode, string[]> = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

export function jsClient(name: string, module: ClientModule): ClientPort {
  return {
    name,
    has: new Set(["client api"]),
    burst: Infinity,
    open: (url, options) => Promise.resolve(new JsLink(module, url, options)),
    stop: () => Promise.resolve(),
  };
}

class JsLink implements Link {
  readonly #journal = new Journal<Entry>();
  readonly #sockets = new Map<string, JsClientSocket>();
  readonly #manager: JsManager;
  readonly #mode: Mode;

  constructor(module: ClientModule, url: string, options: LinkOptions) {
    this.#mode = options.mode;
    this.#manager = new module.Manager(url, {
      transports: TRANSPORTS[options.mode],
      reconnection: options.reconnection ?? false,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      ...(options.query && { query: options.query }),
      ...(options.headers && { extraHeaders: options.headers }),
      ...options.extra,
    });
    for (const namespace of options.namespaces ?? ["/"]) {
      const socket = this.#manager.socket(namespace, {
        ...(options.auth && { auth: options.auth }),
        ...options.socketExtra,
      });
      this.#sockets.set(namespace, socket);
      this.#listen(namespace, socket);
    }
  }

  #listen(namespace: string, socket: JsClientSocket): void {
    socket.on("connect", () => {
      this.#journal.push({ kind: "connect", namespace, id: socket.id ?? "" });
    });
    socket.on("connect_error", (error) => {
      const { message, data } = error as Error & { data?: unknown };
      this.#journal.push({ kind: "refused", namespace, refusal: { message, data } });
    });
    socket.on("disconnect", (reason) => {
      this.#journal.push({ kind: "disconnect", namespace, reason: String(reason) });
    });
    for (const event of EVENTS) {
      socket.on(event, (...args) => {
        this.#journal.push({ kind: "event", namespace, event, args });
      });
    }
    socket.on("question", (...args) => {
      const ack = args.pop() as Ack;
      ack(...args);
    });
    socket.on("unanswered", () => undefined);
  }

  async connected(namespace = "/"): Promise<string> {
    const entry = await this.#journal.take(
      `connect of ${namespace}`,
      (entry) => entry.namespace === namespace && entry.kind === "connect",
    );
    return entry.kind === "connect" ? entry.id : "";
  }

  async refused(namespace = "/"): Promise<Refusal> {
    const entry = await this.#journal.take(
      `connect_error of ${namespace}`,
      (entry) => entry.namespace === namespace && entry.kind === "refused",
    );
    return entry.kind === "refused" ? entry.refusal : { message: "", data: undefined };
  }

  async disconnected(namespace = "/"): Promise<string> {
    const entry = await this.#journal.take(
      `disconnect of ${namespace}`,
      (entry) => entry.namespace === namespace && entry.kind === "disconnect",
    );
    return entry.kind === "disconnect" ? entry.reason : "";
  }

  emit(event: string, args: unknown[], namespace = "/"): Promise<void> {
    this.js(namespace).emit(event, ...args);
    return Promise.resolve();
  }

  call(
    event: string,
    args: unknown[] = [],
    options: { namespace?: string; timeoutMs?: number } = {},
  ): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      this.js(options.namespace)
        .timeout(options.timeoutMs ?? PATIENCE_MS)
        .emit(event, ...args, (error: Error | null, ...answers: unknown[]) => {
          if (error) reject(error);
          else resolve(answers);
        });
    });
  }

  async next(event: string, namespace = "/"): Promise<unknown[]> {
    const entry = await this.#journal.take(`event ${event}`, (entry) => isEvent(entry, event, namespace));
    return entry.kind === "event" ? entry.args : [];
  }

  waiting(event: string, namespace = "/"): unknown[][] {
    return this.#journal
      .pending((entry) => isEvent(entry, event, namespace))
      .map((entry) => (entry.kind === "event" ? entry.args : []));
  }

  async settled(): Promise<string> {
    const engine = this.#manager.engine;
    if (this.#mode === "upgrade" && engine.transport.name !== "websocket") {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`waited ${PATIENCE_MS} ms for the upgrade`));
        }, PATIENCE_MS);
        engine.once("upgrade", () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return engine.transport.name;
  }

  close(): Promise<void> {
    this.#manager.reconnection(false);
    for (const socket of this.#sockets.values()) socket.disconnect();
    return Promise.resolve();
  }

  js(namespace = "/"): JsClientSocket {
    const socket = this.#sockets.get(namespace);
    if (!socket) throw new Error(`failed to use namespace ${namespace}: the case did not open it`);
    return socket;
  }
}

function isEvent(entry: Entry, event: string, namespace: string): boolean {
  return entry.kind === "event" && entry.namespace === namespace && entry.event === event;
}
