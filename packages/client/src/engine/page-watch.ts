// What happens to the page around a session: the network goes, the page is left, put away, shown again, or comes back from the
// back-forward cache. Nothing of it happens on Node. Called by the session.
import { listenToPage, listenToWake } from "#platform";
import type { ResolvedOptions } from "./options.js";

/** What it needs of its session. */
export interface PageHandler {
  onOffline(): void;
  /** The page is on its way out and should not react to it. */
  onLeave(): void;
  /**
   * The page is put away and may be shown again. It has to give up its connection by itself: the browser would do it without a word to
   * the page, and with one to the server that says that nobody is left (1001).
   */
  onHide(): void;
  /** The page is back, or the network. */
  onWake(): void;
}

/** Call what it returns to stop. */
export function watchPage({ hostname, closeOnBeforeunload }: ResolvedOptions, handler: PageHandler): () => void {
  const onLeave = (): void => handler.onLeave();
  const unlisten = [
    listenToPage("pagehide", (event) => {
      if ((event as PageTransitionEvent).persisted) handler.onHide();
      else onLeave();
    }),
    listenToWake(() => handler.onWake()),
  ];
  // The host itself needs no network.
  if (hostname !== "localhost") unlisten.push(listenToPage("offline", () => handler.onOffline()));
  if (closeOnBeforeunload) unlisten.push(listenToPage("beforeunload", onLeave));
  return () => unlisten.forEach((stop) => stop());
}
