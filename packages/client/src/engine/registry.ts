// What sessions use without being given it: the transports by their names, and the upgrade from one to another. Nothing in
// `@everwire/client/core`, so that a user's bundler keeps only what is asked for; register-every.ts fills it for the other entries. The
// bundles have a table that never changes in its place, which is shorter (rollup.config.js).
import type { TransportClass } from "./options.js";
import type { Upgrade as UpgradeClass } from "./upgrade.js";

/** By the names that users and servers know. */
export let transports: Readonly<Record<string, TransportClass>> = {};
/** Those to use where none are given. */
export let defaultNames = (): string[] => [];
/** How a session moves on to a better transport. */
export let Upgrade: typeof UpgradeClass | undefined;

/** For all sessions of the process, from now on. */
export function register(
  upgrade: typeof UpgradeClass,
  table: Readonly<Record<string, TransportClass>> = transports,
  names = defaultNames,
): void {
  Upgrade = upgrade;
  transports = table;
  defaultNames = names;
}
