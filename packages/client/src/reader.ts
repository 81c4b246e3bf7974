// The read side of one session: messages in, whole packets out, by the default protocol or the user's `parser`. The
// protocol package has the like with its public Decoder, whose emitter a page would carry for nothing. Called by the Manager.
import type { Packet, Parser, RawData } from "@everwire/protocol";
import { PacketReader } from "#codec";

/** The returned function throws on a message that is no packet. */
export function openReader(parser: Parser | undefined, onPacket: (packet: Packet) => void): (message: RawData) => void {
  if (parser) {
    const decoder = new parser.Decoder();
    decoder.on("decoded", onPacket);
    return (message) => decoder.add(message);
  }
  const reader = new PacketReader();
  return (message) => {
    const packet = reader.read(message);
    if (packet) onPacket(packet);
  };
}
