// PageWatch: what happens to the page around a session: the network goes, the page is left, shown again, or comes back from the
// back-forward cache. Nothing of it happens on Node. Called by the session.
import { listenToPage, listenToWake } from "#platform";
import type { ResolvedOptions } from "./options.js";

/** What it needs of its session. */
export interface PageHandler {
  onOffline(): void;
  /** The page is on its way out and should not react to it. */
  onLeave(): void;
  onWake(): void;
}

export class PageWatch {
  readonly #handler: PageHandler;
  readonly #unlisten: (() => void)[] = [];

  constructor({ hostname, closeOnBeforeunload }: ResolvedOptions, handler: PageHandler) {
    this.#handler = handler;
    // The host itself needs no network.
    if (hostname !== "localhost") this.#unlisten.push(listenToPage("offline", () => handler.onOffline()));
    if (closeOnBeforeunload) this.#unlisten.push(listenToPage("beforeunload", () => handler.onLeave()));
  }

  /** The server would wait for a session that can be resumed. A page that is kept may well come back to it. */
  watchResumable(): void {
    const onHide = (event: Event): void => {
      if (!(event as PageTransitionEvent).persisted) this.#handler.onLeave();
    };
    this.#unlisten.push(
      listenToPage("pagehide", onHide),
      listenToWake(() => this.#handler.onWake()),
    );
  }

  stop(): void {
    this.#unlisten.forEach((unlisten) => unlisten());
  }
}
