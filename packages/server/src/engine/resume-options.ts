// The option `resume` of the engine and its defaults. Read by options.ts.

/** How long, and how much, the server keeps for a client whose connection broke. */
export interface ResumeOptions {
  /** Milliseconds that a session whose connection broke waits for its client. Default 60,000. */
  windowMs?: number;
  /** Bytes that are kept for one client until it has acknowledged them. Default 1 MiB. */
  maxBufferBytes?: number;
  /** Sessions that may wait at the same time; beyond that the one that waits longest is closed. Default 10,000. */
  maxSuspended?: number;
}

export type ResumeTerms = Required<ResumeOptions>;

const DEFAULTS: ResumeTerms = { windowMs: 60_000, maxBufferBytes: 1024 * 1024, maxSuspended: 10_000 };

export function resolveResume(given: boolean | ResumeOptions | undefined): false | ResumeTerms {
  if (given === false) return false;
  return given === true || given === undefined ? DEFAULTS : { ...DEFAULTS, ...given };
}
