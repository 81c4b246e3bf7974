// Frames: packets as the shared worker passes them on: head and chunks, the JSON unread (Socket.IO protocol v5, "Packet encoding"). Only
// the id changes on the way. Used by the worker's router, in both directions.
import { PacketType, ProtocolError, type RawData } from "@everwire/protocol";

//             type   attachments   namespace     id   JSON
const HEAD = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)([^]*)/;

export interface Frame {
  /** The plain type of a binary one. */
  readonly type: PacketType;
  readonly namespace: string;
  readonly id: number | undefined;
  readonly json: string;
  readonly attachments: RawData[];
}

export class FrameReader {
  #frame: Frame | undefined;
  #missing = 0;

  /** Takes one message; `undefined` means that attachments are to come. Throws on what is no packet. */
  read(chunk: RawData): Frame | undefined {
    if (typeof chunk === "string") {
      if (this.#missing) throw new ProtocolError("ERR_UNEXPECTED_TEXT", "got text where an attachment is missing");
      const [, digit, count, namespace = "/", id, json = ""] = HEAD.exec(chunk) ?? [];
      if (!digit) throw new ProtocolError("ERR_UNKNOWN_PACKET_TYPE", "got a message that is no packet");
      const isBinary = Number(digit) >= PacketType.BINARY_EVENT;
      this.#missing = isBinary ? Number(count) || 0 : 0;
      this.#frame = {
        type: (Number(digit) - (isBinary ? 3 : 0)) as PacketType,
        namespace,
        id: id ? Number(id) : undefined,
        json,
        attachments: [],
      };
    } else {
      if (!this.#missing) throw new ProtocolError("ERR_UNEXPECTED_BINARY", "got an attachment of no packet");
      this.#missing--;
      this.#frame?.attachments.push(chunk);
    }
    return this.#missing ? undefined : this.#frame;
  }
}

/** The messages of a packet: its text, then its attachments. */
export function chunksOf({ type, namespace, id, json, attachments }: Frame): RawData[] {
  const head = attachments.length ? `${String(type + 3)}${String(attachments.length)}-` : String(type);
  return [`${head}${namespace === "/" ? "" : `${namespace},`}${String(id ?? "")}${json}`, ...attachments];
}
