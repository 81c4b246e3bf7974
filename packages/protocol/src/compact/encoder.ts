// Socket.IO protocol v5, "Packet encoding", write side, for a page: ../encoder.ts in fewer bytes. There speed is for a server that
// encodes for thousands; here JSON.stringify walks the data by itself, with a replacer once there is binary in it.
import { isBinary } from "../binary.js";
import type { BinaryData } from "../binary.js";
import { MAX_DATA_DEPTH } from "../data-depth.js";
import { EverwireError } from "../errors.js";
import { PacketType } from "../socket-packet.js";
import type { Packet } from "../socket-packet.js";

type Container = Record<string, unknown>;

export class Encoder {
  /** Encodes a packet, of a plain type, without modifying it: its text, then its attachments. */
  encode({ type, nsp, data, id }: Packet): (string | BinaryData)[] {
    const attachments: BinaryData[] = [];
    // From the data down to what is looked at: as it was, and as JSON holds it. Circles are refused, and depth that a server refuses.
    const path: unknown[] = [];
    const owners: unknown[] = [];
    let hasPlaceholder = false as boolean;
    const takeOut = function (this: Container, key: string, value: unknown): unknown {
      // KJS calls this on another object than the one that holds the value.
      const given = this[key] ?? value;
      if (!given || typeof given !== "object") return value;
      path.length = owners.length = owners.lastIndexOf(this) + 1;
      // As it was before its toJSON, which the Buffer of a polyfill has; or as its owner's toJSON gave it.
      const binary = [given, value].find(isBinary);
      if (binary) value = { _placeholder: true, num: attachments.push(binary) - 1 };
      else if (typeof value === "object" && value) {
        const isCircular = path.includes(given);
        if (isCircular || path.length >= MAX_DATA_DEPTH) {
          throw new EverwireError(
            isCircular ? "ERR_CIRCULAR_DATA" : "ERR_DATA_TOO_DEEP",
            `failed to encode packet: the data is ${isCircular ? "circular" : `nested more than ${String(MAX_DATA_DEPTH)} levels deep`}`,
          );
        }
        hasPlaceholder ||= (value as Container)._placeholder === true;
      }
      owners.push(value);
      path.push(given);
      return value;
    };
    let json: string | undefined = "";
    try {
      const isUsers = type === PacketType.EVENT || type === PacketType.ACK;
      if (data !== undefined && data !== null) json = JSON.stringify(data, isUsers ? takeOut : undefined);
    } catch (cause) {
      throw cause instanceof EverwireError
        ? cause
        : new EverwireError(
            "ERR_NOT_SERIALIZABLE",
            `failed to encode packet: ${cause instanceof Error ? cause.message : String(cause)}`,
            { cause },
          );
    }
    const count = attachments.length;
    // A receiver can't tell such an object from a real placeholder.
    if (count && hasPlaceholder) {
      throw new EverwireError(
        "ERR_RESERVED_PLACEHOLDER",
        "failed to encode packet: an object with `_placeholder: true` can't be sent together with binary data",
      );
    }
    // BINARY_EVENT is EVENT and three, and so for acks.
    const head = count ? `${String(type + 3)}${String(count)}-` : String(type);
    return [`${head}${nsp && nsp !== "/" ? `${nsp},` : ""}${String(id ?? "")}${json}`, ...attachments];
  }
}
