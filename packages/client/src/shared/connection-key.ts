// The key of a shared connection: tabs whose address and options say the same share it. What only the tab's own Manager and sockets read
// is left out. Called by the hub of the shared worker.
import type { IoOptions } from "../lookup.js";

/** Read in the tab, or no matter of the connection. */
const IN_TAB: ReadonlySet<string> = new Set<keyof IoOptions>([
  ...(["shared", "auth", "retries", "ackTimeout", "maxBufferPackets", "maxBufferBytes", "autoConnect"] as const),
  ...(["reconnection", "reconnectionAttempts", "reconnectionDelay", "reconnectionDelayMax"] as const),
  ...(["randomizationFactor", "timeout", "forceNew", "multiplex"] as const),
]);

/** Throws on options that can't be compared, or ask for a connection of their own. */
export function connectionKey(uri: string | undefined, options: IoOptions): string {
  if (options.forceNew || options.multiplex === false || "force new connection" in options)
    throw new Error("the options ask for a connection of their own");
  const own = Object.entries(options).filter(([name]) => !IN_TAB.has(name));
  return `${uri ?? ""} ${JSON.stringify(Object.fromEntries(own), (_name, value: unknown) => comparable(value))}`;
}

/** As JSON can hold it, keys in one order. */
function comparable(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value))
    return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  if (Object.prototype.toString.call(value) !== "[object Object]")
    throw new Error("an option is of a kind that can't be compared");
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
