// Socket.IO packets as MessagePack: a map of `type`, `nsp`, `data` and `id`, the last two only where there is something to say. Called by
// the socket layers of server and client once for each emission, as the default encoder is.
import { EverwireError, type Packet } from "@everwire/protocol";
import { ValueWriter } from "./value-writer.js";

export class Encoder {
  /**
   * Encodes a packet as one binary message, without modifying it; data that is circular, too deep or has no form on the wire (a
   * Blob, a bigint, what `toJSON` throws at) throws an EverwireError.
   */
  encode(packet: Packet): [Uint8Array] {
    const { type, nsp, id } = packet;
    const data: unknown = packet.data;
    const fields: Record<string, unknown> = { type, nsp };
    if (data !== undefined && data !== null) fields["data"] = data;
    // A sender without an id may say so by null.
    if (typeof id === "number") fields["id"] = id;
    const writer = new ValueWriter();
    try {
      writer.write(fields);
    } catch (cause) {
      if (cause instanceof EverwireError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new EverwireError("ERR_NOT_SERIALIZABLE", `failed to encode packet: ${why}`, { cause });
    }
    return [writer.take()];
  }
}
