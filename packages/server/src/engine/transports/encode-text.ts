// A packet as text: as it stands in a long-polling payload, and in a WebSocket message for clients that take no binary. Called by
// the polling transport, and by the WebSocket transport where frames are not our own.
import { encodeEnginePacket } from "@everwire/protocol";
import type { OutgoingPacket } from "../outgoing-packet.js";

/** The packet's text; binary data as base64. Kept with a packet that several sessions send. */
export function encodeText(packet: OutgoingPacket): string {
  if (packet.text !== undefined) return packet.text;
  const text = typeof packet.data === "string" && packet.type === "message" ? `4${packet.data}` : encode(packet);
  packet.uses += 1;
  if (packet.uses > 1) packet.text = text;
  return text;
}

function encode({ type, data }: OutgoingPacket): string {
  let text = "";
  // Synchronous: what a server sends is never a Blob.
  encodeEnginePacket(data === undefined ? { type } : { type, data }, false, (encoded) => {
    text = encoded as string;
  });
  return text;
}
