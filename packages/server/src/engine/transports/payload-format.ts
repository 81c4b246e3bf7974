// How the packets of a batch become the body of a poll's answer, and the body of a POST becomes packets. A polling transport is given
// its format when its session opens, so the wire of old clients costs the others nothing. Here the one of Engine.IO protocol v4,
// "HTTP long-polling"; legacy-format.ts and jsonp-format.ts have the others.
import { PAYLOAD_SEPARATOR, decodeEnginePayload } from "@everwire/protocol";
import type { EnginePayload } from "@everwire/protocol";
import type { OutgoingPacket } from "../outgoing-packet.js";
import { encodeText } from "./encode-text.js";

export interface PayloadFormat {
  /** Content type of answers that are text; those that are bytes are `application/octet-stream`. */
  readonly textType: string;
  /** Headers of each answer to a poll, besides its content type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the body of a POST may be `application/octet-stream`. */
  readonly takesBinary: boolean;
  encode(packets: readonly OutgoingPacket[]): string | Buffer;
  decode(body: Buffer, isBinary: boolean): EnginePayload;
}

export const PLAIN_TEXT = "text/plain; charset=UTF-8";

export const PAYLOAD_FORMAT: PayloadFormat = {
  textType: PLAIN_TEXT,
  takesBinary: false,
  encode: (packets) => (packets.length === 1 ? encodeText(packets[0] as OutgoingPacket) : encodePayload(packets)),
  decode: (body) => decodeEnginePayload(body.toString("utf8"), { binaryType: "nodebuffer" }),
};

function encodePayload(packets: readonly OutgoingPacket[]): string {
  let text = "";
  for (const [index, packet] of packets.entries()) {
    text += index === 0 ? encodeText(packet) : PAYLOAD_SEPARATOR + encodeText(packet);
  }
  return text;
}
