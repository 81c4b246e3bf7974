// Ids of sockets: 20 characters of URL-safe base64. They are seen by others (a room for each, names in broadcasts) and
// grant nothing; random only so that nobody's can be guessed or reused. Drawn from a pool, as one call for each costs.
import { randomFillSync } from "node:crypto";

const ID_BYTES = 15;
const POOL_BYTES = ID_BYTES * 256;

const pool = Buffer.alloc(POOL_BYTES);
let offset = POOL_BYTES;

export function generateSocketId(): string {
  if (offset === POOL_BYTES) {
    randomFillSync(pool);
    offset = 0;
  }
  const id = pool.toString("base64url", offset, offset + ID_BYTES);
  offset += ID_BYTES;
  return id;
}
