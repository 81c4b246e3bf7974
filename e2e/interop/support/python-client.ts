// A python3-socketio client behind the port of a pairing: one child process serves all links of a test file.
import { Journal, PATIENCE_MS } from "./journal.js";
import { TRANSPORTS } from "./js-client.js";
import type { JsClientSocket } from "./js-modules.js";
import type { ClientPort, Link, LinkOptions, Refusal } from "./ports.js";
import { PythonProcess } from "./python-process.js";

/** python3-socketio drops a polling payload of more than 16 packets; heartbeats and acks need room too. */
export const PYTHON_BURST = 8;

interface Report {
  link: number;
  namespace: string;
  kind: "connect" | "refused" | "disconnect" | "event";
  id?: string;
  data?: unknown;
  event?: string;
  args?: unknown[];
}

export function pythonClient(): ClientPort {
  const journals = new Map<number, Journal<Report>>();
  let started: PythonProcess | undefined;
  let nextLink = 1;

  const start = (): PythonProcess =>
    new PythonProcess("client.py", [], (report) => {
      const entry = report as Report;
      journals.get(entry.link)?.push(entry);
    });

  return {
    name: "python3-socketio client",
    has: new Set(),
    burst: PYTHON_BURST,
    async open(url, options) {
      started ??= start();
      await started.ready();
      const link = new PythonLink(started, nextLink++, options);
      journals.set(link.number, link.journal);
      await link.open(url);
      return link;
    },
    async stop() {
      await started?.stop();
    },
  };
}

class PythonLink implements Link {
  readonly journal = new Journal<Report>();
  readonly number: number;
  readonly #python: PythonProcess;
  readonly #options: LinkOptions;
  #closed = false;

  constructor(python: PythonProcess, number: number, options: LinkOptions) {
    this.#python = python;
    this.number = number;
    this.#options = options;
  }

  async open(url: string): Promise<void> {
    const target = new URL(url);
    for (const [key, value] of Object.entries(this.#options.query ?? {})) target.searchParams.set(key, value);
    await this.#request("open", {
      url: target.href,
      transports: TRANSPORTS[this.#options.mode],
      namespaces: this.#options.namespaces ?? ["/"],
      auth: this.#options.auth ?? null,
      headers: this.#options.headers ?? {},
      reconnection: this.#options.reconnection ?? false,
    });
  }

  async connected(namespace = "/"): Promise<string> {
    const report = await this.#take("connect", namespace);
    return report.id ?? "";
  }

  async refused(namespace = "/"): Promise<Refusal> {
    const { data } = await this.#take("refused", namespace);
    if (typeof data === "object" && data !== null && "message" in data) {
      return { message: String(data.message), data: "data" in data ? data.data : undefined };
    }
    return { message: String(data), data: undefined };
  }

  async disconnected(namespace = "/"): Promise<undefined> {
    await this.#take("disconnect", namespace);
  }

  async emit(event: string, args: unknown[], namespace = "/"): Promise<void> {
    await this.#request("emit", { event, args, namespace });
  }

  async call(
    event: string,
    args: unknown[] = [],
    options: { namespace?: string; timeoutMs?: number } = {},
  ): Promise<unknown[]> {
    const { namespace = "/", timeoutMs = PATIENCE_MS } = options;
    return (await this.#request("call", { event, args, namespace, timeoutMs })) as unknown[];
  }

  async next(event: string, namespace = "/"): Promise<unknown[]> {
    const report = await this.journal.take(`event ${event}`, (entry) => isEvent(entry, event, namespace));
    return report.args ?? [];
  }

  waiting(event: string, namespace = "/"): unknown[][] {
    return this.journal.pending((entry) => isEvent(entry, event, namespace)).map((entry) => entry.args ?? []);
  }

  /** The Python client upgrades before `open` resolves. */
  async settled(): Promise<string> {
    return String(await this.#request("transport", {}));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#request("close", {});
  }

  js(): JsClientSocket {
    throw new Error('failed to use the Python client: the case must declare that it needs "client api"');
  }

  #request(command: string, more: Record<string, unknown>): Promise<unknown> {
    return this.#python.request({ do: command, link: this.number, ...more });
  }

  #take(kind: Report["kind"], namespace: string): Promise<Report> {
    return this.journal.take(
      `${kind} of ${namespace}`,
      (entry) => entry.kind === kind && entry.namespace === namespace,
    );
  }
}

function isEvent(entry: Report, event: string, namespace: string): boolean {
  return entry.kind === "event" && entry.event === event && entry.namespace === namespace;
}
