// useUpgrade(): what users of `@everwire/client/core` call who give polling and something better.
import { register } from "./registry.js";
import { Upgrade } from "./upgrade.js";

/** Lets sessions move up from polling to a better one of the transports that they were given. To be called once, before `io()`. */
export function useUpgrade(): void {
  register(Upgrade);
}
