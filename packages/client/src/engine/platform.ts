// What browsers and workers offer: timers, the page's address and events, WebSocket, a way to poll. Imported as `#platform`;
// platform.node.ts is its twin. No `window` is assumed: workers and extensions have none.
import type { BinaryType } from "@everwire/protocol";
import type { SessionOptions } from "./options.js";
import type { CookieStore } from "./ports.js";
import { fetchPort } from "./transports/request-fetch.js";
import { xhrPort } from "./transports/request-xhr.js";
import { globalWebSocketPort } from "./transports/ws-global.js";

export const globalScope = globalThis;

export const nativeSetTimeout = globalScope.setTimeout;
export const nativeClearTimeout = globalScope.clearTimeout;

export const defaultBinaryType: BinaryType = "arraybuffer";

/** Polling goes by XMLHttpRequest, as users know it from their developer tools; service workers only have fetch. */
export const requestPort = typeof XMLHttpRequest === "undefined" ? fetchPort : xhrPort;
export const webSocketPort = globalWebSocketPort;

/** None: what an option is when it was not given stands where it is read, and a page pays for each byte. */
export const optionDefaults: Readonly<Partial<SessionOptions>> = {};

/** Runs `callback` after the current job. */
export const nextTick: (callback: () => void, setTimeoutFn?: unknown) => void = (callback) => {
  void Promise.resolve().then(callback);
};

/** Where the page, or the worker's script, comes from. */
export function pageLocation(): { protocol: string; hostname: string; port: string } | undefined {
  return typeof location === "object" ? location : undefined;
}

const WAKE_EVENTS = ["online", "pageshow", "visibilitychange"] as const;

type PageEvent = "offline" | "beforeunload" | "pagehide" | (typeof WAKE_EVENTS)[number];

/** Listens to an event of the page; call what it returns to stop. */
export function listenToPage(event: PageEvent, listener: (event: Event) => void): () => void {
  // React Native has no such events.
  const page: Partial<Pick<typeof globalThis, "addEventListener" | "removeEventListener">> = globalScope;
  page.addEventListener?.(event, listener);
  return () => page.removeEventListener?.(event, listener);
}

/**
 * Calls back when the network or the page is back: online, shown again, taken out of the back-forward cache. Of the network a hidden page
 * hears too.
 */
export function listenToWake(listener: () => void): () => void {
  const page: Partial<Pick<typeof globalThis, "document">> = globalScope;
  const unlisten = WAKE_EVENTS.map((event) =>
    listenToPage(event, () => (event !== "online" && page.document?.hidden) || listener()),
  );
  return () => unlisten.forEach((stop) => stop());
}

/** What outlives the page. Throws, or is not there, where nothing does. */
export function localStore(): Record<string, string> {
  return globalScope.localStorage;
}

/** The browser keeps its own cookies. */
export function createCookieStore(): CookieStore | undefined {
  return undefined;
}
