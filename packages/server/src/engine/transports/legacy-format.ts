// Payloads of Engine.IO protocol revision 3, for clients from before 2020 (`allowEIO3`): lengths before packets, in text, or in bytes
// where a batch holds binary data and the client takes it. What packets keep for their other recipients stays in the form of
// revision 4, from which it differs in binary data only. Chosen by the engine server.
import { decodeLegacyBinaryPayload, decodeLegacyPayload } from "@everwire/protocol";
import { encodeLegacyBinaryPayload, encodeLegacyPayload } from "@everwire/protocol";
import { toBuffer } from "../outgoing-packet.js";
import type { OutgoingPacket } from "../outgoing-packet.js";
import { encodeText } from "./encode-text.js";
import { PLAIN_TEXT } from "./payload-format.js";
import type { PayloadFormat } from "./payload-format.js";

/** @param supportsBinary false for clients that asked for base64. */
export function legacyFormat(supportsBinary: boolean): PayloadFormat {
  return supportsBinary ? WITH_BINARY : TEXT_ONLY;
}

/** The packet's text in revision 3; binary data as base64 behind `b4`. */
export function encodeLegacyText(packet: OutgoingPacket): string {
  const text = encodeText(packet);
  return isBinary(packet) ? `b4${text.slice(1)}` : text;
}

/** True for a message of bytes. */
export function isBinary(packet: OutgoingPacket): boolean {
  return typeof packet.data === "object";
}

const TEXT_ONLY: PayloadFormat = {
  textType: PLAIN_TEXT,
  takesBinary: true,
  encode: (packets) => encodeLegacyPayload(packets.map(encodeLegacyText)),
  decode,
};

const WITH_BINARY: PayloadFormat = {
  ...TEXT_ONLY,
  encode: (packets) => (packets.some(isBinary) ? encodeBinary(packets) : TEXT_ONLY.encode(packets)),
};

function encodeBinary(packets: readonly OutgoingPacket[]): Buffer {
  const parts = packets.map((packet) => {
    const { data } = packet;
    return typeof data === "object" ? toBuffer(data) : encodeText(packet);
  });
  return toBuffer(encodeLegacyBinaryPayload(parts));
}

function decode(body: Buffer, isBytes: boolean): ReturnType<typeof decodeLegacyPayload> {
  return isBytes ? decodeLegacyBinaryPayload(body) : decodeLegacyPayload(body.toString("utf8"));
}
