// The conformance suite of RFC 6455 for a server that echoes messages.
import type { Rfc6455Case } from "./case.js";
import { closing } from "./closing.js";
import { fragmentation } from "./fragmentation.js";
import { framing, pings, reservedBits, reservedOpcodes } from "./framing.js";
import { limits } from "./limits.js";
import { utf8 } from "./utf8.js";

export type { Rfc6455Case } from "./case.js";
export { LARGEST_BYTES } from "./limits.js";
export { runCase, type Outcome } from "./run-case.js";

/** By chapter. */
export const RFC6455_CASES: Readonly<Record<string, readonly Rfc6455Case[]>> = {
  "1 framing": framing,
  "2 pings and pongs": pings,
  "3 reserved bits": reservedBits,
  "4 reserved opcodes": reservedOpcodes,
  "5 fragmentation": fragmentation,
  "6 UTF-8": utf8,
  "7 closing": closing,
  "9 and 10 limits": limits,
};
