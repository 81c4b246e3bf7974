// PageWatch: what happens to the page around a session: the network goes, the page is left, shown again, or comes back from the
// back-forward cache. Nothing of it happens on Node. Called by the session.
import { listenToPage, listenToWake } from "#platform";
import type { ResolvedOptions } from "./options.js";

/** What it needs of its session. */
export interface PageHandler {
  onOffline(): void;
  /** The page is on its way out and should not react to it. */
  onLeave(): void;
  /** The page is put away and may be shown again. */
  onHide(): void;
  onWake(): void;
}

export class PageWatch {
  readonly #handler: PageHandler;
  readonly #unlisten: (() => void)[] = [];

  constructor({ hostname, closeOnBeforeunload }: ResolvedOptions, handler: PageHandler) {
    const onLeave = (): void => handler.onLeave();
    this.#handler = handler;
    // The host itself needs no network.
    if (hostname !== "localhost") this.#listen("offline", () => handler.onOffline());
    if (closeOnBeforeunload) this.#listen("beforeunload", onLeave);
    // A page that is kept gives up its connection by itself: the browser would do it without a word to the page, and with one to
    // the server that says that nobody is left (1001).
    this.#listen("pagehide", (event) => {
      if ((event as PageTransitionEvent).persisted) handler.onHide();
      else onLeave();
    });
  }

  /** A session that can be resumed has something to do when the page is back. */
  watchResumable(): void {
    this.#unlisten.push(listenToWake(() => this.#handler.onWake()));
  }

  stop(): void {
    this.#unlisten.forEach((unlisten) => unlisten());
  }

  #listen(event: "offline" | "beforeunload" | "pagehide", listener: (event: Event) => void): void {
    this.#unlisten.push(listenToPage(event, listener));
  }
}
