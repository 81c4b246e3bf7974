// Socket.IO protocol v5, "Packet encoding": a packet becomes one text and, behind it, its attachments.
// Called once for each emission and once for each broadcast; the server's and the client's socket layer own one encoder each.
import { extractAttachments } from "./attachments.js";
import type { BinaryData } from "./binary.js";
import { EverwireError } from "./errors.js";
import { PacketType } from "./socket-packet.js";
import type { Packet } from "./socket-packet.js";

/** The text, then one entry for each attachment. */
export type EncodedPacket = (string | BinaryData)[];

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the signature of JSON.stringify's replacer
export type Replacer = (this: any, key: string, value: any) => any;

// Quoted event names are remembered, since an application has few; both limits keep a flood of made-up names harmless.
const MAX_CACHED_NAMES = 500;
const MAX_CACHED_NAME_LENGTH = 100;

// Undefined, functions and symbols have no JSON (the library's types do not say so); in a list they are null.
const toJson: (value: unknown, replacer?: Replacer) => string | undefined = JSON.stringify;

export class Encoder {
  readonly #replacer: Replacer | undefined;
  readonly #openings = new Map<string, string>();

  /** @param replacer given to JSON.stringify; binary values are taken out before it runs. */
  constructor(replacer?: Replacer) {
    this.#replacer = replacer;
  }

  /** Encodes a packet without modifying it; circular, too deep or unserializable data throws an EverwireError. */
  encode(packet: Packet): EncodedPacket {
    const { type, nsp, id } = packet;
    const data: unknown = packet.data;
    if (!Array.isArray(data))
      return [head(type, nsp, id) + (data === undefined || data === null ? "" : this.#stringify(data))];
    const isAck = type === PacketType.ACK || type === PacketType.BINARY_ACK;
    const isEvent = type === PacketType.EVENT || type === PacketType.BINARY_EVENT;
    if (!isAck && !isEvent) return [head(type, nsp, id) + this.#stringify(data)];
    const plainType = isAck ? PacketType.ACK : PacketType.EVENT;
    if (!holdsObject(data)) return [head(plainType, nsp, id) + this.#stringifyList(data)];
    const extraction = extractAttachments(data);
    const { attachments } = extraction;
    const json = this.#stringifyList(extraction.data);
    if (attachments.length === 0) return [head(plainType, nsp, id) + json];
    const binaryType = isAck ? PacketType.BINARY_ACK : PacketType.BINARY_EVENT;
    return [head(binaryType, nsp, id, attachments.length) + json, ...attachments];
  }

  // Item by item behind a remembered name: a quarter to a third cheaper than one JSON.stringify of the whole list.
  #stringifyList(data: readonly unknown[]): string {
    const name = data[0];
    if (this.#replacer !== undefined || typeof name !== "string") return this.#stringify(data);
    let text = this.#opening(name);
    for (let index = 1; index < data.length; index += 1) text += "," + this.#stringify(data[index]);
    return text + "]";
  }

  // The `["name"` that a packet of this event starts with.
  #opening(name: string): string {
    const known = this.#openings.get(name);
    if (known !== undefined) return known;
    const opening = "[" + JSON.stringify(name);
    if (name.length <= MAX_CACHED_NAME_LENGTH) {
      if (this.#openings.size >= MAX_CACHED_NAMES) this.#openings.clear();
      this.#openings.set(name, opening);
    }
    return opening;
  }

  #stringify(value: unknown): string {
    try {
      return toJson(value, this.#replacer) ?? "null";
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new EverwireError("ERR_NOT_SERIALIZABLE", `failed to encode packet: ${why}`, { cause });
    }
  }
}

function head(type: PacketType, nsp: string | undefined, id: number | null | undefined, attachments = 0): string {
  let text = String(type);
  if (attachments > 0) text += `${String(attachments)}-`;
  if (nsp !== undefined && nsp !== "/" && nsp !== "") text += nsp + ",";
  return id === undefined || id === null ? text : text + String(id);
}

// Only an object can hold binary: the usual list of texts and numbers is not walked.
function holdsObject(data: readonly unknown[]): boolean {
  for (const value of data) {
    if (typeof value === "object" && value !== null) return true;
  }
  return false;
}
