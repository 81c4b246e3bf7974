// Ids of sessions. Whoever knows one can read and write the session, so it is as hard to guess as a key: 128 random bits,
// drawn from the system in one call for many ids, for a call of its own costs more than the rest of a handshake.
import { randomFillSync } from "node:crypto";

const ID_BYTES = 16;
const POOL_BYTES = ID_BYTES * 256;

const pool = Buffer.alloc(POOL_BYTES);
let offset = POOL_BYTES;

/** A new id: 22 characters of URL-safe base64. */
export function generateSessionId(): string {
  if (offset === POOL_BYTES) {
    randomFillSync(pool);
    offset = 0;
  }
  const id = pool.toString("base64url", offset, offset + ID_BYTES);
  // An id that was handed out does not stay behind in memory.
  pool.fill(0, offset, offset + ID_BYTES);
  offset += ID_BYTES;
  return id;
}
