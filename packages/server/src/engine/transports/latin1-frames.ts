// Frames of ASCII as one string, each of whose characters is a byte on the wire (latin1): joining strings and handing one to the socket is cheaper
// than making a buffer of them, by 3 % of an echo of one message and 7 % of one of sixteen. Called by frame.ts.
import type { OutgoingPacket } from "../outgoing-packet.js";
import { FIN_TEXT, LARGE_BYTES, TYPE_CODES } from "./frame-format.js";

/** The start of a frame of so many bytes, under 126. */
const SHORT_HEADERS = Array.from({ length: 126 }, (_, bytes) => String.fromCharCode(FIN_TEXT, bytes));

/** Undefined unless all of them are short texts in ASCII, and for this session alone: what others are sent too has a buffer of its own. */
export function latin1Frames(packets: readonly OutgoingPacket[]): string | undefined {
  let frames = "";
  for (const packet of packets) {
    const { type, data, byteLength } = packet;
    if (typeof data !== "string" || byteLength !== data.length || byteLength >= LARGE_BYTES) return undefined;
    if (packet.options.preEncoded === true || packet.options.wsPreEncodedFrame !== undefined) return undefined;
    frames += headerOf(byteLength + 1) + (type === "message" ? "4" : String.fromCharCode(TYPE_CODES[type])) + data;
  }
  return frames;
}

function headerOf(bytes: number): string {
  return bytes < 126 ? (SHORT_HEADERS[bytes] as string) : String.fromCharCode(FIN_TEXT, 126, bytes >> 8, bytes & 0xff);
}
