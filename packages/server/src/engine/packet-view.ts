// What listeners of `packetCreate` see of a packet that an adapter made for many clients: the options under the names that users
// know, its ready WebSocket frame among them. Such a frame is built for who looks at it only; what is sent has frames of its
// own (see frame.ts). Called by the session, once for each packet of which somebody wants to hear.
import type { OutgoingPacket, PacketOptions } from "./outgoing-packet.js";
import { Opcode } from "./transports/frame-format.js";
import { encodeRawFrame } from "./transports/frame.js";

/** A packet with all that its sender knew of it. */
export type PacketView = Pick<OutgoingPacket, "type" | "data" | "options">;

/** Each recipient of a broadcast shows the same view. */
const views = new WeakMap<OutgoingPacket, PacketView>();

/** The packet itself, or the view of one that goes to many. */
export function viewOf(packet: OutgoingPacket): PacketView {
  if (packet.options.preEncoded !== true) return packet;
  let view = views.get(packet);
  if (view === undefined) {
    view = { type: packet.type, data: packet.data, options: describe(packet) };
    views.set(packet, view);
  }
  return view;
}

function describe({ data, options }: OutgoingPacket): PacketOptions {
  const { compress, volatile } = options;
  const shown: PacketOptions = { preEncoded: true, volatile, compress };
  // Packets with attachments have no ready frame: of several frames none could stand for all.
  if (options.isAlone !== true || typeof data !== "string") return shown;
  return { ...shown, wsPreEncodedFrame: frameOf(data) };
}

// Header and payload apart, as who writes them expects.
function frameOf(text: string): readonly Buffer[] {
  const message = `4${text}`;
  const frame = encodeRawFrame(Opcode.TEXT, message);
  const start = frame.length - Buffer.byteLength(message);
  return [frame.subarray(0, start), frame.subarray(start)];
}
