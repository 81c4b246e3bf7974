// SharedSession: what a Manager with the option `shared` holds in the place of a Session. The session itself is in a SharedWorker; this
// speaks with it over a port, and gives way to a session of the tab's own where there is no worker. Called by the Manager.
import type { CloseReason, RawData } from "@everwire/protocol";
import { listenToPage, listenToWake } from "#platform";
import { Emitter } from "../emitter.js";
import { Session } from "../engine/session.js";
import type { SendOptions, SessionEvents, SessionHandler } from "../engine/session-events.js";
import type { CloseDetails } from "../engine/transports/transport.js";
import { TransportError } from "../errors.js";
import type { ManagerOptions } from "../options.js";
import { trace } from "../trace.js";
import { WORKER_NAME, type TabMessage, type WorkerMessage } from "./port-messages.js";

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
  /** The worker sees to its own waits. */
  readonly lateMs = 0;
  /** Ends it for good: the next session of this tab takes over. */
  readonly leave: () => void;
  readonly #post: (message: TabMessage) => void;

  /** Throws where there are no shared workers, or not for this address, and for options that can't leave the tab. */
  constructor(manager: SharedHost) {
    super();
    const { uri, opts } = manager;
    const file = new URL(
      String(opts.path).replace(/\/?$/, "/everwire.shared.min.js"),
      uri?.replace(/^ws/, "http") ?? location.href,
    );
    const worker = new SharedWorker(opts.shared === true ? file : (opts.shared as string), WORKER_NAME);
    const { port } = worker;
    const post = (this.#post = (message: TabMessage) => port.postMessage(message));
    // A function that gives the credentials is asked in the tab.
    post(["open", uri, { ...opts, auth: {} } as Partial<ManagerOptions>]);
    (manager.engine as unknown as Partial<SharedSession> | undefined)?.leave?.();

    let release: (() => void) | undefined;
    const bye = (): void => {
      post(["bye"]);
      port.close();
      release?.();
    };
    const fallBack = (why: unknown): void => {
      if (this.readyState !== "opening") return;
      this.leave();
      manager.engine = openOwn(manager, why);
      manager.engine.handler = this.handler;
    };
    const onTold = ([name, view, what, more]: WorkerMessage): void => {
      const { handler } = this;
      Object.assign(this, view);
      switch (name) {
        case "message":
          handler?.onMessage(what);
          break;
        case "ask":
          post(["ack"]);
          break;
        case "open":
          handler?.onOpen();
          break;
        case "ping":
          handler?.onPing?.();
          break;
        case "suspend":
          handler?.onSuspend?.(what, more);
          break;
        case "resume":
          handler?.onResume?.(what);
          break;
        case "error":
          handler?.onError(new TransportError(what, more));
          break;
        case "close":
          handler?.onClose(what, more);
          break;
        case "wake":
          manager.hurry();
          break;
        case "refuse":
          fallBack(what);
      }
      this.emitReserved(name as "close", what as CloseReason, more as CloseDetails);
    };
    const onLost = (): void => onTold(["close", { readyState: "closed" }, "transport close", undefined]);

    worker.onerror = fallBack;
    port.onmessage = ({ data }: MessageEvent<WorkerMessage>) => onTold(data);
    // Where browsers tell of it: the worker has crashed.
    (port as { onclose?: () => void }).onclose = onLost;
    const unlisten = [
      listenToPage("pagehide", (event) => {
        bye();
        // Put away, and perhaps shown again, with a port that leads nowhere.
        if ((event as PageTransitionEvent).persisted) onLost();
      }),
      listenToWake(() => {
        post(["wake"]);
        manager.hurry();
      }),
    ];
    this.leave = () => {
      unlisten.forEach((stop) => stop());
      bye();
    };
    // The worker waits for the lock, and so learns that the tab is gone however it went.
    const lock = WORKER_NAME + String(Math.random());
    (navigator as { locks?: LockManager }).locks
      ?.request(lock, () => {
        post(["lock", lock]);
        return new Promise<void>((resolve) => (release = resolve));
      })
      .catch(() => 0);
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
    this.#post(["close"]);
    this.readyState = "closed";
    return this;
  }
}
