// Socket.IO protocol v5, "Packet encoding", write side, for a page: ../encoder.ts in fewer bytes. There speed is for a server that
// encodes for thousands; here JSON.stringify walks the data by itself, with a replacer once there is binary in it.
import { isBinary } from "../binary.js";
import type { BinaryData } from "../binary.js";
import { MAX_DATA_DEPTH } from "../data-depth.js";
import { EverwireError } from "../errors.js";
import { PacketType } from "../socket-packet.js";
import type { Packet } from "../socket-packet.js";

type Container = Record<string, unknown> & { toJSON?: unknown };

export class Encoder {
  /** Encodes a packet, of a plain type, without modifying it: its text, then its attachments. */
  encode({ type, nsp, data, id }: Packet): (string | BinaryData)[] {
    const attachments: BinaryData[] = [];
    const takeOut = function (this: Container, key: string, value: unknown): unknown {
      // As it was before its toJSON, which the Buffer of a polyfill has; or as its owner's toJSON gave it.
      const binary = [this[key], value].find(isBinary);
      if (binary) return { _placeholder: true, num: attachments.push(binary) - 1 };
      // A receiver can't tell such an object from a real placeholder.
      if ((value as { _placeholder?: unknown } | null | undefined)?._placeholder === true) {
        throw new EverwireError(
          "ERR_RESERVED_PLACEHOLDER",
          "failed to encode packet: an object with `_placeholder: true` can't be sent together with binary data",
        );
      }
      return value;
    };
    let json: string | undefined = "";
    try {
      const holdsAny = (type === PacketType.EVENT || type === PacketType.ACK) && holdsBinary(data, "", []);
      if (data !== undefined && data !== null) json = JSON.stringify(data, holdsAny ? takeOut : undefined);
    } catch (cause) {
      if (cause instanceof EverwireError) throw cause;
      throw new EverwireError(
        "ERR_NOT_SERIALIZABLE",
        `failed to encode packet: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    const count = attachments.length;
    // BINARY_EVENT is EVENT and three, and so for acks.
    const head = count ? `${String(type + 3)}${String(count)}-` : String(type);
    return [`${head}${nsp && nsp !== "/" ? `${nsp},` : ""}${String(id ?? "")}${json}`, ...attachments];
  }
}

/** Whether there is binary in what JSON will hold of a value. Says no to circles, and to depth that a server refuses. */
function holdsBinary(value: unknown, key: string, path: unknown[]): boolean {
  if (typeof value !== "object" || value === null || value instanceof Date) return false;
  if (isBinary(value)) return true;
  const isCircular = path.includes(value);
  if (isCircular || path.length >= MAX_DATA_DEPTH) {
    throw new EverwireError(
      isCircular ? "ERR_CIRCULAR_DATA" : "ERR_DATA_TOO_DEEP",
      `failed to encode packet: the data is ${isCircular ? "circular" : `nested more than ${String(MAX_DATA_DEPTH)} levels deep`}`,
    );
  }
  const { toJSON } = value as Container;
  const json: unknown = typeof toJSON === "function" ? toJSON.call(value, key) : value;
  if (typeof json !== "object" || json === null) return false;
  path.push(value);
  const holding = Object.keys(json).filter((name) => holdsBinary((json as Container)[name], name, path));
  path.pop();
  return isBinary(json) || holding.length > 0;
}
