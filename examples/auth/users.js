// The users of these examples, and the check of a password. An application has a table of them; what stands there is a salted hash.
import { randomBytes, scrypt, scryptSync, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const withPassword = (password, salt = randomBytes(16)) => ({ salt, hash: scryptSync(password, salt, 32) });
const USERS = new Map([
  ["ada", withPassword("engine-1843")],
  ["grace", withPassword("compiler-1952")],
]);
// Checked in the place of an unknown user, so that an answer takes as long for a name that exists as for one that does not.
const NOBODY = withPassword(randomBytes(16));

/** Whether `password` is that of the user `name`. Takes what a request's body holds, of any type. */
export async function isPassword(name, password) {
  const { salt, hash } = USERS.get(name) ?? NOBODY;
  const given = typeof password === "string" ? password : "";
  return timingSafeEqual(await promisify(scrypt)(given, salt, 32), hash) && USERS.has(name);
}
