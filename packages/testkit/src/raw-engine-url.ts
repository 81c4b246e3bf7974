// engineUrl(): the address of an engine with its query parameters (Engine.IO protocol v4, "Handshake"). Shared by the
// raw clients.
import type { OutgoingHttpHeaders } from "node:http";

export interface RawEngineOptions {
  /** `/socket.io/` by default. */
  path?: string;
  /** Added to `EIO=4&transport=…`; an empty string removes a parameter. */
  query?: Record<string, string>;
  headers?: OutgoingHttpHeaders;
}

export const DEFAULT_PATH = "/socket.io/";

export function engineUrl(base: string, transport: string, options: RawEngineOptions = {}): string {
  const url = new URL(options.path ?? DEFAULT_PATH, base);
  const query = new Map<string, string>([
    ["EIO", "4"],
    ["transport", transport],
    ...Object.entries(options.query ?? {}),
  ]);
  for (const [key, value] of query) if (value !== "") url.searchParams.set(key, value);
  return url.href;
}
