// The options of a connection that node:http(s) and `ws` take alike: TLS, local address, IP family. Only those that the user
// gave are passed on, so that Node's own defaults stay: certificates are verified.
import type { TransportOptions } from "./transport.js";

/** The default of `ws`; also the limit for the body of a poll. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 100 * 1024 * 1024;

const NAMES = [
  "pfx",
  "key",
  "passphrase",
  "cert",
  "ca",
  "ciphers",
  "rejectUnauthorized",
  "checkServerIdentity",
  "localAddress",
  "family",
] as const satisfies readonly (keyof TransportOptions)[];

export function connectionOptions(opts: TransportOptions): Record<string, unknown> {
  return pick(opts, NAMES);
}

export function pick(opts: TransportOptions, names: readonly (keyof TransportOptions)[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    if (opts[name] !== undefined) picked[name] = opts[name];
  }
  return picked;
}
