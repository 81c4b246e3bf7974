// The read side of one session: messages in, whole packets out, by the default protocol or the user's `parser`. The
// protocol package has the like with its public Decoder, whose emitter a page would carry for nothing. Called by the Manager.
import type { Packet, Parser, RawData } from "@everwire/protocol";
import { PacketReader } from "#codec";

export interface Reader {
  /** Throws on a message that is no packet. */
  read(message: RawData): void;
  /** The session is over. */
  destroy?(): void;
}

export function openReader(parser: Parser | undefined, onPacket: (packet: Packet) => void): Reader {
  if (parser) {
    const decoder = new parser.Decoder();
    decoder.on("decoded", onPacket);
    return { read: (message) => decoder.add(message), destroy: () => decoder.destroy?.() };
  }
  const reader = new PacketReader();
  return {
    read: (message) => {
      const packet = reader.read(message);
      if (packet) onPacket(packet);
    },
  };
}
