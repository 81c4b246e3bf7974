// SharedSocket: one socket for all components that ask for the same address with equal options. It is made while a component renders,
// which opens nothing and binds nothing to it; it opens with its first user and closes after its last one. Called by use-socket.ts.
import { io, type IoOptions, type Socket } from "@everwire/client";
import { isEqual } from "./equal-options.js";

/**
 * Those that somebody may still ask for. Weak: a render that React throws away, or one on a server, leaves nothing behind.
 * A component holds its own in its state.
 */
const known = new Set<WeakRef<SharedSocket>>();

/** Sockets that open as soon as a component that uses them is mounted. */
const awaited = new WeakSet<Socket>();

export const isAwaited = (socket: Socket): boolean => awaited.has(socket);

/** A server renders for many people, and keeps nothing for the next one. */
const isPage = typeof window !== "undefined";

function* alive(): Generator<SharedSocket> {
  for (const reference of known) {
    const shared = reference.deref();
    if (shared) yield shared;
    else known.delete(reference);
  }
}

export class SharedSocket {
  readonly socket: Socket;
  readonly #url: string;
  readonly #options: IoOptions;
  #users = 0;
  #closing: ReturnType<typeof setTimeout> | undefined;

  private constructor(url: string, options: IoOptions) {
    this.#url = url;
    this.#options = options;
    // A manager of our own: the one that io() keeps for the page has the options of whoever called first.
    const own = io(url, { ...options, forceNew: true, autoConnect: false });
    this.socket = this.#sibling(own)?.io.socket(own.nsp, options) ?? own;
    this.#await();
  }

  /** The one that is in use for this address and these options, or a new one. */
  static find(url: string, options: IoOptions = {}): SharedSocket {
    const isOwn = !isPage || options.forceNew || options.multiplex === false;
    if (!isOwn)
      for (const shared of alive()) if (shared.#url === url && isEqual(shared.#options, options)) return shared;
    const shared = new SharedSocket(url, { ...options });
    if (!isOwn) known.add(new WeakRef(shared));
    return shared;
  }

  /**
   * Whether it still is what the component asks for. A function for `auth` that is written in the component is another one at each
   * render: it stands for the same, and the newest is asked.
   */
  isFor(url: string, options: IoOptions = {}): boolean {
    const { auth } = this.#options;
    const isSameAuth = typeof auth === "function" && typeof options.auth === "function";
    return url === this.#url && isEqual(this.#options, isSameAuth ? { ...options, auth } : options);
  }

  /** A component that uses it is mounted: opens it, if it is the first. The function that is returned says that it has gone. */
  use(): () => void {
    this.#users += 1;
    if (this.#closing !== undefined) {
      clearTimeout(this.#closing);
      this.#closing = undefined;
    } else if (this.#users === 1 && awaited.delete(this.socket)) this.socket.connect();
    return () => {
      this.#users -= 1;
      // Not at once: strict mode, hot reload and a changed key unmount and mount again in one commit.
      if (this.#users === 0) this.#closing = setTimeout(() => this.#close(), 0);
    };
  }

  #close(): void {
    this.#closing = undefined;
    this.socket.disconnect();
    this.#await();
  }

  #await(): void {
    if (this.#options.autoConnect !== false) awaited.add(this.socket);
  }

  /** A socket of another namespace of the same server: both go over one connection. */
  #sibling(own: Socket): Socket | undefined {
    if (!isPage || this.#options.forceNew || this.#options.multiplex === false) return undefined;
    for (const shared of alive()) {
      const { socket } = shared;
      const isSameServer = socket.io.uri === own.io.uri && socket.nsp !== own.nsp;
      if (isSameServer && isEqual(shared.#options, this.#options)) return socket;
    }
    return undefined;
  }
}
