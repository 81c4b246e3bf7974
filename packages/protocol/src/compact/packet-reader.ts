// Socket.IO protocol v5, "Packet encoding", read side, for a page: ../packet-reader.ts in fewer bytes, with its default limits.
// There each byte is a stranger's; here it is the page's own server's, and JSON.parse gives up on depth by itself.
import { isBinary } from "../binary.js";
import type { BinaryData } from "../binary.js";
import { ProtocolError } from "../errors.js";
import { PacketType, RESERVED_EVENTS } from "../socket-packet.js";
import type { Packet } from "../socket-packet.js";

const MAX_ATTACHMENTS = 10;

//             type   attachments  namespace     id   JSON
const TEXT = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)([^]*)/;

interface Partial {
  packet: Packet;
  json: string;
  expected: number;
  attachments: (BinaryData | undefined)[];
}

export class PacketReader {
  #partial: Partial | undefined;

  /** Takes one message of the session; `undefined` means that attachments are to come. After a throw nothing is kept. */
  read(chunk: string | BinaryData): Packet | undefined {
    const partial = this.#partial;
    this.#partial = undefined;
    if (typeof chunk === "string") {
      if (partial) throw new ProtocolError("ERR_UNEXPECTED_TEXT", "got plaintext data when reconstructing a packet");
      return this.#readText(chunk);
    }
    if (!isBinary(chunk)) throw new ProtocolError("ERR_UNKNOWN_CHUNK", `Unknown type: ${typeof chunk}`);
    if (!partial) throw new ProtocolError("ERR_UNEXPECTED_BINARY", "got binary data when not reconstructing a packet");
    const { packet, json, expected, attachments } = partial;
    if (attachments.push(chunk) < expected) {
      this.#partial = partial;
      return undefined;
    }
    packet.data = parse(json, attachments);
    return packet;
  }

  #readText(text: string): Packet | undefined {
    const [, digit, count, nsp = "/", idText, json = ""] = TEXT.exec(text) ?? [];
    if (!digit) {
      throw new ProtocolError("ERR_UNKNOWN_PACKET_TYPE", `unknown packet type ${String(parseInt(text.charAt(0), 10))}`);
    }
    let type = Number(digit) as PacketType;
    const isBinaryType = type >= PacketType.BINARY_EVENT;
    const expected = Number(count);
    if (isBinaryType) {
      if (!expected) throw new ProtocolError("ERR_ILLEGAL_ATTACHMENT_COUNT", "Illegal attachments");
      if (expected > MAX_ATTACHMENTS) throw new ProtocolError("ERR_TOO_MANY_ATTACHMENTS", "too many attachments");
      type = (type - 3) as PacketType;
    }
    const packet: Packet = { type, nsp };
    if (idText) packet.id = Number(idText);
    if (json) packet.data = parse(json);
    if ((count && !isBinaryType) || Number(idText) > Number.MAX_SAFE_INTEGER || !isDataValid(type, packet.data)) {
      throw invalidPayload();
    }
    if (!isBinaryType) return packet;
    this.#partial = { packet, json, expected, attachments: [] };
    return undefined;
  }
}

/** What each type may carry, as JSON gives it ("Packet types"). */
function isDataValid(type: PacketType, data: unknown): boolean {
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  if (type === PacketType.CONNECT) return isObject || data === undefined;
  if (type === PacketType.DISCONNECT) return data === undefined;
  if (type === PacketType.CONNECT_ERROR) return isObject || typeof data === "string";
  if (!Array.isArray(data)) return false;
  const name: unknown = data[0];
  return type === PacketType.ACK || (typeof name === "string" ? !RESERVED_EVENTS.has(name) : Number.isFinite(name));
}

/** With attachments in the place of their placeholders, each used once (CVE-2022-2421). */
function parse(json: string, attachments?: (BinaryData | undefined)[]): unknown {
  const fill = (_key: string, value: unknown): unknown => {
    const { _placeholder, num } = Object(value) as { _placeholder?: unknown; num?: unknown };
    if (_placeholder !== true) return value;
    const attachment = typeof num === "number" && attachments?.[num];
    if (!attachment) throw new ProtocolError("ERR_ILLEGAL_PLACEHOLDER", "illegal attachments");
    attachments[num] = undefined;
    return attachment;
  };
  try {
    return JSON.parse(json, attachments && fill);
  } catch (cause) {
    throw cause instanceof ProtocolError ? cause : invalidPayload(cause);
  }
}

function invalidPayload(cause?: unknown): ProtocolError {
  return new ProtocolError("ERR_INVALID_PAYLOAD", "invalid payload", { cause });
}
