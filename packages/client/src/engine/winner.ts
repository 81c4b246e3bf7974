// Winner: which transport won the last race (`strategy: "race"`) to the same server, kept for the next visit: in localStorage, and where
// there is none, or it throws, as long as the page or the process lives. Asked and told by the link.
import { localStore } from "#platform";
import type { ResolvedOptions } from "./options.js";

const DEFAULT_MEMORY_MS = 24 * 60 * 60 * 1000;

/** As localStorage has it: when that was, a space, the name of the transport. */
const memory: Record<string, string> = {};

/**
 * The name of the last winner, if that was not too long ago. `won`: the name of a new one. What was known is not known for longer by
 * that: there is to be a race again from time to time.
 */
export function lastWinner(opts: ResolvedOptions, won?: string): string | undefined {
  const { strategy, hostname, port, path, raceMemoryMs = DEFAULT_MEMORY_MS } = opts;
  if (strategy !== "race") return undefined;
  const key = `everwire ${hostname}:${port}${path}`;
  let text = memory[key];
  try {
    text = localStore()[key] ?? text;
  } catch {
    // There is none, or the page has no origin, or its user keeps nothing.
  }
  const [wonAt, name] = (text ?? "").split(" ");
  const last = Date.now() - Number(wonAt) < raceMemoryMs ? name : undefined;
  if (won && won !== last) {
    text = memory[key] = `${Date.now()} ${won}`;
    try {
      localStore()[key] = text;
    } catch {
      // As above, or it is full.
    }
  }
  return last;
}
