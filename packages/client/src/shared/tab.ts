// SharedSession: what a Manager with the option `shared` holds in the place of a Session. The session itself is in a SharedWorker; this
// speaks with it over a port, and gives way to a session of the tab's own where there is no worker. Called by the Manager.
import type { CloseReason, RawData } from "@everwire/protocol";
import { listenToPage, listenToWake } from "#platform";
import { Emitter } from "../emitter.js";
import { Session } from "../engine/session.js";
import type { ResumeSummary, SendOptions, SessionEvents, SessionHandler } from "../engine/session-events.js";
import { TransportError } from "../errors.js";
import type { ManagerOptions } from "../options.js";
import { trace } from "../trace.js";
import { WORKER_NAME, type PlainDetails, type TabMessage, type WorkerMessage } from "./port-messages.js";

/** What it needs of its Manager. */
export interface SharedHost {
  readonly uri: string | undefined;
  readonly opts: Partial<ManagerOptions>;
  engine: Session | undefined;
  /** Reconnect at once, if that is what it waits for. */
  hurry(): void;
}

type NoEvents = { [Event in never]: never };

/** The shared session, or one of the tab's own if it can't be shared: `opts.shared` is false then. */
export function openShared(manager: SharedHost): Session {
  try {
    return new SharedSession(manager) as unknown as Session;
  } catch (error) {
    return openOwn(manager, error);
  }
}

function openOwn({ uri, opts }: SharedHost, why: unknown): Session {
  trace?.("shared", "has to be a connection of this tab alone", why);
  opts.shared = false;
  return new Session(uri, opts);
}

class SharedSession extends Emitter<NoEvents, NoEvents, SessionEvents> {
  id: string | undefined;
  readyState: Session["readyState"] = "opening";
  transport = { name: "" };
  handler: SessionHandler | undefined;
  /** What is sent waits in the worker. */
  readonly writeBuffer: never[] = [];
  readonly #port: MessagePort;
  readonly #host: SharedHost;
  readonly #unlisten: (() => void)[];
  #release: (() => void) | undefined;

  /** Throws where there are no shared workers, or not for this address, and for options that can't leave the tab. */
  constructor(manager: SharedHost) {
    super();
    this.#host = manager;
    const { uri, opts } = manager;
    const { shared } = opts;
    const file = new URL(`${opts.path ?? ""}/everwire.shared.min.js`, uri?.replace(/^ws/, "http") ?? location.href);
    const worker = new SharedWorker(shared === true ? file : (shared as string), WORKER_NAME);
    const port = (this.#port = worker.port);
    worker.onerror = (event) => this.#fallBack(event);
    port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => this.#onTold(data);
    // Where browsers tell of it: the worker has crashed.
    (port as { onclose?: () => void }).onclose = () => this.#onLost("worker gone");
    // A function that gives the credentials is asked in the tab.
    this.#post(["open", uri, { ...opts, auth: {} } as Partial<ManagerOptions>]);
    (manager.engine as unknown as Partial<SharedSession> | undefined)?.leave?.();
    this.#unlisten = [
      listenToPage("pagehide", (event) => {
        this.#bye();
        // Put away, and perhaps shown again, with a port that leads nowhere.
        if ((event as PageTransitionEvent).persisted) this.#onLost("page frozen");
      }),
      listenToWake(() => {
        this.#post(["wake"]);
        manager.hurry();
      }),
    ];
    this.#hold();
  }

  get writable(): boolean {
    return this.readyState === "open";
  }

  /** The worker looks after that. */
  isStale(): boolean {
    return false;
  }

  send(data: RawData, options?: SendOptions): this {
    // A view would take all that it is a view of with it.
    const chunk = ArrayBuffer.isView(data)
      ? (data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer)
      : data;
    this.#post(["send", chunk, options]);
    return this;
  }

  close(): this {
    if (this.readyState !== "closed") this.#post(["close"]);
    this.readyState = "closed";
    return this;
  }

  /** The next session of this tab takes over. */
  leave(): void {
    this.#unlisten.forEach((stop) => stop());
    this.#bye();
  }

  #post(message: TabMessage): void {
    this.#port.postMessage(message);
  }

  /** The worker waits for the lock, and so learns that the tab is gone however it went. */
  #hold(): void {
    const name = `everwire ${String(Math.random())}`;
    void (navigator as { locks?: LockManager }).locks
      ?.request(name, () => {
        this.#post(["lock", name]);
        return new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      })
      .catch(() => 0);
  }

  #bye(): void {
    this.#post(["bye"]);
    this.#port.close();
    this.#release?.();
  }

  #onLost(description: string): void {
    this.#onTold(["close", { readyState: "closed" }, "transport close", { description }]);
  }

  #onTold([name, view, ...args]: WorkerMessage): void {
    Object.assign(this, view);
    const { handler } = this;
    const [first, more] = args as unknown[];
    let what = first;
    switch (name) {
      case "message":
        handler?.onMessage(what as RawData);
        break;
      case "ask":
        this.#post(["ack"]);
        break;
      case "open":
        handler?.onOpen();
        break;
      case "ping":
        handler?.onPing?.();
        break;
      case "suspend":
        handler?.onSuspend?.(what as CloseReason, more as PlainDetails);
        break;
      case "resume":
        handler?.onResume?.(what as ResumeSummary);
        break;
      case "error":
        what = new TransportError(what as string, more);
        handler?.onError(what as TransportError);
        break;
      case "close":
        handler?.onClose(what as CloseReason, more as PlainDetails);
        break;
      case "wake":
        this.#host.hurry();
        break;
      case "refuse":
        this.#fallBack(what);
    }
    this.emitReserved(name as "close", what as CloseReason, more as PlainDetails);
  }

  /** There is no such worker, or it does not share this. */
  #fallBack(why: unknown): void {
    if (this.readyState !== "opening") return;
    this.leave();
    const session = openOwn(this.#host, why);
    session.handler = this.handler;
    this.#host.engine = session;
  }
}
