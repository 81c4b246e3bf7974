// What Node offers in the place of a page: polling by node:http, WebSocket by `ws`, a cookie jar. Imported as `#platform`;
// platform.ts is its twin, with the same exports.
import type { BinaryType } from "@everwire/protocol";
import { CookieJar } from "./cookie-jar.node.js";
import type { SessionOptions } from "./options.js";
import type { CookieStore } from "./ports.js";

export { nodePort as requestPort } from "./transports/request.node.js";
export { wsPort as webSocketPort } from "./transports/ws.node.js";

export const globalScope = globalThis;

export const nativeSetTimeout = globalThis.setTimeout;
export const nativeClearTimeout = globalThis.clearTimeout;

export const defaultBinaryType: BinaryType = "nodebuffer";

/** What an application finds in `opts` where it gave nothing. */
export const optionDefaults: Readonly<Partial<SessionOptions>> = {
  agent: false,
  withCredentials: false,
  upgrade: true,
  timestampParam: "t",
  rememberUpgrade: false,
  addTrailingSlash: true,
  rejectUnauthorized: true,
  perMessageDeflate: { threshold: 1024 },
  closeOnBeforeunload: false,
};

export const nextTick: (callback: () => void, setTimeoutFn?: unknown) => void = (callback) => {
  process.nextTick(callback);
};

/** No page. */
export function pageLocation(): { protocol: string; hostname: string; port: string } | undefined {
  return undefined;
}

/** No page, no events of it. */
export const listenToPage: (
  event: "offline" | "online" | "beforeunload" | "pagehide",
  listener: (event: Event) => void,
) => () => void = () => () => undefined;

export const listenToWake: (listener: () => void) => () => void = () => () => undefined;

/** Nothing outlives the process. */
export const localStore = (): Record<string, string> => ({});

export function createCookieStore(withCredentials: boolean | undefined): CookieStore | undefined {
  return withCredentials ? new CookieJar() : undefined;
}
