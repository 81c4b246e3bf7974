// The offset behind the arguments of an event, by which a client that comes back says what it received last (Socket.IO
// 4.6's connection state recovery). Used by the cluster adapter for what its own and other servers send.
import { byteLengthOf, PacketType, type Packet } from "@everwire/protocol";
import type { EncodedPacket } from "./adapter.js";
import type { Offset } from "./cluster-message.js";

/**
 * A copy of an event with `offset` behind its arguments. A client takes a text at the end of an event for an offset: an
 * event without one that ends in a text gets the last one that is known, so that the client remembers a true one.
 */
export function withOffset(packet: Packet, offset: Offset | undefined, last: Offset | undefined): Packet {
  const data: unknown = packet.data;
  if (packet.type !== PacketType.EVENT || !Array.isArray(data)) return packet;
  const tail = offset ?? (typeof data.at(-1) === "string" ? last : undefined);
  return tail === undefined ? packet : { ...packet, data: [...(data as unknown[]), tail] };
}

/** Roughly, in bytes: texts are counted as if they were ASCII. */
export function sizeOf(encoded: EncodedPacket): number {
  let bytes = 0;
  for (const part of encoded) bytes += typeof part === "string" ? part.length : byteLengthOf(part);
  return bytes;
}
