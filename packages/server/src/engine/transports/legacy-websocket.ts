// The WebSocket transport as clients of Engine.IO protocol revision 3 know it: binary data has its type as first byte, or stands
// behind `b4` where the client asked for base64. Everything else is the transport of the others, whose path this leaves alone:
// packets with binary data are replaced, before they are sent, by twins that give the right frame. Made by websocket-acceptor.ts.
import { LEGACY_MESSAGE_BYTE, decodeLegacyBinary, decodeLegacyPacket } from "@everwire/protocol";
import type { EnginePacket } from "@everwire/protocol";
import { TransportError } from "../errors.js";
import { OutgoingPacket, toBuffer } from "../outgoing-packet.js";
import { Opcode } from "./frame-format.js";
import { encodeRawFrame } from "./frame.js";
import { encodeLegacyText, isBinary } from "./legacy-format.js";
import { WebSocketTransport } from "./websocket.js";

/** "b": what follows is base64. */
const BASE64_CODE = 0x62;

/** Twins by their packet: a broadcast makes one for all its old recipients. */
const withTypeByte = new WeakMap<OutgoingPacket, OutgoingPacket>();
const asBase64 = new WeakMap<OutgoingPacket, OutgoingPacket>();

export class LegacyWebSocketTransport extends WebSocketTransport {
  /** @internal */
  override send(packets: readonly OutgoingPacket[]): void {
    super.send(packets.some(isBinary) ? packets.map((packet) => this.#twinOf(packet)) : packets);
  }

  /** @internal */
  override onBinary(data: Buffer): void {
    this.#onPacket(decodeLegacyBinary(data));
  }

  /** @internal */
  override onText(bytes: Buffer, start: number, end: number, isAscii: boolean): void {
    if (start < end && bytes[start] === BASE64_CODE)
      this.#onPacket(decodeLegacyPacket(bytes.toString("latin1", start, end)));
    else super.onText(bytes, start, end, isAscii);
  }

  #onPacket(packet: EnginePacket | undefined): void {
    if (packet !== undefined) this.handler?.onPacket(packet.type, packet.data);
    else this.fail(new TransportError("ERR_PACKET_MALFORMED", "failed to read packet: it has no known type"));
  }

  #twinOf(packet: OutgoingPacket): OutgoingPacket {
    if (!isBinary(packet)) return packet;
    const twins = this.supportsBinary ? withTypeByte : asBase64;
    let twin = twins.get(packet);
    if (twin === undefined) {
      twin = this.supportsBinary ? prefixed(packet) : encoded(packet);
      twins.set(packet, twin);
    }
    return twin;
  }
}

function prefixed({ data, options: { compress } }: OutgoingPacket): OutgoingPacket {
  const bytes = toBuffer(data as Uint8Array);
  return new OutgoingPacket("message", Buffer.concat([Uint8Array.of(LEGACY_MESSAGE_BYTE), bytes]), { compress });
}

/** Whether the frame is written here or by `ws`, it is this text. */
function encoded(packet: OutgoingPacket): OutgoingPacket {
  const { data, options } = packet;
  const text = encodeLegacyText(packet);
  const twin = new OutgoingPacket("message", data, {
    compress: options.compress,
    wsPreEncodedFrame: [encodeRawFrame(Opcode.TEXT, text)],
  });
  twin.text = text;
  return twin;
}
