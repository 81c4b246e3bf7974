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

/** What each type may carry, as type and JSON ("Packet types"). */
const PAYLOAD = /^(?:0\s*(?:{|$)|1$|[2356]\s*\[|4\s*["{])/;

export class PacketReader {
  /** Takes the attachments of a packet whose text was read. */
  #takeBinary: ((chunk: BinaryData) => Packet | undefined) | undefined;

  /** Takes one message of the session; `undefined` means that attachments are to come. After a throw nothing is kept. */
  read(chunk: string | BinaryData): Packet | undefined {
    const takeBinary = this.#takeBinary;
    this.#takeBinary = undefined;
    if (typeof chunk === "string") {
      if (takeBinary) throw new ProtocolError("ERR_UNEXPECTED_TEXT", "got plaintext data when reconstructing a packet");
      return this.#readText(chunk);
    }
    if (!isBinary(chunk)) throw new ProtocolError("ERR_UNKNOWN_CHUNK", `Unknown type: ${typeof chunk}`);
    if (!takeBinary)
      throw new ProtocolError("ERR_UNEXPECTED_BINARY", "got binary data when not reconstructing a packet");
    return takeBinary(chunk);
  }

  #readText(text: string): Packet | undefined {
    const [, digit, count, nsp = "/", id, json = ""] = TEXT.exec(text) ?? [];
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
    if (id) packet.id = Number(id);
    if (json) packet.data = parse(json);
    const name: unknown = type === PacketType.EVENT ? (Object(packet.data) as unknown[])[0] : 0;
    if (
      (count && !isBinaryType) ||
      !Number.isSafeInteger(Number(id)) ||
      !PAYLOAD.test(digit + json) ||
      (typeof name === "string" ? RESERVED_EVENTS.has(name) : !Number.isFinite(name))
    ) {
      throw invalidPayload();
    }
    if (!isBinaryType) return packet;
    const attachments: (BinaryData | undefined)[] = [];
    const takeBinary = (chunk: BinaryData): Packet | undefined => {
      if (attachments.push(chunk) < expected) {
        this.#takeBinary = takeBinary;
        return undefined;
      }
      packet.data = parse(json, attachments);
      return packet;
    };
    this.#takeBinary = takeBinary;
    return undefined;
  }
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
