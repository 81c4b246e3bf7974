// The open packet of a session (Engine.IO protocol v4, "Handshake"), read in a page: ../handshake.ts in fewer bytes, as strict, but
// without a sentence for each fault.
import { ProtocolError } from "../errors.js";
import type { HandshakeData, ResumeTerms } from "../handshake.js";

type Sent = Omit<HandshakeData, "maxPayload"> & { maxPayload?: number };

/** Reads the open packet's data; throws a ProtocolError on anything that no server of this protocol sends. */
export function parseHandshake(text: unknown): HandshakeData {
  let value: unknown;
  let cause: unknown;
  try {
    value = JSON.parse(text as string);
  } catch (error) {
    cause = error;
  }
  // The first servers of this protocol revision did not send the last; 0 is none too.
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload = 0, resume } = Object(value) as Sent;
  const { windowMs, maxBufferBytes, received } = Object(resume) as Partial<ResumeTerms>;
  // `null` is no count.
  const count = received === undefined ? 0 : received;
  const isWhole =
    sid &&
    [sid, ...(Array.isArray(upgrades) ? (upgrades as unknown[]) : [0])].every((name) => typeof name === "string") &&
    // JSON has no NaN, but 1e999 is read as Infinity.
    [pingInterval, pingTimeout, maxPayload, ...(resume === undefined ? [] : [windowMs, maxBufferBytes, count])].every(
      (number) => Number.isFinite(number) && (number as number) >= 0,
    ) &&
    Number.isSafeInteger(count);
  if (!isWhole) throw new ProtocolError("ERR_INVALID_HANDSHAKE", "failed to read handshake: it is none", { cause });
  const handshake: HandshakeData = { sid, upgrades, pingInterval, pingTimeout, maxPayload: maxPayload || Infinity };
  if (resume) handshake.resume = { windowMs, maxBufferBytes, received } as ResumeTerms;
  return handshake;
}
